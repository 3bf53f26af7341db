"""Refuses to begin a new home where one was lost, unless a person says that it is a new one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from operations.backup.carry import targets_of
from operations.backup.catalog import MANIFEST, PREFIX, backup_folder, damaged_backups, list_backups
from operations.backup.manifest import RESTORED_BY_DATE
from operations.preparation import INSTANCE_NAME
from operations.system import DAGSTER_FOLDER
from pilot.errors import PilotError
from pilot.settings import Settings
from storage.backup.targets.target import Target, TargetAway
from storage.home import IDENTITY_FILE, Home
from storage.store import audit
from storage.store.rewards import receipts

BEGUN = "home.new"


class HomeLost(PilotError):
    """The home is new, and there are signs of an earlier one."""

    def __init__(self, root: Path, sign: str, *, store_url: str = "") -> None:
        restore = (
            "Restore store and home as docs/operations/restore.md says of PostgreSQL."
            if store_url
            else "`pilot backup list`, then `pilot backup restore latest --reason WHY` (after the loss of the machine "
            "with --from ADDRESS)."
        )
        super().__init__(
            f"The home {root} is new and empty, but {sign}. If its disk was lost, a start now would begin without its "
            "data and its keys.",
            remedy=f"{restore} If it is a new pilot: `pilot run --new REASON`, in containers `docker compose -f "
            "docker-compose.staging.yml run --rm --no-deps migrate pilot prepare --new REASON`.",
        )


def check_not_lost(home: Home, *, in_doubt: bool = True) -> None:
    """Check that a home may begin: it was prepared or restored before, or nothing shows that one was lost.

    Args:
        home: The home.
        in_doubt: Whether a place of backups that cannot be read is a sign too.

    Raises:
        HomeLost: the home is new, and backups of a home are at a configured place, that place cannot be read, or the
            store has guests whose home is missing.
        StoreAway: the store does not answer.
    """
    if home.kind == "demo" or not is_new(home.root) or _joins_a_pilot(home):
        return
    settings = home.settings
    if sign := _sign_in_folder(settings) or _sign_at_targets(settings, in_doubt=in_doubt) or _sign_in_store(home):
        raise HomeLost(home.root, sign, store_url=settings.store_url)


def is_new(root: Path) -> bool:
    """Return whether a home was never run, backed up or restored; any command creates an empty one."""
    return not (root / IDENTITY_FILE).exists() and not (root / DAGSTER_FOLDER / INSTANCE_NAME).exists()


def begin(home: Home, *, actor: str, reason: str, at: datetime) -> None:
    """Record in the audit log that a person began a new home.

    Args:
        home: The new home.
        actor: Who began it.
        reason: Why.
        at: The current time, UTC.
    """
    with home.store().begin() as connection:
        audit.record(connection, actor=actor, action=BEGUN, subject="home", reason=reason, at=at)


def _sign_in_folder(settings: Settings) -> str:
    folder = backup_folder(settings)
    found = [each.path for each in list_backups(folder) if each.manifest.scope in RESTORED_BY_DATE]
    names = sorted(path.name for path in (*found, *damaged_backups(folder)))
    return f"backups of a home are in {folder}, the newest {names[-1]}" if names else ""


def _sign_at_targets(settings: Settings, *, in_doubt: bool) -> str:
    doubt = ""
    for target in targets_of(settings):
        try:
            if sign := _sign_at(target):
                return sign
        except TargetAway as away:
            doubt = f"whether backups of a home exist cannot be read: {away.what.rstrip('.')}"
    return doubt if in_doubt else ""


def _sign_at(target: Target) -> str:
    names = sorted(path.partition("/")[0] for path in target.files() if path.endswith(f"/{MANIFEST}"))
    backups = [name for name in names if name.startswith(PREFIX)]
    return f"backups are at {target.address}, the newest {backups[-1]}" if backups else ""


def _joins_a_pilot(home: Home) -> bool:
    """Return whether the home is of a further host: the store, key and landing in use are outside of it."""
    settings = home.settings
    is_shared = bool(settings.store_url and settings.landing_url and settings.secret_key.get_secret_value())
    return is_shared and receipts.newest_day(home.store()) is not None


def _sign_in_store(home: Home) -> str:
    if not home.settings.store_url or receipts.newest_day(home.store()) is None:
        return ""
    return "the store has guests' receipts, whose key and landing were in a home"
