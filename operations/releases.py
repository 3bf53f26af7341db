"""Upgrades a home to this release and takes it back to an earlier one; nothing may run meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from operations.backup.make import make_backup
from operations.data_verification import DataCheck, verify_data
from operations.supervisor.claims import claim_home
from operations.system import RUN_FOLDER
from storage.home import STORE_FILE, Home
from storage.store import audit
from storage.store.engine import Store, make_engine, sqlite_url
from storage.store.migrate import HEAD, revision
from storage.store.rollback import roll_back

UPGRADED = "store.upgrade"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The result of an upgrade.

    Attributes:
        before: The store's revision before; empty for a new store.
        after: Its revision now.
        checks: The verification of the data afterwards.
    """

    before: str
    after: str
    checks: tuple[DataCheck, ...]

    @property
    def passed(self) -> bool:
        """Return whether the data is right afterwards."""
        return all(check.ok for check in self.checks)


def present_revision(home: Home) -> str:
    """Return the store's revision without migrating it; empty for a new store.

    Raises:
        StoreAway: the store does not answer.
    """
    if not home.settings.store_url and not (home.root / STORE_FILE).exists():
        return ""
    store = Store(make_engine(home.settings.store_url or sqlite_url(home.root / STORE_FILE)))
    try:
        with store.reading() as connection:
            return revision(connection) or ""
    finally:
        store.close()


def upgrade(home: Home, *, actor: str, reason: str, now: datetime) -> Upgrade:
    """Migrate the home's store to this release, verify its data, and record it.

    Args:
        home: The home, which must not run.
        actor: Who upgrades, for the audit log.
        reason: Why.
        now: The current time, UTC.

    Raises:
        AlreadyRunning: the pilot runs on the home.
        StoreUnusable: a newer release has migrated it.
    """
    with claim_home(home.root / RUN_FOLDER):
        before = present_revision(home)
        store = home.store()
        found = Upgrade(before, HEAD, tuple(verify_data(home)))
        with store.begin() as connection:
            audit.record(
                connection, actor=actor, action=UPGRADED, subject=HEAD, reason=reason, at=now,
                details={"from": before, "passed": found.passed},
            )  # fmt: skip
        return found


def rollback(home: Home, to: str, *, rehearse: bool, actor: str, reason: str, now: datetime) -> dict[str, int]:
    """Take the home's store back to the revision of an earlier release, after a safety copy.

    Args:
        home: The home, which must not run.
        to: The revision.
        rehearse: Whether to change nothing.
        actor: Who takes it back.
        reason: Why.
        now: The current time, UTC.

    Returns:
        The rows of each table that is lost, except in the safety copy.

    Raises:
        AlreadyRunning: the pilot runs on the home.
        StoreUnusable: the revision is unknown, or not an earlier one.
        PilotError: the safety copy cannot be made.
    """
    with claim_home(home.root / RUN_FOLDER):
        store = home.store()
        lost = roll_back(store, to, rehearse=True, actor=actor, reason=reason, at=now)
        if not rehearse:
            make_backup(home, now=now, scope="safety")
            roll_back(store, to, rehearse=False, actor=actor, reason=reason, at=now)
            store.close()
        return lost
