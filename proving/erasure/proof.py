"""The erasure proof: a guest passes through everything, is erased, and is looked for in every byte that is left.

Beside it two others: a bystander, who must still be there, and one of long ago whose words' and device's time is over,
who must be nowhere while the day's scores stay as they were.

Looked for in the home, in a fresh backup, and in a home restored from a backup that is older than the erasure. That
the search would find it is shown before: there it must find the guest, and afterwards still another guest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
from pydantic import SecretStr

from operations.backup.catalog import Backup, backup_folder, unpack
from operations.backup.make import make_backup
from operations.backup.restore import restore
from operations.erasure.carry_out import carry_out
from operations.retention import carry_out as retention
from pilot.business_days import business_day
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from pilot.tables import SCORED_FEEDBACK
from proving.erasure.proof_guest import Guest, a_guest
from storage.backup.archive import put_under
from storage.erasure.everywhere import find_everywhere
from storage.home import LOG_FOLDER, Home, open_home
from storage.landing.log_lines import log_line
from storage.landing.segments import SegmentName, publish
from storage.store.privacy import erasures, tombstones
from storage.store.rewards import decisions

KEY = SecretStr("a key that only this proof has")
ACTOR, REASON = "proof", "erasure proof"
# The store and the file beside the backups know an erased session by its tombstone.
KNOWS_SESSIONS = ("store.sqlite", "tombstones.ndjson")
AFTER_BACKUP = timedelta(hours=1)

Build = Callable[[Home, date], None]
Found = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Passage:
    """A home that a guest and a bystander passed through, with a backup of then.

    Attributes:
        home: The home.
        guest: Who will be erased.
        bystander: Who stays.
        bygone: Who spoke so long ago that the time of words and devices is over.
        scores: The scores of that day.
        old: The backup that is older than the erasure.
        reward: What was decided on the guest's reward.
    """

    home: Home
    guest: Guest
    bystander: Guest
    bygone: Guest
    scores: pl.DataFrame
    old: Backup
    reward: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the proof came to.

    Attributes:
        before: Where each mark was found before, as paths.
        after: Where each was found afterwards, by what was searched; empty lists where nothing was.
        session_elsewhere: Files beside the store that still name the session.
        bystander_kept: Whether the other guest is still there, in the home and in the restored one.
        scores_kept: Whether the scores of the day whose words are gone are what they were, in both homes.
        state: How far the erasure came by its own account.
        reward: What was decided on the guest's reward before.
    """

    before: Found
    after: Mapping[str, Found]
    session_elsewhere: tuple[str, ...]
    bystander_kept: bool
    scores_kept: bool
    state: str
    reward: str

    @property
    def proved(self) -> bool:
        """Return whether nothing was found that should be gone, and the search was able to find."""
        left = any(places for found in self.after.values() for places in found.values())
        able = all(self.before[mark] for mark in ("words", "device", "account", "bygone words", "bygone device"))
        kept = self.bystander_kept and self.scores_kept
        return able and not left and not self.session_elsewhere and kept and self.state == "done"


def prove(folder: Path, *, build: Build, now: datetime, erased: Callable[[Home], None] = lambda _: None) -> Proof:
    """Run the proof in an empty folder.

    Args:
        folder: Where homes and backups are made.
        build: Rebuilds every table of a day, as Dagster does.
        now: The present moment, UTC.
        erased: Called once the erasure was carried out; a test of the proof puts something back.

    Raises:
        PilotError: a step failed.
    """
    passed = passage(folder, build=build, now=now)
    before = search_both(folder, passed)
    erase(passed, now=now)
    keep_limits(passed.home, now=now)
    erased(passed.home)
    _build(passed.home, build, now=now)
    return verdict(passed, folder, before=before, now=now + AFTER_BACKUP)


def passage(folder: Path, *, build: Build, now: datetime) -> Passage:
    """Let both guests pass through everything, with what goes wrong on the way, and make the old backup."""
    home = open_home(Settings(home=folder / "home", backup_key=KEY))
    guest, bystander = a_guest(at=now - timedelta(minutes=40)), a_guest(at=now - timedelta(minutes=30))
    bygone = a_guest(at=_long_ago(home, now=now))
    names = publish(home.segments(), [*guest.events, *bystander.events], replica="edge1", identifier=new_identifier())
    publish(home.segments(), bygone.events, replica="edge1", identifier=new_identifier())
    for each in (guest, bystander, bygone):
        each.save(home)
    _build(home, build, now=now)
    _mishaps(home, guest, names)
    _build(home, build, now=now)  # The days' first rows lie in an old version now.
    scores = home.lake().read(SCORED_FEEDBACK, days=[bygone.receipt.day])
    decision = decisions.find(home.store(), guest.session_id)
    for each in (guest, bystander):
        if (decided := decisions.find(home.store(), each.session_id)) is not None:
            each.want_an_account(home, decided.reward_id)
    old = make_backup(home, now=now)
    return Passage(home, guest, bystander, bygone, scores, old, decision.outcome if decision is not None else "none")


