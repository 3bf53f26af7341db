"""The cafés of the segments that landed since a day was last built, so that only these are rebuilt.

A day's names of segments are stored in a file for each observed state of the day. A day without that file, with a
segment less than before (an erasure, a merge), with a damaged segment or with many new ones is rebuilt as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

from operations.system import RUN_FOLDER
from pilot.errors import PilotError
from storage.cafe_parts import touched_ranges
from storage.home import Home
from storage.landing.days import cafes_in
from storage.landing.segments import SegmentName

FOLDER = "landing-days"
MOST_NEW_SEGMENTS = 200  # With more, reading them twice costs more than it saves.


def _file(home: Home, day: date, state: str) -> Path:
    return home.root / RUN_FOLDER / FOLDER / f"{day}-{state}.txt"


def note_segments(home: Home, day: date, state: str, names: Collection[SegmentName]) -> None:
    """Store the names of a day's segments for a state of the day."""
    file = _file(home, day, state)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text("\n".join(sorted(name.path for name in names)), encoding="utf-8")
        new.replace(file)


def forget_segments(home: Home, *, but: Collection[tuple[date, str]]) -> None:
    """Delete the files of other states than these."""
    kept = {_file(home, day, state) for day, state in but}
    for file in (home.root / RUN_FOLDER / FOLDER).glob("*.txt"):
        if file not in kept:
            file.unlink(missing_ok=True)


def touched_cafes(home: Home, day: date, *, before: str, names: Sequence[SegmentName]) -> frozenset[str] | None:
    """Return the cafés with events in new segments; None if the day must be rebuilt as a whole.

    Args:
        home: The home.
        day: The day.
        before: The state of the day when it was last built.
        names: The names of its segments now, without the prober's.
    """
    ids = home.cafes().ids
    file = _file(home, day, before)
    if not file.exists() or touched_ranges(ids, ids) == touched_ranges(ids, ids[:1]):
        return None  # Of a few cafés, all are in one range.
    known = set(file.read_text(encoding="utf-8").splitlines())
    new = [name for name in names if name.path not in known]
    if not new or len(new) > MOST_NEW_SEGMENTS or len(new) + len(known) != len(names):
        return None
    try:
        return cafes_in(home.segments(), day, new) or None
    except PilotError:  # The day's run finds what cannot be read, and no other day waits for it.
        return None
