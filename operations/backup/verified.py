"""A restored home does not run until its data is verified, or a person accepts it unverified."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from pathlib import Path

from pilot.errors import PilotError
from storage.folders import write_atomically
from storage.home import Home
from storage.store import audit

MARK_NAME = ".unverified"
VERIFIED = "data.verify"
ACCEPTED = "data.unverified"


class NotVerified(PilotError):
    """The home was restored, and its data is not verified since."""

    def __init__(self, root: Path) -> None:
        backup = _backup_of(root)
        super().__init__(
            f"{root} was restored{f' from {backup}' if backup else ''}, and its data is not verified yet.",
            remedy="`pilot verify-data`, then start again. If it must run at once, with what is wrong: "
            "`pilot run --unverified REASON`.",
        )


def mark_unverified(root: Path, *, backup: str) -> None:
    """Mark a restored home, before it gets its place.

    Args:
        root: The home's folder.
        backup: The name of the backup.
    """
    write_atomically(root / MARK_NAME, json.dumps({"backup": backup}), durable=True)


def check_verified(home: Home) -> None:
    """Check that the home may run.

    Raises:
        NotVerified: it was restored, and neither verified nor accepted since.
    """
    if (home.root / MARK_NAME).exists():
        raise NotVerified(home.root)


def release(home: Home, *, verified: bool, actor: str, reason: str, at: datetime) -> bool:
    """Let a restored home run, recorded in the audit log; return whether it was restored.

    Args:
        home: The home.
        verified: Whether its data was verified; otherwise a person accepts it as it is.
        actor: Who lets it run.
        reason: Why.
        at: The current time, UTC.
    """
    mark = home.root / MARK_NAME
    if not mark.exists():
        return False
    with home.store().begin() as connection:
        audit.record(
            connection, actor=actor, action=VERIFIED if verified else ACCEPTED, subject=_backup_of(home.root) or "home",
            reason=reason, at=at,
        )  # fmt: skip
    mark.unlink(missing_ok=True)
    return True


def _backup_of(root: Path) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((root / MARK_NAME).read_text(encoding="utf-8"))["backup"])
    return ""