def _build(home: Home, build: Build, *, now: datetime) -> None:
    for moment in (_long_ago(home, now=now), now):
        build(home, business_day(moment))


def _long_ago(home: Home, *, now: datetime) -> datetime:
    return now - timedelta(days=max(home.settings.words_days, home.settings.devices_days) + 1)


def _mishaps(home: Home, guest: Guest, names: Sequence[SegmentName]) -> None:
    """Leave what a pilot's days leave: a damaged segment, a dead replica's log, lines that should name nobody."""
    segments = home.segments()
    body = bytearray(segments.read(names[0]))
    body[len(body) // 2] ^= 1
    segments.put_damaged(names[0], bytes(body))
    dead = home.root / LOG_FOLDER / "edge7"
    dead.mkdir(parents=True)
    lines = b"".join(log_line(each) for each in guest.events[-2:])
    (dead / f"{new_identifier()}.log").write_bytes(lines)
    for name in (".logs/edge1.log", ".run/urgent.ndjson"):
        with (home.root / name).open("a", encoding="utf-8") as file:
            file.write(f'{{"session_id": "{guest.session_id}", "heard": "{guest.words[0]}"}}\n{{"other": 1}}\n')


def erase(passed: Passage, *, now: datetime) -> None:
    """Ask for the erasure and carry it out; nothing else runs on this home, so old versions go at once."""
    tombstones.add(passed.home.store(), session_id=passed.guest.session_id, actor=ACTOR, reason=REASON)
    for _ in range(2):
        carry_out(passed.home, now=now, grace=timedelta(0))


def keep_limits(home: Home, *, now: datetime) -> None:
    """Remove what has reached its time limit; nothing else runs on this home, so old versions go at once."""
    for _ in range(2):
        retention.carry_out(home, now=now, grace=timedelta(0))


def verdict(passed: Passage, folder: Path, *, before: Found, now: datetime) -> Proof:
    """Make a fresh backup, restore the old one, and look for the guest in all of it."""
    home, guest = passed.home, passed.guest
    fresh = make_backup(home, now=now)
    opened = folder / "fresh backup, opened"
    unpack(fresh, key=KEY.get_secret_value(), put=put_under(opened))
    restored = folder / "restored"
    restore(passed.old, restored, settings=home.settings, now=now)
    home.store().close()
    places = {
        "home": home.root,
        "restored home": restored,
        "fresh backup, opened": opened,
        "backups as they lie": backup_folder(home.settings),
    }
    after = {name: search_both(root, passed) for name, root in places.items()}
    named = {"session": {guest.session_id.encode()}}
    elsewhere = tuple(
        f"{name}: {place}"
        for name, root in places.items()
        for place in find_everywhere(root, named)["session"]
        if not place.startswith(KNOWS_SESSIONS)
    )
    kept = all(search(places[name], passed.bystander)["words"] for name in ("home", "restored home"))
    scored = [home, open_home(home.settings.model_copy(update={"home": restored}))]
    day = passed.bygone.receipt.day
    scores = all(each.lake().read(SCORED_FEEDBACK, days=[day]).equals(passed.scores) for each in scored)
    erasure = erasures.find(home.store(), guest.session_id)
    home.store().close()
    return Proof(
        before,
        after,
        elsewhere,
        kept,
        scores and passed.scores.height > 0,
        erasure.state if erasure is not None else "unknown",
        passed.reward,
    )


def search(root: Path, guest: Guest) -> Found:
    """Return where each mark of a guest is found under a folder."""
    return find_everywhere(root, guest.marks)


def search_both(root: Path, passed: Passage) -> Found:
    """Return where the marks of the erased guest, and of the one of long ago, are found under a folder."""
    marks = passed.bygone.marks
    bygone = {f"bygone {mark}": marks[mark] for mark in ("words", "device")}
    return find_everywhere(root, {**passed.guest.marks, **bygone})
