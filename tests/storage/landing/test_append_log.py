"""The append log while all goes well, while the landing is away, and when replicas come and go."""

from __future__ import annotations

import asyncio
import functools
import stat
import threading
from datetime import date
from pathlib import Path

import pytest

from pilot.events import Event, parse_event
from storage.errors import LandingUnavailable, ReplicaInUse, StorageError
from storage.home import Home
from storage.landing.append_log import AppendLog, Cadence
from storage.landing.folder_segments import FolderSegments
from storage.landing.replica_lock import ReplicaLock
from storage.landing.segments import SegmentName, Segments
from tests.storage.recorded import MONDAY_MORNING, TUESDAY_MORNING, ids, utterances
from tests.waiting import until

MONDAY = MONDAY_MORNING.date()
NEVER = 3600.0
PATIENT = Cadence(soon_seconds=0.0, seal_seconds=NEVER, adopt_seconds=NEVER)


class AwayAtFirst(FolderSegments):
    """A landing that is away until it is told to come back."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.back = threading.Event()
        self.tried = threading.Event()

    def put(self, name: SegmentName, body: bytes) -> bool:
        self.tried.set()
        if not self.back.is_set():
            raise LandingUnavailable("The landing is away.", remedy="Wait.")
        return super().put(name, body)


def open_log(tmp_path: Path, segments: Segments, *, replica: str = "edge1", cadence: Cadence = PATIENT) -> AppendLog:
    return AppendLog(logs=tmp_path / "log", replica=replica, segments=segments, cadence=cadence)


def landed(segments: Segments, day: date = MONDAY) -> list[str]:
    lines = [line for name in segments.list(day) for line in segments.read(name).splitlines()]
    return [parse_event(line).event_id for line in lines]


def _has_landed(segments: Segments, events: list[Event]) -> bool:
    return set(ids(events)) <= set(landed(segments))


def test_an_event_is_in_the_log_file_when_its_future_is_done(tmp_path: Path, segments: FolderSegments) -> None:
    events = utterances(2)
    with open_log(tmp_path, segments) as log:
        log.append(events).result(10)
        (path,) = (tmp_path / "log" / "edge1").glob("*.log")
        assert all(event.line() in path.read_bytes() for event in events)
        assert landed(segments) == []


def test_closing_publishes_the_rest_and_leaves_no_log_file(tmp_path: Path, segments: FolderSegments) -> None:
    events = utterances(3)
    with open_log(tmp_path, segments) as log:
        log.append(events).result(10)
    assert landed(segments) == ids(events)
    assert list((tmp_path / "log" / "edge1").glob("*.log")) == []


def test_publish_soon_publishes_without_closing(tmp_path: Path, segments: FolderSegments) -> None:
    events = utterances(1)
    with open_log(tmp_path, segments) as log:
        log.append(events).result(10)
        log.publish_soon()
        until(lambda: landed(segments) == ids(events))


def test_publish_soon_reaches_a_log_that_already_waits_for_its_longest_time(
    tmp_path: Path, segments: FolderSegments
) -> None:
    cadence = Cadence(soon_seconds=0.2, seal_seconds=NEVER, adopt_seconds=NEVER)
    with open_log(tmp_path, segments, cadence=cadence) as log:
        for _ in range(3):
            events = utterances(1)
            log.append(events).result(10)
            log.publish_soon()
            until(functools.partial(_has_landed, segments, events))
    assert len(segments.list(MONDAY)) == 3


def test_requests_to_publish_within_a_second_share_segments(tmp_path: Path, segments: FolderSegments) -> None:
    cadence = Cadence(soon_seconds=NEVER, seal_seconds=NEVER, adopt_seconds=NEVER)
    with open_log(tmp_path, segments, cadence=cadence) as log:
        for _ in range(20):
            log.append(utterances(1)).result(10)
            log.publish_soon()
    assert len(segments.list(MONDAY)) == 2  # The first wish is met at once, the others together.
    assert len(landed(segments)) == 20


def test_an_idle_log_is_published_after_its_longest_time(tmp_path: Path, segments: FolderSegments) -> None:
    cadence = Cadence(soon_seconds=NEVER, seal_seconds=0.05, adopt_seconds=NEVER)
    events = utterances(1)
    with open_log(tmp_path, segments, cadence=cadence) as log:
        log.append(events).result(10)
        until(lambda: landed(segments) == ids(events))


def test_a_log_is_sealed_when_it_is_large_enough(tmp_path: Path, segments: FolderSegments) -> None:
    cadence = Cadence(soon_seconds=NEVER, seal_seconds=NEVER, seal_bytes=1, adopt_seconds=NEVER)
    with open_log(tmp_path, segments, cadence=cadence) as log:
        log.append(utterances(1)).result(10)
        until(lambda: len(segments.list(MONDAY)) == 1)


def test_events_of_two_days_go_to_a_segment_each(tmp_path: Path, segments: FolderSegments) -> None:
    monday, tuesday = utterances(2), utterances(2, at=TUESDAY_MORNING)
    with open_log(tmp_path, segments) as log:
        log.append([monday[0], tuesday[0], monday[1], tuesday[1]]).result(10)
    assert landed(segments, MONDAY) == ids(monday)
    assert landed(segments, TUESDAY_MORNING.date()) == ids(tuesday)
    (first,), (second,) = segments.list(MONDAY), segments.list(TUESDAY_MORNING.date())
    assert first.identifier == second.identifier


def test_many_threads_and_coroutines_lose_nothing(tmp_path: Path, segments: FolderSegments) -> None:
    batches = [utterances(5) for _ in range(40)]

    async def all_at_once(log: AppendLog) -> None:
        await asyncio.gather(*(log.append_durably(batch) for batch in batches[20:]))

    with open_log(tmp_path, segments) as log:
        threads = [threading.Thread(target=lambda b=b: log.append(b).result(10)) for b in batches[:20]]
        for thread in threads:
            thread.start()
        asyncio.run(all_at_once(log))
        for thread in threads:
            thread.join()
    assert sorted(landed(segments)) == sorted(event.event_id for batch in batches for event in batch)


def test_a_coroutine_that_is_cancelled_leaves_the_log_working(tmp_path: Path, segments: FolderSegments) -> None:
    async def cancelled(log: AppendLog) -> None:
        task = asyncio.create_task(log.append_durably(utterances(1)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await log.append_durably(utterances(1))

    with open_log(tmp_path, segments) as log:
        asyncio.run(cancelled(log))
    assert len(landed(segments)) == 2


def test_a_second_process_with_the_same_name_is_refused(
    tmp_path: Path, segments: FolderSegments, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = ReplicaLock.acquire
    monkeypatch.setattr(ReplicaLock, "acquire", lambda self: patient(self, wait_seconds=0))
    with open_log(tmp_path, segments):
        with pytest.raises(ReplicaInUse, match=r"'edge1' is running already.*PILOT_REPLICA"):
            open_log(tmp_path, segments)
        with open_log(tmp_path, segments, replica="edge2"):
            pass
    with open_log(tmp_path, segments):
        pass


def test_a_replica_that_starts_waits_for_one_that_is_adopting_its_files(
    tmp_path: Path, segments: FolderSegments
) -> None:
    folder = tmp_path / "log" / "edge1"
    folder.mkdir(parents=True)
    adopter = ReplicaLock(folder)
    assert adopter.try_acquire()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            adopter.release()

    ReplicaLock(folder).acquire(clock=lambda: 0.0, pause=pause)
    assert len(pauses) == 3


def test_a_name_that_could_leave_the_folder_is_refused(tmp_path: Path, segments: FolderSegments) -> None:
    with pytest.raises(StorageError, match="cannot name a replica"):
        open_log(tmp_path, segments, replica="../edge1")


def test_an_unreachable_landing_never_blocks_appends_and_loses_nothing(tmp_path: Path) -> None:
    away = AwayAtFirst(tmp_path / "landing")
    first, second = utterances(1), utterances(1)
    with open_log(tmp_path, away) as log:
        log.append(first).result(10)
        log.publish_soon()
        assert away.tried.wait(10)
        log.append(second).result(10)
        away.back.set()
    assert sorted(landed(away)) == sorted(ids(first + second))


def test_events_unpublished_at_closing_are_published_at_the_next_start(tmp_path: Path) -> None:
    away = AwayAtFirst(tmp_path / "landing")
    events = utterances(2)
    with open_log(tmp_path, away) as log:
        log.append(events).result(10)
    assert landed(away) == []
    away.back.set()
    with open_log(tmp_path, away):
        until(lambda: landed(away) == ids(events))


def test_a_dead_replicas_log_is_adopted_under_its_name_a_live_ones_is_not(tmp_path: Path) -> None:
    away = AwayAtFirst(tmp_path / "landing")
    dead, live = utterances(1), utterances(1)
    with open_log(tmp_path, away, replica="edge1") as log:
        log.append(dead).result(10)
    away.back.set()
    with open_log(tmp_path, away, replica="edge2") as second:
        second.append(live).result(10)
        with open_log(tmp_path, away, replica="edge3"):
            until(lambda: landed(away) == ids(dead))
            assert [name.replica for name in away.list(MONDAY)] == ["edge1"]
    assert not list((tmp_path / "log" / "edge1").glob("*.log"))


def test_a_closed_log_refuses_events_with_a_clear_error(tmp_path: Path, segments: FolderSegments) -> None:
    log = open_log(tmp_path, segments)
    log.close()
    log.close()
    with pytest.raises(LandingUnavailable, match="closed"):
        log.append(utterances(1)).result(0)


def test_the_log_is_readable_by_its_owner_only(home: Home) -> None:
    with home.append_log("edge1") as log:
        log.append(utterances(1)).result(10)
        (path,) = (home.root / ".log" / "edge1").glob("*.log")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
