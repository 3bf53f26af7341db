from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from benchmarks.voice import faults, soak
from benchmarks.voice.pipecat_side_by_side import summary
from proving.load.watching import MIB, ResourceSample, edge_process, watch_process

GOOD: dict[str, Any] = {
    "struck": True,
    "completed": True,
    "longest_wait_s": 2.0,
    "connections": 2,
    "resumed": 1,
    "seen": [{"what": "question 1", "detail": "How was it?"}],
    "kept": {"acknowledged_but_lost": 0, "doubled": 0},
}


def test_a_guest_who_lost_nothing_and_waited_for_nothing_is_as_it_should_be() -> None:
    assert faults.judged(GOOD) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"struck": False}, "never came"),
        ({"completed": False}, "was not sent"),
        ({"longest_wait_s": 60.0}, "waited 60.0 s"),
        ({"resumed": 0}, "begun anew"),
        ({"kept": {"acknowledged_but_lost": 2, "doubled": 0}}, "2 acknowledged events are lost"),
        ({"kept": {"acknowledged_but_lost": 0, "doubled": 1}}, "there twice"),
        ({"seen": [{"what": "question 2", "detail": "What"}]}, "break off"),
    ],
)
def test_each_thing_that_a_guest_would_suffer_is_named(change: dict[str, Any], named: str) -> None:
    assert any(named in fault for fault in faults.judged({**GOOD, **change}))


def memory_samples(*, growth_mib_an_hour: float, seconds: int) -> list[ResourceSample]:
    return [
        ResourceSample(
            at_seconds=at, memory_mib=500 + growth_mib_an_hour * at / 3600, files=20, threads=9, cpu_seconds=at / 10
        )
        for at in range(seconds)
    ]


def test_a_leak_is_found_by_its_slope_and_a_short_run_has_none() -> None:
    assert soak._slope(memory_samples(growth_mib_an_hour=60.0, seconds=1200)) == pytest.approx(60.0, abs=0.1)
    assert soak._slope(memory_samples(growth_mib_an_hour=0.0, seconds=1200)) == pytest.approx(0.0, abs=0.1)
    assert soak._slope(memory_samples(growth_mib_an_hour=60.0, seconds=300)) is None


def test_memory_is_marked_at_the_start_every_five_minutes_and_at_the_end() -> None:
    marks = [sample.at_seconds for sample in soak._marks(memory_samples(growth_mib_an_hour=0.0, seconds=700))]
    assert marks == [0, 300, 600, 699]


def row(**change: Any) -> dict[str, Any]:
    return {
        "response_ms": 900.0,
        "cut_early": False,
        "on_part_of_the_words": False,
        "unanswered": False,
        "marks": {"vad stop": 350.0},
        "word_errors": 1,
        "words": 10,
        **change,
    }


def test_answers_that_came_early_or_on_part_of_the_words_do_not_make_a_system_quick() -> None:
    rows = [
        row(),
        row(response_ms=None, cut_early=True, word_errors=9),
        row(response_ms=100.0, on_part_of_the_words=True),
        row(response_ms=None, unanswered=True),
    ]
    found = summary([{"turns": rows, "cpu_seconds": 8.0, "memory_mib": 400.0}])
    assert (found["answered_whole"], found["cut_early"], found["answered_on_part_of_the_words"]) == (1, 1, 1)
    assert found["unanswered"] == 1
    assert found["response_ms"]["p50"] == 900.0
    assert found["response_on_any_words_ms"]["p50"] == 100.0
    assert found["word_error"] == pytest.approx(3 / 30)
    assert found["cpu_seconds_a_turn"] == 2.0


async def test_a_process_is_watched_by_its_number() -> None:
    async with watch_process(os.getpid(), every_seconds=0.01) as found:
        assert found is not None
        async with asyncio.timeout(10):
            while len(found.samples) < 3:  # noqa: ASYNC110 - polls what another task collects, with a deadline
                await asyncio.sleep(0)
    assert found.peak_memory_mib > 10
    assert found.most_files > 2
    assert MIB == 1024 * 1024
    async with watch_process(None) as nothing:
        assert nothing is None
    assert edge_process("https://elsewhere.example") is None
