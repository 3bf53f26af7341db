"""The erasure proof: a guest passes through everything, is erased, and is looked for in every byte that is left.

Looked for in the home, in a fresh backup, and in a home restored from a backup that is older than the erasure. That
the search would find it is shown before: there it must find the guest, and afterwards still another guest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from operations.backup.make import make_backup
from operations.backup.restore import restore
from operations.backup.shelf import Backup, shelf, unpack
from operations.erasure.carry_out import carry_out
from operations.erasure.proof_guest import Guest, a_guest
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from storage.backup.archive import put_under
from storage.erasure.everywhere import find_everywhere
from storage.home import LOG_FOLDER, Home, open_home
from storage.landing.log_lines import log_line
from storage.landing.segments import SegmentName, publish
from storage.store import decisions, erasures, tombstones

KEY = SecretStr("a key that only this proof has")
ACTOR, REASON = "proof", "erasure proof"
# The store and the file beside the backups know an erased session by its tombstone.
KNOWS_SESSIONS = ("store.sqlite", "tombstones.ndjson")
AFTER_BACKUP = timedelta(hours=1)

Build = Callable[[Home], None]
Found = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Passage:
    """A home that a guest and a bystander passed through, with a backup of then.

    Attributes:
        home: The home.
        guest: Who will be erased.
        bystander: Who stays.
        old: The backup that is older than the erasure.
        reward: What was decided on the guest's reward.
    """

    home: Home
    guest: Guest
    bystander: Guest
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
        state: How far the erasure came by its own account.
        reward: What was decided on the guest's reward before.
    """

    before: Found
    after: Mapping[str, Found]
    session_elsewhere: tuple[str, ...]
    bystander_kept: bool
    state: str
    reward: str

    @property
    def proved(self) -> bool:
        """Return whether nothing was found that should be gone, and the search was able to find."""
        left = any(places for found in self.after.values() for places in found.values())
        able = bool(self.before["words"]) and bool(self.before["device"])
        return able and not left and not self.session_elsewhere and self.bystander_kept and self.state == "done"


def prove(folder: Path, *, build: Build, now: datetime, erased: Callable[[Home], None] = lambda _: None) -> Proof:
    """Run the proof in an empty folder.

    Args:
        folder: Where homes and backups are made.
        build: Rebuilds every table of the guests' day, as Dagster does.
        now: The present moment, UTC.
        erased: Called once the erasure was carried out; a test of the proof puts something back.

    Raises:
        PilotError: a step failed.
    """
    passed = passage(folder, build=build, now=now)
    before = search(folder, passed.guest)
    erase(passed, now=now)
    erased(passed.home)
    build(passed.home)
    return verdict(passed, folder, before=before, now=now + AFTER_BACKUP)


def passage(folder: Path, *, build: Build, now: datetime) -> Passage:
    """Let both guests pass through everything, with what goes wrong on the way, and make the old backup."""
    home = open_home(Settings(home=folder / "home", backup_key=KEY))
    guest, bystander = a_guest(at=now - timedelta(minutes=40)), a_guest(at=now - timedelta(minutes=30))
    names = publish(home.segments(), [*guest.events, *bystander.events], replica="edge1", identifier=new_identifier())
    for each in (guest, bystander):
        each.save(home)
    build(home)
    _mishaps(home, guest, names)
    build(home)  # The day's first rows lie in an old version now.
    decision = decisions.find(home.store(), guest.session_id)
    old = make_backup(home, now=now)
    return Passage(home, guest, bystander, old, decision.outcome if decision is not None else "none")


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
        "backups as they lie": shelf(home.settings),
    }
    after = {name: search(root, guest) for name, root in places.items()}
    named = {"session": {guest.session_id.encode()}}
    elsewhere = tuple(
        f"{name}: {place}"
        for name, root in places.items()
        for place in find_everywhere(root, named)["session"]
        if not place.startswith(KNOWS_SESSIONS)
    )
    kept = all(search(places[name], passed.bystander)["words"] for name in ("home", "restored home"))
    erasure = erasures.find(home.store(), guest.session_id)
    home.store().close()
    return Proof(before, after, elsewhere, kept, erasure.state if erasure is not None else "unknown", passed.reward)


def search(root: Path, guest: Guest) -> Found:
    """Return where each mark of a guest is found under a folder."""
    return find_everywhere(root, guest.marks)
