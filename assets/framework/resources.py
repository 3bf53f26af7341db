"""The Dagster resource for the home, opened from the PILOT_* environment."""

from __future__ import annotations

import os
from functools import cache

import dagster as dg

from pilot.settings import Settings, read_settings
from storage.home import Home, open_existing_home


class HomeResource(dg.ConfigurableResource[Home]):
    """Opens the home that PILOT_HOME and the other settings name, once a process.

    Attributes:
        home: The folder of a home other than PILOT_HOME, for tests and repairs.
    """

    home: str = ""

    def open(self) -> Home:
        """Return the opened home."""
        environment = dict(os.environ)
        if self.home:
            environment["PILOT_HOME"] = self.home
        return _opened(read_settings(environment))


@cache
def _opened(settings: Settings) -> Home:
    return open_existing_home(settings)
