"""Exports redemptions beside the backups, and recovers a store that is older than they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
from storage.store.engine import Store
from storage.store.payouts.recovery import Recovery, recover
from storage.store.rewards import redemptions
from storage.store.rewards.redemptions import RedeemedReward

BEGINNING = datetime.fromtimestamp(0, tz=UTC)
OVERLAP = timedelta(minutes=15)  # Longer than a transaction, and than a redemption can be undone.
ACTOR = "restore"
NAMELESS = ""

_log = structlog.get_logger("operations.backup")


class RedemptionExport:
    """Exports redemptions, and recovers a store that lacks exported ones: it was put back from a backup.

    Whatever the clocks did meanwhile, the first run, and the one after a failure, compares everything.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = backup_folder(home.settings)
        self._known = RedemptionFile({}, set(), set(), {}, 0)
        self._size = -1
        self._compared: datetime | None = None

    def __call__(self) -> None:
        """Run once; errors are logged and the next run tries again."""
        try:
            self.run()
        except (PilotError, OSError) as error:
            _log.error("redemptions cannot be exported", reason=type(error).__name__)

    def run(self) -> Recovery | None:
        """Export new redemptions; return the recovery of a store older than the file, None if there was none.

        Only a sealed line of this home proves that the store is older. Redemptions without one are exported once more.

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
        installation = installation_of(self._home, self._home.secret(), path)
        self._read(path, installation)
        now = store.now()
        since = BEGINNING if self._compared is None else min(self._compared, now) - OVERLAP
        self._compared = None
        known = self._known.redeemed
        lines: list[RedeemedReward | UndoneRedemption] = []
        for reward_id, at in redemptions.undone_since(store, since):
            if reward_id in known and known[reward_id].redeemed_at <= at:
                lines.append(UndoneRedemption(reward_id, at))
                del known[reward_id]
        lacks = self._lacks_newest(store)  # before this store's own: a store put back may have redeemed already
        for each in redemptions.redeemed_since(store, since, derive=issuer(self._home.secret()).reward_id):
            if each.reward_id not in known or each.reward_id not in self._known.own:
                lines.append(each)
                known[each.reward_id] = each
        self._known.own.update(each.reward_id for each in lines)
        if lines:
            try:
                append_redemptions(self._folder, lines, installation=installation)
            except OSError:
                self._size = -1  # what was written is read again
                raise
            self._size = path.stat().st_size
        self._compared = now
        return lacks

    def _lacks_newest(self, store: Store) -> bool:
        """Return whether the store lacks this home's newest redemption.

        Lines of the earlier form, without a home, count until there is one with it, if the store has any of them: else
        they are another home's.
        """
        rewards = self._known.own or self._known.sealed
        newest = self._known.newest(rewards)
        if newest is None or redemptions.is_known(store, newest):
            return False
        return bool(self._known.own) or redemptions.has_any(store, rewards)

    def _read(self, path: Path, installation: Installation) -> None:
        size = path.stat().st_size if path.exists() else 0
        if size != self._size:
            self._known = read_redemptions(path, installation=installation)
            self._size = size


def read_own(home: Home, paths: Iterable[Path], *, secret: bytes) -> tuple[list[RedeemedReward], int]:
    """Return the redemptions of a home in some files, and the number of unreadable lines.

    A home from before its first name, with no redemption of any named home in its store, may be each of them.

    Args:
        home: The home, or a restored copy of it.
        paths: The files.
        secret: The installation's key.
    """
    paths = list(paths)
    was_named = home.identity() is not None
    installation = installation_of(home, secret, *paths)
    if not was_named and not any(read_redemptions(path, installation=installation).own for path in paths):
        installation = Installation.of(secret, home=None)
    found = [read_redemptions(path, installation=installation) for path in paths]
    redeemed = {name: each for one in found for name, each in one.redeemed.items()}
    return list(redeemed.values()), sum(one.unreadable for one in found)


def installation_of(home: Home, secret: bytes, *paths: Path) -> Installation:
    """Return the installation with the home's name, which the home is given at first.

    A home from before its first name is the one whose redemptions its store has: it was put back by hand.

    Args:
        home: The home.
        secret: The installation's key.
        paths: The files of redemptions.
    """
    name = home.identity()
    if name is None:
        nameless = Installation.of(secret, home=NAMELESS)
        others = [item for path in paths for item in read_redemptions(path, installation=nameless).others.items()]
        name = home.identify(
            next((each for each, rewards in others if redemptions.has_any(home.store(), rewards)), None)
        )
    return Installation.of(secret, home=name)


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
    redeemed, _ = read_own(home, [backup_folder(home.settings) / NAME], secret=home.secret())
    return recover_home(home, redeemed, secret=home.secret(), recovered_to=entries[0].at if entries else BEGINNING)


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
