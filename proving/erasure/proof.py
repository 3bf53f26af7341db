"""The erasure proof: a guest uses the whole pilot and is erased; then every byte left is searched.

There are two other guests: a bystander, who must still be found afterwards, and a bygone guest with expired words,
label, danger, case and device, who must not be found while the day's scores stay the same. The search covers the home,
a fresh backup, and a home restored from a backup older than the erasure. The proof also shows that the search works:
it must find the guest before the erasure, and the bystander after it.
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
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pilot.settings import Settings
from proving.erasure.proof_guest import Guest, make_guest
from storage.backup.archive import put_under
from storage.erasure.everywhere import find_everywhere
from storage.home import LOG_FOLDER, Home, open_home
from storage.landing.log_lines import log_line
from storage.landing.segments import SegmentName, publish
from storage.store.privacy import erasures, tombstones
from storage.store.rewards import decisions

KEY = SecretStr("a key that only this proof has")
ACTOR, REASON = "proof", "erasure proof"
# The store and the file beside the backups retain the tombstone of an erased session.
KNOWS_SESSIONS = ("store.sqlite", "tombstones.ndjson")
AFTER_BACKUP = timedelta(hours=1)
BYGONE_MARKS = ("words", "device", "label", "danger", "case")
# The marks that the search must find before the erasure.
KNOWN_BEFORE = ("words", "device", "account", "label", "danger", "case", *(f"bygone {mark}" for mark in BYGONE_MARKS))

Build = Callable[[Home, date], None]
Found = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PreparedHome:
    """A home with data of three guests, and a backup of it.

    Attributes:
        home: The home.
        guest: The guest to erase.
        bystander: A guest who stays.
        bygone: A guest whose words and device have passed their time limits.
        scores: The scores of the bygone guest's day.
        old: The backup made before the erasure.
        reward: The outcome of the decision on the guest's reward.
    """

    home: Home
    guest: Guest
    bystander: Guest
    bygone: Guest
    scores: pl.DataFrame
    old: Backup
    reward: str


@dataclass(frozen=True, slots=True)
class ProofResult:
    """The result of the proof.

    Attributes:
        before: Paths where each mark was found before the erasure.
        after: Paths where each mark was found after it, by searched place; empty lists if nothing was found.
        session_elsewhere: Files beside the store that still name the session.
        bystander_kept: Whether the bystander is found in the home and in the restored one.
        scores_kept: Whether the scores of the bygone guest's day are unchanged in both homes.
        state: The state of the erasure in the store.
        reward: The outcome of the decision on the guest's reward.
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
        """Return whether all erased data is gone, all other data is left, and the search works."""
        left = any(places for found in self.after.values() for places in found.values())
        able = all(self.before[mark] for mark in KNOWN_BEFORE)
        kept = self.bystander_kept and self.scores_kept
        return able and not left and not self.session_elsewhere and kept and self.state == "done"


def prove(folder: Path, *, build: Build, now: datetime, erased: Callable[[Home], None] = lambda _: None) -> ProofResult:
    """Run the proof in an empty folder.

    Args:
        folder: An empty folder for homes and backups.
        build: Rebuilds every table of a day, as Dagster does.
        now: The present moment, UTC.
        erased: Called after the erasure; tests of the proof restore something here.

    Raises:
        PilotError: a step failed.
    """
    passed = prepare_home(folder, build=build, now=now)
    return prove_prepared(passed, folder, before=search_both(folder, passed), build=build, now=now, erased=erased)


def prove_prepared(
    passed: PreparedHome,
    folder: Path,
    *,
    before: Found,
    build: Build,
    now: datetime,
    erased: Callable[[Home], None] = lambda _: None,
) -> ProofResult:
    """Erase the guest from a prepared home, and return the result.

    Args:
        passed: From `prepare_home`.
        folder: The folder that holds the home and its backups.
        before: The places where the guest was found before.
        build: Rebuilds every table of a day, as Dagster does.
        now: The present moment, UTC.
        erased: Called after the erasure; a test of the proof puts something back here.
    """
    erase(passed, now=now)
    apply_time_limits(passed.home, now=now)
    erased(passed.home)
    _build(passed.home, build, now=now)
    return verdict(passed, folder, before=before, now=now + AFTER_BACKUP)


