"""An edge records its own silence when it starts again."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from operations.watch.probes import heartbeat
from operations.watch.probes.heartbeat import Heartbeat, silence_events
from tests.waiting import DEADLINE_SECONDS

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def silence(last: datetime | None, *, now: datetime = NOON, cafes: tuple[str, ...] = ("aurora",)) -> list:
    return list(silence_events(last, now=now, cafes=cafes, edge="edge1", simulated=False))


def test_a_first_start_a_short_restart_and_an_unused_home_record_nothing() -> None:
    assert silence(None) == []
    assert silence(NOON - timedelta(seconds=heartbeat.SILENT_AFTER_SECONDS)) == []
    assert silence(NOON - heartbeat.LONGEST_SILENCE - timedelta(seconds=1)) == []


def test_a_silence_is_one_failed_probe_for_each_cafe_from_the_last_beat() -> None:
    events = silence(NOON - timedelta(minutes=4), cafes=("aurora", "goteborg"))
    assert [event.cafe for event in events] == ["aurora", "goteborg"]
    assert {(event.at, event.data["ok"], event.data["every_seconds"]) for event in events} == {
        (NOON - timedelta(minutes=4), False, 240)
    }
    assert {event.data["target"] for event in events} == {"edge_heartbeat"}


def test_a_silence_over_midnight_belongs_to_both_days() -> None:
    events = silence(NOON - timedelta(hours=13))
    assert [(event.day, event.data["every_seconds"]) for event in events] == [
        (date(2026, 11, 22), 3600),
        (date(2026, 11, 23), 12 * 3600),
    ]


def test_the_latest_readable_beat_of_any_replica_counts(tmp_path: Path) -> None:
    assert Heartbeat(tmp_path, replica="edge1").last() is None
    Heartbeat(tmp_path, replica="edge1").beat(now=NOON)
    Heartbeat(tmp_path, replica="edge2").beat(now=NOON + timedelta(minutes=1))
    (tmp_path / "edge3.alive").write_text("yesterday")
    (tmp_path / "edge4.alive").write_text("2026-11-23T23:00:00")
    assert Heartbeat(tmp_path, replica="edge1").last() == NOON + timedelta(minutes=1)


def test_an_unwritable_folder_does_not_stop_the_edge(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "gone", replica="edge1").beat(now=NOON)


async def test_the_heartbeat_repeats_until_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, beats = asyncio.get_running_loop(), asyncio.Queue[datetime]()

    class ReportingHeartbeat(Heartbeat):
        def beat(self, *, now: datetime) -> None:
            super().beat(now=now)
            loop.call_soon_threadsafe(beats.put_nowait, now)

    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.0)
    task = asyncio.create_task(ReportingHeartbeat(tmp_path, replica="edge1").keep_beating())
    async with asyncio.timeout(DEADLINE_SECONDS):
        first, second = await beats.get(), await beats.get()
    assert first < second
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    last = Heartbeat(tmp_path, replica="edge2").last()
    assert last is not None and last >= second
