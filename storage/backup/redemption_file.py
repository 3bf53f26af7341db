"""The file of redemptions beside the backups: a restore books redemptions newer than the backup.

One JSON object a line, appended: a redemption, or that one was undone. It names rewards, never sessions. Installations
may share a folder, so each line names its own, and is sealed with its key: who can only write the folder can remove
lines, but not add or change any. Homes may share both, so each line names its home too. Earlier lines name no home, or
have no seal either: a restore still books those that no other home has exported under its own name.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from storage.folders import PRIVATE_FILE, private_folder, sync_folder, write_fully
from storage.store.rewards.redemptions import RedeemedReward

NAME = "redemptions.ndjson"
SEAL = "seal"
HOME = "home"
MARK_CHARACTERS = 16
MOST_ORE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Installation:
    """The owner of lines.

    Attributes:
        mark: Its name in its lines, which reveals nothing about its key.
        key: Seals its lines.
        home: The home whose lines are read and written.
    """

    mark: str
    key: bytes
    home: str | None

    @classmethod
    def of(cls, secret: bytes, *, home: str | None) -> Self:
        """Return the installation with a secret key.

        Args:
            secret: The key.
            home: The home's own name; None reads every home's lines.
        """
        mark = hmac.new(secret, b"redemptions", hashlib.sha256).hexdigest()[:MARK_CHARACTERS]
        return cls(mark, hmac.new(secret, b"seals of redemptions", hashlib.sha256).digest(), home)

    def seal(self, fields: dict[str, Any]) -> str:
        """Return the seal of a line's other fields."""
        signed = json.dumps({name: fields[name] for name in fields if name != SEAL}, sort_keys=True)
        return hmac.new(self.key, signed.encode(), hashlib.sha256).hexdigest()

    def has_sealed(self, fields: dict[str, Any]) -> bool:
        """Return whether a line is sealed; False if it is of the earlier form.

        Raises:
            ValueError: the seal is wrong.
        """
        if SEAL not in fields:
            return False
        if not hmac.compare_digest(str(fields[SEAL]).encode("utf-8", "replace"), self.seal(fields).encode()):
            raise ValueError("the seal is another line's or another key's")
        return True


@dataclass(frozen=True, slots=True)
class UndoneRedemption:
    """A redemption that was undone at the till."""

    reward_id: str
    undone_at: datetime


@dataclass(frozen=True, slots=True)
class RedemptionFile:
    """The content of a file of redemptions.

    Attributes:
        redeemed: The redemptions that were not undone, by reward, in order.
        own: The rewards with a sealed line that names the home.
        sealed: The rewards with a sealed line that names the home or none.
        others: The rewards in other homes' sealed lines, by home.
        unreadable: Number of damaged or forged lines.
    """

    redeemed: dict[str, RedeemedReward]
    own: set[str]
    sealed: set[str]
    others: dict[str, set[str]]
    unreadable: int

    def newest(self, rewards: Collection[str]) -> RedeemedReward | None:
        """Return the latest redemption of some rewards, None if there is none."""
        found = (each for each in self.redeemed.values() if each.reward_id in rewards)
        return max(found, key=lambda each: each.redeemed_at, default=None)


def read_redemptions(path: Path, *, installation: Installation) -> RedemptionFile:
    """Return the lines of an installation's home; empty if the file is missing.

    A reward's sealed lines outrank its unsealed ones, which anybody may have written, and which name no home therefore.

    Args:
        path: The file.
        installation: The installation.

    Raises:
        OSError: it cannot be read.
    """
    lines: list[tuple[RedeemedReward | UndoneRedemption, bool]] = []
    own: set[str] = set()
    others: defaultdict[str, set[str]] = defaultdict(set)
    unreadable = 0
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            fields = json.loads(line)
            if fields["installation"] != installation.mark:
                continue
            each, is_sealed = _parsed(fields), installation.has_sealed(fields)
            home = str(fields[HOME]) if is_sealed and HOME in fields else None
            if home is None or installation.home is None or home == installation.home:
                lines.append((each, is_sealed))
                own.update([each.reward_id] if home is not None else [])
            else:
                others[home].add(each.reward_id)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            unreadable += bool(line.strip())
    sealed = {each.reward_id for each, is_sealed in lines if is_sealed}
    elsewhere = set[str]().union(*others.values()) - own
    ranked = [
        each
        for each, is_sealed in lines
        if (is_sealed or each.reward_id not in sealed) and each.reward_id not in elsewhere
    ]
    return RedemptionFile(_not_undone(ranked), own, sealed - elsewhere, dict(others), unreadable)


def append_redemptions(
    folder: Path, lines: Iterable[RedeemedReward | UndoneRedemption], *, installation: Installation
) -> None:
    """Append lines to a folder's file durably.

    Args:
        folder: The folder of backups.
        lines: The lines.
        installation: The installation.

    Raises:
        OSError: the folder cannot be written.
    """
    named = {"installation": installation.mark} | ({HOME: installation.home} if installation.home else {})
    given = [{**named, **_as_json(each)} for each in lines]
    body = "".join(f"{json.dumps({**fields, SEAL: installation.seal(fields)})}\n" for fields in given).encode()
    _append(folder, body)


def add_lines(folder: Path, source: Path) -> None:
    """Append the lines of another file that a folder's file lacks; each line carries its own seal.

    Args:
        folder: The folder of backups.
        source: The other file.

    Raises:
        OSError: the folder cannot be written.
    """
    path = folder / NAME
    known = set(path.read_bytes().splitlines()) if path.exists() else set()
    _append(folder, b"".join(line + b"\n" for line in source.read_bytes().splitlines() if line not in known))


def _append(folder: Path, body: bytes) -> None:
    if not body:
        return
    path = private_folder(folder) / NAME
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        end = os.lseek(descriptor, 0, os.SEEK_END)
        torn = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"  # the last writer was killed
        write_fully(descriptor, b"\n" + body if torn else body)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        sync_folder(folder)


def _not_undone(lines: Iterable[RedeemedReward | UndoneRedemption]) -> dict[str, RedeemedReward]:
    """Return the redemptions that were not undone; a line repeated after its undoing changes nothing."""
    found: dict[str, RedeemedReward] = {}
    undone: dict[str, datetime] = {}
    for each in lines:
        name = each.reward_id
        if isinstance(each, UndoneRedemption):
            undone[name] = max(each.undone_at, undone.get(name, each.undone_at))
            if name in found and found[name].redeemed_at <= each.undone_at:
                del found[name]
        elif name not in undone or undone[name] <= each.redeemed_at:
            found.pop(name, None)
            found[name] = each
    return found


def _as_json(each: RedeemedReward | UndoneRedemption) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(each).items()}


def _parsed(line: dict[str, Any]) -> RedeemedReward | UndoneRedemption:
    if "undone_at" in line:
        return UndoneRedemption(str(line["reward_id"]), _moment(line["undone_at"]))
    ore = line["amount_ore"]
    if not isinstance(ore, int) or not 0 < ore <= MOST_ORE:
        raise ValueError("a redemption has a positive amount of öre")
    return RedeemedReward(
        reward_id=str(line["reward_id"]),
        derived_id=str(line["derived_id"]),
        cafe=str(line["cafe"]),
        simulated=bool(line["simulated"]),
        amount_ore=ore,
        redeemed_at=_moment(line["redeemed_at"]),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
