"""The file of redemptions beside the backups: a restore books redemptions newer than the backup.

One JSON object a line, appended: a redemption, or that one was undone. It names rewards, never sessions. Installations
may share a folder, so each line names its own.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from storage.folders import PRIVATE_FILE, private_folder, sync_folder, write_fully
from storage.store.rewards.redemptions import RedeemedReward

NAME = "redemptions.ndjson"


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
        unreadable: Number of damaged lines.
    """

    redeemed: dict[str, RedeemedReward]
    unreadable: int

    @property
    def newest(self) -> RedeemedReward | None:
        """Return the latest redemption, None if there is none."""
        return max(self.redeemed.values(), key=lambda each: each.redeemed_at, default=None)


def read_redemptions(path: Path, *, installation: str) -> RedemptionFile:
    """Return an installation's lines of a file; empty if it is missing.

    Args:
        path: The file.
        installation: The installation's mark.

    Raises:
        OSError: it cannot be read.
    """
    found: dict[str, RedeemedReward] = {}
    unreadable = 0
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            fields = json.loads(line)
            if fields["installation"] != installation:
                continue
            each = _parsed(fields)
        except (ValueError, KeyError, TypeError, AttributeError):
            unreadable += bool(line.strip())
            continue
        if isinstance(each, RedeemedReward):
            found.pop(each.reward_id, None)
            found[each.reward_id] = each
        elif each.reward_id in found and found[each.reward_id].redeemed_at <= each.undone_at:
            del found[each.reward_id]
    return RedemptionFile(found, unreadable)


def append_redemptions(folder: Path, lines: Iterable[RedeemedReward | UndoneRedemption], *, installation: str) -> None:
    """Append lines to a folder's file durably.

    Args:
        folder: The folder of backups.
        lines: The lines.
        installation: The installation's mark.

    Raises:
        OSError: the folder cannot be written.
    """
    body = "".join(f"{json.dumps({'installation': installation, **_as_json(each)})}\n" for each in lines).encode()
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


def _as_json(each: RedeemedReward | UndoneRedemption) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(each).items()}


def _parsed(line: dict[str, Any]) -> RedeemedReward | UndoneRedemption:
    if "undone_at" in line:
        return UndoneRedemption(str(line["reward_id"]), _moment(line["undone_at"]))
    ore = line["amount_ore"]
    if not isinstance(ore, int) or ore <= 0:
        raise ValueError("a redemption has a positive amount")
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
