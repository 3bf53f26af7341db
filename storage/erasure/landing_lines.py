"""Removes erased sessions' lines from the landing: segments, segments set aside, append logs.

A segment is never changed: a new one without the lines is published, then the old one is deleted. After a crash in
between, every other line exists twice, which readers count once, and the next attempt deletes the old segment.
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

NEAR_DIGITS = 2  # In damaged bytes, an identifier with at most this many flipped digits is treated as the erased one.

Line = Callable[[bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class RewriteResult:
    """Counts of rewritten files and lines.

    Attributes:
        files: Files that were replaced or deleted.
        lines: Lines that were removed or changed.
    """

    files: int = 0
    lines: int = 0

    def __add__(self, other: RewriteResult) -> RewriteResult:
        return RewriteResult(self.files + other.files, self.lines + other.lines)


def erase_from_day(segments: Segments, day: date, sessions: Collection[str]) -> RewriteResult:
    """Remove the lines of some sessions from a day's segments, those set aside included.

    Of a damaged segment, only whole lines that certainly belong to other sessions stay: a broken line could contain
    anybody's words.

    Raises:
        LandingUnavailable: the landing cannot be reached; a retry is safe.
    """
    marks = [session.encode() for session in sessions]

    def line(content: bytes) -> bytes | None:
        return None if any(mark in content for mark in marks) else content

    segments.sweep()

    def near(content: bytes) -> bytes | None:
        return content if _is_of_others(content, sessions) else None

    done = rewrite_day(
        segments, day, line, needs_rewrite=lambda body: any(mark in body for mark in marks), damaged=near
    )
    for name in segments.damaged():
        if abs(name.day - day) > timedelta(days=1):  # a flipped bit can be in the day as well
            continue
        before = segments.read_damaged(name).splitlines(keepends=True)
        after = [kept for kept in before if _is_of_others(kept, sessions)]
        if after != before:
            if after:
                body = b"".join(after)
                left = SegmentName.of(body, day=name.day, replica=name.replica, identifier=new_identifier())
                segments.put_damaged(left, body)
            segments.remove_damaged(name)
            done += RewriteResult(1, len(before) - len(after))
    return done


def rewrite_day(
    segments: Segments, day: date, line: Line, *, needs_rewrite: Callable[[bytes], bool], damaged: Line
) -> RewriteResult:
    """Rewrite a day's segments, applying `line` to every line.

    Args:
        segments: The landing.
        day: The day.
        line: Returns the new line, newline included; None removes the line.
        needs_rewrite: Whether a segment's bytes need a rewrite; damaged segments always do.
        damaged: The same as `line`, for damaged segments.
    """
    done = RewriteResult()
    for name in segments.list(day):
        try:
            body, each_line = segments.read(name), line
        except CorruptSegment:
            body, each_line = segments.read_unchecked(name), damaged
        if each_line is line and not needs_rewrite(body):
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
        done += RewriteResult(1, sum(1 for old, changed in zip(before, after, strict=True) if old != changed))
    return done


def sessions_lines(segments: Segments, day: date, session: str) -> list[bytes]:
    """Return a session's lines in a day's segments, duplicates included."""
    mark = session.encode()
    return [each for name in segments.list(day) for each in segments.read_unchecked(name).splitlines() if mark in each]


def erase_from_logs(logs: Path, segments: Segments, *, day: date, sessions: Collection[str]) -> list[str]:
    """Publish dead replicas' logs, clean their damaged files, and return the replicas to wait for.

    Call it before `erase_from_day`, which removes the lines published here.

    Returns:
        The running replicas with unpublished lines of the sessions: they publish within half a minute.
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
    """Publish the logs of dead replicas."""
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
    # A file opened after midnight can contain lines of the day before, of a session that continued.
    near = business_day(identifier_time(path.stem)) - day <= timedelta(days=1)
    lines = whole_lines(content)
    mentions = any(session.encode() in content for session in sessions)
    if not mentions and not near:
        return
    kept = [line for line in lines if not any(_is_near(line, session) for session in sessions)]
    if sum(map(len, kept)) == len(content):
        return
    # Under a new name, so that a crash leaves one or both files, never a partial one.
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


def _is_of_others(line: bytes, sessions: Collection[str]) -> bool:
    return _whole(line) and not any(_is_near(line, session) for session in sessions)


def _is_near(line: bytes, session: str) -> bool:
    """Return whether a damaged line may be the session's: its identifier, with some flipped digits."""
    if session.encode() in line:
        return True
    place = line.find(b'"session_id":"')
    if place < 0:
        return False
    found = line[place + len(b'"session_id":"') :][: len(session)].decode("latin-1")
    differing = sum(1 for one, other in zip(found, session, strict=False) if one != other)
    return differing + abs(len(found) - len(session)) <= NEAR_DIGITS
