"""Lets a home begin, or refuses it if one seems to have been lost, for commands that start the pilot."""

from __future__ import annotations

from datetime import UTC, datetime

from cli.context import actor
from operations.backup.lost_home import begin, check_not_lost
from storage.home import Home


def begin_or_check(home: Home, *, new: str) -> None:
    """Check that the home may begin, or record that a person began it.

    Args:
        home: The home.
        new: The person's reason to begin a new one; empty without.

    Raises:
        HomeLost: there are signs of an earlier home, and no reason.
    """
    if new.strip():
        begin(home, actor=actor(), reason=new.strip(), at=datetime.now(UTC))
    else:
        check_not_lost(home)
