"""Combines the periods that several probers observed, the most trusted prober first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Stretch(NamedTuple):
    """A period in which the service was up or down."""

    start: datetime
    end: datetime
    ok: bool


def fill_gaps(primary: Sequence[Stretch], secondary: Iterable[Stretch]) -> list[Stretch]:
    """Return `primary` and the parts of `secondary` outside it; sorted, without overlaps."""
    found = list(primary)
    place = 0
    for stretch in secondary:
        start = stretch.start
        while place < len(primary) and primary[place].end <= start:
            place += 1
        ahead = place
        while start < stretch.end:
            if ahead == len(primary) or primary[ahead].start >= stretch.end:
                found.append(Stretch(start, stretch.end, stretch.ok))
                break
            if primary[ahead].start > start:
                found.append(Stretch(start, primary[ahead].start, stretch.ok))
            start = max(start, primary[ahead].end)
            ahead += 1
    return sorted(found)


def sum_seconds(stretches: Iterable[Stretch], *, ok: bool) -> float:
    """Return the number of seconds in the stretches that are up, or down."""
    return sum((each.end - each.start for each in stretches if each.ok == ok), timedelta()).total_seconds()


def seconds_within(stretches: Iterable[Stretch], windows: Sequence[tuple[datetime, datetime]], *, ok: bool) -> float:
    """Return the number of seconds up, or down, within some windows without overlaps."""
    return sum(
        max(0.0, (min(each.end, end) - max(each.start, start)).total_seconds())
        for each in stretches
        if each.ok == ok
        for start, end in windows
    )


def clip_windows(
    windows: Iterable[tuple[datetime, datetime]], *, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the windows, clipped to two moments."""
    return [(max(a, start), min(b, end)) for a, b in windows if max(a, start) < min(b, end)]


def merge_windows(windows: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return the windows in order, with touching and overlapping ones merged."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(windows):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return found


def intersect_windows(
    windows: Iterable[tuple[datetime, datetime]], others: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Return the intersection of two lists of windows; each is in order and without overlaps."""
    return [each for start, end in windows for each in clip_windows(others, start=start, end=end)]
