"""Exports redemptions beside the backups, and recovers a store that is older than they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from operations.backup.catalog import backup_folder
from payouts.deciding import issuer
from pilot.errors import PilotError
from storage.backup.redemption_file import (
    NAME,
    Installation,
    RedemptionFile,
    UndoneRedemption,
    append_redemptions,
    read_redemptions,
)
from storage.home import Home
from storage.store import audit
from storage.store.payouts.recovery import Recovery, recover
from storage.store.rewards import redemptions
from storage.store.rewards.redemptions import RedeemedReward

BEGINNING = datetime.fromtimestamp(0, tz=UTC)
OVERLAP = timedelta(minutes=15)  # Longer than a transaction, and than a redemption can be undone.
ACTOR = "restore"

_log = structlog.get_logger("operations.backup")


class RedemptionExport:
    """Exports redemptions, and recovers a store that lacks exported ones: it was put back from a backup."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = backup_folder(home.settings)
        self._known = RedemptionFile({}, set(), 0)
        self._size = -1

    def __call__(self) -> None:
        """Run once; errors are logged and the next run tries again."""
        try:
            self.run()
        except (PilotError, OSError) as error:
            _log.error("redemptions cannot be exported", reason=type(error).__name__)

    def run(self) -> Recovery | None:
        """Export new redemptions; return the recovery of a store older than the file, None if there was none.

        Only a sealed line proves that the store is older. Redemptions with unsealed lines are exported once more.

        Write nothing if no backup was ever made and no folder is set.

        Raises:
            PilotError: the store does not answer.
            OSError: the folder cannot be read or written.
        """
        if self._home.settings.backup_folder is None and not self._folder.is_dir():
            return None
        if not self._export():
            return None
        _log.error("the store is older than the redemptions beside the backups; open rewards are frozen")
        return recover_by_hand(self._home, actor=ACTOR, reason="older_than_redemptions")

    def _export(self) -> bool:
        """Export new redemptions; return whether the store lacks the newest that was exported before."""
        store, path = self._home.store(), self._folder / NAME
        self._read(path)
        newest = self._known.newest_sealed
        since = BEGINNING if newest is None else min(newest.redeemed_at, store.now()) - OVERLAP
        known = self._known.redeemed
        lines: list[RedeemedReward | UndoneRedemption] = []
        for reward_id, at in redemptions.undone_since(store, since):
            if reward_id in known and known[reward_id].redeemed_at <= at:
                lines.append(UndoneRedemption(reward_id, at))
                del known[reward_id]
        last = self._known.newest_sealed  # before this store's own: a store put back may have redeemed already
        lacks = last is not None and not redemptions.is_known(store, last)
        for each in redemptions.redeemed_since(store, since, derive=issuer(self._home.secret()).reward_id):
            if each.reward_id not in known or each.reward_id not in self._known.sealed:
                lines.append(each)
                known[each.reward_id] = each
        self._known.sealed.update(each.reward_id for each in lines)
        if lines:
            try:
                append_redemptions(self._folder, lines, installation=Installation.of(self._home.secret()))
            except OSError:
                self._size = -1  # what was written is read again
                raise
            self._size = path.stat().st_size
        return lacks

    def _read(self, path: Path) -> None:
        size = path.stat().st_size if path.exists() else 0
        if size != self._size:
            self._known = read_redemptions(path, installation=Installation.of(self._home.secret()))
            self._size = size


def recover_by_hand(home: Home, *, actor: str, reason: str) -> Recovery:
    """Recover a store that was put back by other means than a restore of this program.

    Args:
        home: The home.
        actor: Who put it back, for the audit log.
        reason: Why, for the audit log.

    Raises:
        OSError: the redemptions cannot be read.
    """
    entries = audit.recent(home.store(), 1)
    with home.store().begin() as connection:
        audit.record(connection, actor=actor, action="store.put_back", subject="store", reason=reason)
    path = backup_folder(home.settings) / NAME
    known = read_redemptions(path, installation=Installation.of(home.secret()))
    return recover_home(
        home, known.redeemed.values(), secret=home.secret(), recovered_to=entries[0].at if entries else BEGINNING
    )


def recover_home(
    home: Home, redeemed: Collection[RedeemedReward], *, secret: bytes, recovered_to: datetime
) -> Recovery:
    """Book the redemptions newer than a restored store, and freeze its open rewards.

    Args:
        home: The home with the restored store.
        redeemed: The redemptions kept beside the backups.
        secret: The installation's key.
        recovered_to: The recovery point, UTC.
    """
    return recover(home.store(), redeemed, issuer=issuer(secret), recovered_to=recovered_to, actor=ACTOR)
