"""All registered readings: those of every module in `pages`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from proving.analytics import pages
from proving.analytics.registration import Reading


@cache
def readings() -> tuple[Reading, ...]:
    """Return the readings of all pages, in the order of their files' names."""
    names = sorted(module.name for module in pkgutil.iter_modules(pages.__path__))
    modules = [importlib.import_module(f"{pages.__name__}.{name}") for name in names]
    return tuple(reading for module in modules for reading in module.READINGS)
