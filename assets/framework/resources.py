"""The home that a run reads and writes, opened from the PILOT_* environment."""

from __future__ import annotations

import os
from functools import cache

import dagster as dg

from pilot.settings import Settings, read_settings
from storage.errors import WrongHome
from storage.home import Home, open_home


class HomeResource(dg.ConfigurableResource):
    """Opens the home that PILOT_HOME and the other settings name; once a process, whoever asks.

    Attributes:
        home: Another home's folder than PILOT_HOME's, for tests and repairs.
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
    # The same figures for a real and for a demo home: a run works on the home that it is pointed to, of either kind.
    try:
        return open_home(settings)
    except WrongHome:
        return open_home(settings, kind="demo")
