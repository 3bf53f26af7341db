"""Opens a home as what it is: the commands that only look at one serve real and demo homes alike."""

from __future__ import annotations

from pilot.settings import Settings
from storage.errors import WrongHome
from storage.home import Home, open_home


def open_as_made(settings: Settings) -> Home:
    """Return the home, real or demo as it was made; a new one is made real.

    Raises:
        PilotError: it cannot be used.
    """
    try:
        return open_home(settings)
    except WrongHome as not_real:
        try:
            return open_home(settings, kind="demo")
        except WrongHome:
            raise not_real from None
