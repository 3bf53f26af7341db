"""Takes erased sessions' lines out of the landing: segments, segments set aside, append logs and what is left of them.

A segment is never changed: a new one without the lines takes its place, then the old one is deleted. After a crash in
between every other line is there twice, which readers see as one, and the next attempt deletes the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pilot.business_days import business_day
from pilot.errors import InvalidEvent
from pilot.events import parse_event
from pilot.identifiers import identifier_time, new_identifier
from storage.errors import CorruptSegment
from storage.folders import create_once, sync_folder
from storage.landing.log_lines import whole_lines
from storage.landing.publisher import DAMAGED_FOLDER, log_files, publish_log
from storage.landing.replica_lock import ReplicaLock
from storage.landing.segments import SegmentName, Segments

NEAR_DIGITS = 2  # In damaged bytes an identifier with so many flipped digits is taken for the erased one.

Line = Callable[[bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What was done to some lines.

    Attributes:
        files: Files that were replaced or deleted.
        lines: Lines that were taken out or changed.
    """

    files: int = 0
    lines: int = 0

    def __add__(self, other: Rewritten) -> Rewritten:
        return Rewritten(self.files + other.files, self.lines + other.lines)


def erase_from_day(segments: Segments, day: date, sessions: Collection[str]) -> Rewritten:
    """Take the lines of some sessions out of a day's segments, and out of those that were set aside.

    Of damaged segments only lines that are whole and surely another session's stay: a broken line names nobody, and
    may hold anybody's words.

    Raises:
        LandingUnavailable: the landing cannot be reached; doing it again is safe.
    """
    marks = [session.encode() for session in sessions]

    def line(content: bytes) -> bytes | None:
        return None if any(mark in content for mark in marks) else content

    segments.sweep()

    def near(content: bytes) -> bytes | None:
        return content if _surely_anothers(content, sessions) else None

    done = rewrite_day(segments, day, line, wanted=lambda body: any(mark in body for mark in marks), damaged=near)
    for name in segments.damaged():
        if abs(name.day - day) > timedelta(days=1):  # a flipped bit can be in the day, too
            continue
        before = segments.read_damaged(name).splitlines(keepends=True)
        after = [kept for kept in before if _surely_anothers(kept, sessions)]
        if after != before:
            if after:
                body = b"".join(after)
                left = SegmentName.of(body, day=name.day, replica=name.replica, identifier=new_identifier())
                segments.put_damaged(left, body)
            segments.remove_damaged(name)
            done += Rewritten(1, len(before) - len(after))
    return done


def rewrite_day(
    segments: Segments, day: date, line: Line, *, wanted: Callable[[bytes], bool], damaged: Line
) -> Rewritten:
    """Replace a day's segments by ones whose lines went through `line`; it returns None for a line that goes.

    Args:
        segments: The landing.
        day: The day.
        line: What becomes of each line, newline included.
        wanted: Whether a segment's bytes are worth the look; damaged ones always are.
        damaged: What becomes of each line of a damaged segment.
    """
    done = Rewritten()
    for name in segments.list(day):
        try:
            body, each_line = segments.read(name), line
        except CorruptSegment:
            body, each_line = segments.read_unchecked(name), damaged
        if each_line is line and not wanted(body):
            continue
        before = body.splitlines(keepends=True)
        after = [each_line(each) for each in before]
        if each_line is line and after == before:
            continue
        rest = b"".join(each for each in after if each is not None)
        if rest:
            new = SegmentName.of(rest, day=day, replica=name.replica, identifier=new_identifier())
            segments.put(new, rest)
        segments.remove(name)
        done += Rewritten(1, sum(1 for old, changed in zip(before, after, strict=True) if old != changed))
    return done


def sessions_lines(segments: Segments, day: date, session: str) -> list[bytes]:
    """Return the lines of a session in a day's segments, doubles included, for export and for a search of its words."""
    mark = session.encode()
    return [each for name in segments.list(day) for each in segments.read_unchecked(name).splitlines() if mark in each]


def erase_from_logs(logs: Path, segments: Segments, *, day: date, sessions: Collection[str]) -> list[str]:
    """Publish what dead replicas' logs hold, clean their damaged files, and name what a living one still holds.

    Call it before `erase_from_day`: what is published here is taken out there.

    Returns:
        The replicas that still hold unpublished lines of the sessions: they publish within half a minute.
    """
    waiting = []
    marks = [session.encode() for session in sessions]
    for folder in sorted(each for each in logs.iterdir() if each.is_dir()) if logs.is_dir() else []:
        files = log_files(folder)
        if files:
            lock = ReplicaLock(folder)
            if lock.try_acquire():
                try:
                    for path in files:
                        publish_log(path, segments=segments, replica=folder.name)
                finally:
                    lock.release()
            elif _mentions(files, marks):
                waiting.append(folder.name)
        for path in log_files(folder / DAMAGED_FOLDER):
            _clean_damaged_log(path, day=day, sessions=sessions)
    return waiting


def publish_logs(logs: Path, segments: Segments) -> None:
    """Publish what the logs of dead replicas hold."""
    for folder in sorted(each for each in logs.iterdir() if each.is_dir()) if logs.is_dir() else []:
        lock = ReplicaLock(folder)
        if log_files(folder) and lock.try_acquire():
            try:
                for path in log_files(folder):
                    publish_log(path, segments=segments, replica=folder.name)
            finally:
                lock.release()


def _clean_damaged_log(path: Path, *, day: date, sessions: Collection[str]) -> None:
    content = path.read_bytes()
    # Lines of the day before can be in a file that was opened after midnight, by a session that went on.
    near = business_day(identifier_time(path.stem)) - day <= timedelta(days=1)
    lines = whole_lines(content)
    mentions = any(session.encode() in content for session in sessions)
    if not mentions and not near:
        return
    kept = [line for line in lines if not any(_is_near(line, session) for session in sessions)]
    if sum(map(len, kept)) == len(content):
        return
    # Under a name of its own, so that a crash leaves one or both, never a half.
    if kept:
        create_once(path.with_name(f"{new_identifier(at=identifier_time(path.stem))}{path.suffix}"), b"".join(kept))
    path.unlink()
    sync_folder(path.parent)


def _mentions(files: Iterable[Path], marks: Sequence[bytes]) -> bool:
    for path in files:
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # published a moment ago
            continue
        if any(mark in content for mark in marks):
            return True
    return False


def _whole(line: bytes) -> bool:
    try:
        parse_event(line)
    except InvalidEvent:
        return False
    return True


def _surely_anothers(line: bytes, sessions: Collection[str]) -> bool:
    return _whole(line) and not any(_is_near(line, session) for session in sessions)


def _is_near(line: bytes, session: str) -> bool:
    """Return whether a line that lies in damaged bytes may be the session's, an identifier with flipped digits."""
    if session.encode() in line:
        return True
    place = line.find(b'"session_id":"')
    if place < 0:
        return False
    found = line[place + len(b'"session_id":"') :][: len(session)].decode("latin-1")
    differing = sum(1 for one, other in zip(found, session, strict=False) if one != other)
    return differing + abs(len(found) - len(session)) <= NEAR_DIGITS
