"""Empties expired fields of a day's lines in the landing: guests' words, or device hashes.

Covers segments, segments set aside, append logs and damaged logs, with the steps of an erasure: a crash in between
leaves every line once or twice, never none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from pilot.business_days import business_day
from pilot.identifiers import identifier_time, new_identifier
from pilot.time_limits import PERSONAL_FIELDS, Kind, clear_line
from storage.erasure.landing_lines import RewriteResult, publish_logs, rewrite_day
from storage.folders import sync_folder
from storage.landing.publisher import DAMAGED_FOLDER, log_files
from storage.landing.segments import SegmentName, Segments

Line = Callable[[bytes], bytes | None]


def empty_lines(segments: Segments, logs: Path, day: date, kind: Kind) -> RewriteResult:
    """Empty one kind of data in a day's lines everywhere; in damaged files only whole lines stay.

    Raises:
        LandingUnavailable: the landing cannot be reached; a retry is safe.
    """
    if not PERSONAL_FIELDS[kind]:
        return RewriteResult()
    publish_logs(logs, segments)
    segments.sweep()
    line: Line = partial(clear_line, kinds=(kind,))
    done = rewrite_day(segments, day, line, needs_rewrite=lambda _: True, damaged=line)
    for name in segments.damaged():
        if name.day == day:
            done += _empty_set_aside(segments, name, line)
    for folder in sorted(each for each in logs.iterdir() if each.is_dir()) if logs.is_dir() else []:
        for path in log_files(folder / DAMAGED_FOLDER):
            # Its whole lines were published; the rest is of the day on which it was opened, or older.
            if business_day(identifier_time(path.stem)) <= day:
                path.unlink(missing_ok=True)
                sync_folder(path.parent)
                done += RewriteResult(1)
    return done


def segments_with(segments: Segments, day: date, kind: Kind) -> list[str]:
    """Return a day's segments, those set aside included, that still contain data of a kind."""
    if not PERSONAL_FIELDS[kind]:
        return []
    bodies = [(name.path, segments.read_unchecked(name)) for name in segments.list(day)]
    bodies += [(name.path, segments.read_damaged(name)) for name in segments.damaged() if name.day == day]
    return [
        path
        for path, body in bodies
        if any(clear_line(line, kinds=(kind,)) != line for line in body.splitlines(keepends=True))
    ]


def _empty_set_aside(segments: Segments, name: SegmentName, line: Line) -> RewriteResult:
    before = segments.read_damaged(name).splitlines(keepends=True)
    after = [left for each in before if (left := line(each)) is not None]
    if after == before:
        return RewriteResult()
    if after:
        body = b"".join(after)
        segments.put_damaged(
            SegmentName.of(body, day=name.day, replica=name.replica, identifier=new_identifier()), body
        )
    segments.remove_damaged(name)
    return RewriteResult(1, len(before))
