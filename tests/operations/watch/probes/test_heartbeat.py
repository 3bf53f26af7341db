"""What an edge says of its own silence when it starts again."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from operations.watch.probes import heartbeat
from operations.watch.probes.heartbeat import Heartbeat, silence_events

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def told(last: datetime | None, *, now: datetime = NOON, cafes: tuple[str, ...] = ("aurora",)) -> list:
    return list(silence_events(last, now=now, cafes=cafes, edge="edge1", simulated=False))


def test_a_first_start_a_short_restart_and_a_home_put_aside_say_nothing() -> None:
    assert told(None) == []
    assert told(NOON - timedelta(seconds=heartbeat.SILENT_AFTER_SECONDS)) == []
    assert told(NOON - heartbeat.LONGEST_SILENCE - timedelta(seconds=1)) == []


def test_a_silence_is_one_failed_probe_for_each_cafe_from_the_last_sign_on() -> None:
    events = told(NOON - timedelta(minutes=4), cafes=("aurora", "goteborg"))
    assert [event.cafe for event in events] == ["aurora", "goteborg"]
    assert {(event.at, event.data["ok"], event.data["every_seconds"]) for event in events} == {
        (NOON - timedelta(minutes=4), False, 240)
    }
    assert {event.data["target"] for event in events} == {"edge_heartbeat"}


def test_a_silence_over_midnight_belongs_to_both_days() -> None:
    events = told(NOON - timedelta(hours=13))
    assert [(event.day, event.data["every_seconds"]) for event in events] == [
        (date(2026, 11, 22), 3600),
        (date(2026, 11, 23), 12 * 3600),
    ]


def test_the_latest_sign_of_any_replica_counts_and_a_broken_one_is_left_aside(tmp_path: Path) -> None:
    assert Heartbeat(tmp_path, replica="edge1").last() is None
    Heartbeat(tmp_path, replica="edge1").beat(now=NOON)
    Heartbeat(tmp_path, replica="edge2").beat(now=NOON + timedelta(minutes=1))
    (tmp_path / "edge3.alive").write_text("yesterday")
    (tmp_path / "edge4.alive").write_text("2026-11-23T23:00:00")
    assert Heartbeat(tmp_path, replica="edge1").last() == NOON + timedelta(minutes=1)


def test_a_disk_that_takes_nothing_does_not_stop_the_edge(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "gone", replica="edge1").beat(now=NOON)


async def test_it_beats_until_it_is_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.001)
    mine = Heartbeat(tmp_path, replica="edge1")
    task = asyncio.create_task(mine.keep_beating())
    first = None
    for _ in range(1000):
        sign = await asyncio.to_thread(mine.last)
        if first is not None and sign is not None and sign > first:
            break
        first = first or sign
    else:
        pytest.fail("it beat only once")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
