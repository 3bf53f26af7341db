"""Keeps the product's logs out of an attack's printed figures."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Discard standard output within."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
