"""The append log on a failing disk: callers get an error, acknowledged events stay."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import date
from pathlib import Path

import pytest

from pilot.events import Event, parse_event
from storage.errors import LandingUnavailable
from storage.landing import append_log as module
from storage.landing.append_log import AppendLog, Cadence
from storage.landing.days import read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.segments import Segments
from tests.storage.recorded import MONDAY_MORNING, ids, utterances

MONDAY = MONDAY_MORNING.date()
NEVER = 3600.0
PATIENT = Cadence(soon_seconds=0.0, seal_seconds=NEVER, adopt_seconds=NEVER)


def open_log(tmp_path: Path, segments: Segments, *, replica: str = "edge1", cadence: Cadence = PATIENT) -> AppendLog:
    return AppendLog(logs=tmp_path / "log", replica=replica, segments=segments, cadence=cadence)


def landed(segments: Segments, day: date = MONDAY) -> list[str]:
    lines = [line for name in segments.list(day) for line in segments.read(name).splitlines()]
    return [parse_event(line).event_id for line in lines]


def _failing(monkeypatch: pytest.MonkeyPatch, name: str, times: int, code: int) -> None:
    real: Callable[..., object] = getattr(module, name)
    left = [times]

    def fails(*arguments: object) -> object:
        if left[0]:
            left[0] -= 1
            if name == "write_fully":  # A full disk takes what still fits.
                os.write(arguments[0], bytes(arguments[1])[:7])  # type: ignore[arg-type, call-overload]
            raise OSError(code, os.strerror(code))
        return real(*arguments)

    monkeypatch.setattr(module, name, fails)


@pytest.mark.parametrize(("name", "code"), [("write_fully", errno.ENOSPC), ("_sync", errno.EIO)])
def test_a_failed_write_is_reported_to_the_caller_and_the_log_continues(
    name: str, code: int, tmp_path: Path, segments: FolderSegments, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, refused, after = utterances(1), utterances(1), utterances(1)
    with open_log(tmp_path, segments) as log:
        log.append(before).result(10)
        _failing(monkeypatch, name, 1, code)
        failed: Future[None] = log.append(refused)
        with pytest.raises(LandingUnavailable) as caught:
            failed.result(10)
        assert caught.value.retryable
        assert os.strerror(code) in str(caught.value)
        log.append(after).result(10)
    assert sorted(landed(segments)) == sorted(ids(before + after))


def test_events_that_were_refused_can_be_sent_again_under_the_same_ids(
    tmp_path: Path, segments: FolderSegments, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = utterances(2)
    with open_log(tmp_path, segments) as log:
        _failing(monkeypatch, "_sync", 2, errno.EIO)  # The cut after the failure fails too.
        with pytest.raises(LandingUnavailable):
            log.append(events).result(10)
        log.append(events).result(10)
    assert sorted(read_day(segments, MONDAY).frame["event_id"]) == sorted(ids(events))


def test_a_full_queue_refuses_the_caller_with_a_retryable_error(
    tmp_path: Path, segments: FolderSegments, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, let_go = threading.Event(), threading.Event()

    def slow_disk(point: str) -> None:
        if point == "written":
            reached.set()
            assert let_go.wait(30)

    events: list[Event] = utterances(1)
    room = 3 * len(events[0].line())
    with AppendLog(
        logs=tmp_path / "log",
        replica="edge1",
        segments=segments,
        cadence=PATIENT,
        queue_bytes=room,
        failpoint=slow_disk,
    ) as log:
        first = log.append(events)
        assert reached.wait(10)
        waiting = [log.append(utterances(1)) for _ in range(4)]
        refused = [future for future in waiting if future.done()]
        assert refused
        with pytest.raises(LandingUnavailable, match="behind"):
            refused[0].result(0)
        let_go.set()
        first.result(10)
        kept = [future for future in waiting if future not in refused]
        for future in kept:
            future.result(10)
    assert len(landed(segments)) == 1 + len(kept)