def prepare_home(folder: Path, *, build: Build, now: datetime) -> PreparedHome:
    """Make a home with all guests' data and the usual mishaps, and its backup."""
    home = open_home(Settings(home=folder / "home", backup_key=KEY))
    guest, bystander = make_guest(at=now - timedelta(minutes=40)), make_guest(at=now - timedelta(minutes=30))
    bygone = make_guest(at=_expired_moment(home, now=now))
    names = publish(home.segments(), [*guest.events, *bystander.events], replica="edge1", identifier=new_identifier())
    publish(home.segments(), bygone.events, replica="edge1", identifier=new_identifier())
    for each in (guest, bystander, bygone):
        each.save(home)
    _build(home, build, now=now)
    _add_mishaps(home, guest, names)
    _build(home, build, now=now)  # Now an old version contains the days' first rows.
    scores = home.lake().read(SCORED_FEEDBACK, days=[bygone.receipt.day])
    decision = decisions.find(home.store(), guest.session_id)
    for each in (guest, bystander):
        if (decided := decisions.find(home.store(), each.session_id)) is not None:
            each.request_account(home, decided.reward_id)
    old = make_backup(home, now=now)
    return PreparedHome(
        home, guest, bystander, bygone, scores, old, decision.outcome if decision is not None else "none"
    )


def _build(home: Home, build: Build, *, now: datetime) -> None:
    for moment in (_expired_moment(home, now=now), now):
        build(home, business_day(moment))


def _expired_moment(home: Home, *, now: datetime) -> datetime:
    return now - timedelta(days=max(home.settings.words_days, home.settings.devices_days) + 1)


def _add_mishaps(home: Home, guest: Guest, names: Sequence[SegmentName]) -> None:
    """Add a damaged segment, a dead replica's log, and log lines that name the session."""
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


def erase(passed: PreparedHome, *, now: datetime) -> None:
    """Request the erasure and carry it out, without grace: nothing else uses this home."""
    tombstones.add(passed.home.store(), session_id=passed.guest.session_id, actor=ACTOR, reason=REASON)
    for _ in range(2):
        carry_out(passed.home, now=now, grace=timedelta(0))


def apply_time_limits(home: Home, *, now: datetime) -> None:
    """Remove data at its time limit, without grace: nothing else uses this home."""
    for _ in range(2):
        retention.carry_out(home, now=now, grace=timedelta(0))


def verdict(passed: PreparedHome, folder: Path, *, before: Found, now: datetime) -> ProofResult:
    """Make a fresh backup, restore the old one, search all of it, and return the result."""
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
        "backups as stored": backup_folder(home.settings),
    }
    after = {name: search_both(root, passed) for name, root in places.items()}
    named = {"session": {guest.session_id.encode()}}
    elsewhere = tuple(
        f"{name}: {place}"
        for name, root in places.items()
        for place in find_everywhere(root, named)["session"]
        if not place.startswith(KNOWS_SESSIONS)
    )
    kept = all(
        search(places[name], passed.bystander)[mark]
        for name in ("home", "restored home")
        for mark in ("words", "label", "danger")
    )
    scored = [home, open_home(home.settings.model_copy(update={"home": restored}))]
    day = passed.bygone.receipt.day
    scores = all(each.lake().read(SCORED_FEEDBACK, days=[day]).equals(passed.scores) for each in scored)
    erasure = erasures.find(home.store(), guest.session_id)
    home.store().close()
    return ProofResult(
        before,
        after,
        elsewhere,
        kept,
        scores and passed.scores.height > 0,
        erasure.state if erasure is not None else "unknown",
        passed.reward,
    )


def search(root: Path, guest: Guest) -> Found:
    """Return the places of each of a guest's marks under a folder."""
    return find_everywhere(root, guest.marks)


def search_both(root: Path, passed: PreparedHome) -> Found:
    """Return the places of the marks of the erased and the bygone guest under a folder."""
    marks = passed.bygone.marks
    bygone = {f"bygone {mark}": marks[mark] for mark in BYGONE_MARKS}
    return find_everywhere(root, {**passed.guest.marks, **bygone})
