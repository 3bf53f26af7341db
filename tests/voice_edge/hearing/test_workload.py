"""Whether one more voice session fits is told by what recognitions have cost, not by a setting."""

from __future__ import annotations

import pytest

from voice_edge.hearing.workload import LONGEST_RETRY_SECONDS, STUCK_SECONDS, Workload

CALM = {"oldest_wait_s": 0.0, "backlog_s": 0.0, "longest_run_s": 0.0}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def measured(*, seconds: float, workers: int = 2) -> Workload:
    workload = Workload(workers=workers, clock=Clock())
    workload.took(seconds, waited=0.0)
    return workload


@pytest.mark.parametrize(("seconds", "workers", "most"), [(0.35, 2, 20), (0.35, 1, 10), (0.7, 2, 10), (7.0, 1, 1)])
def test_how_many_sessions_fit_follows_the_seconds_a_recognition_takes(seconds: float, workers: int, most: int) -> None:
    assert measured(seconds=seconds, workers=workers).most_voice_sessions == most


def test_the_session_that_would_make_answers_late_is_told_when_another_one_is_likely_to_end() -> None:
    workload = measured(seconds=0.7)
    assert workload.admit(voice_sessions=9, **CALM).accepted
    refused = workload.admit(voice_sessions=10, **CALM)
    assert (refused.accepted, refused.reason) == (False, "full")
    assert refused.retry_after_s == pytest.approx(90.0 / 10)
    crowded = workload.admit(voice_sessions=14, **CALM)
    assert crowded.retry_after_s > refused.retry_after_s


def test_a_slow_machine_still_serves_one() -> None:
    workload = measured(seconds=30.0, workers=1)
    assert workload.admit(voice_sessions=0, **CALM).accepted
    assert not workload.admit(voice_sessions=1, **CALM).accepted


def test_nobody_is_let_in_while_answers_are_late_already() -> None:
    refused = measured(seconds=0.5).admit(voice_sessions=1, oldest_wait_s=2.5, backlog_s=3.5, longest_run_s=0.0)
    assert (refused.accepted, refused.reason, refused.retry_after_s) == (False, "late", 3.5)


def test_a_model_that_hangs_lets_nobody_in() -> None:
    refused = measured(seconds=0.5).admit(
        voice_sessions=0, oldest_wait_s=0.0, backlog_s=0.0, longest_run_s=STUCK_SECONDS + 1
    )
    assert (refused.accepted, refused.reason, refused.retry_after_s) == (False, "stuck", LONGEST_RETRY_SECONDS)


def test_the_first_measurement_replaces_the_stand_in_and_later_ones_are_smoothed() -> None:
    workload = measured(seconds=0.2)
    assert workload.seconds_per_final == 0.2
    workload.took(1.2, waited=0.5)
    assert workload.seconds_per_final == pytest.approx(0.3)
    assert workload.wait_s == pytest.approx(0.05)


def test_sessions_that_pause_often_make_room_for_fewer() -> None:
    clock = Clock()
    workload = Workload(workers=2, clock=clock)
    before = workload.most_voice_sessions
    for number in range(30):
        session = str(number)
        for _ in range(40):
            workload.asked(session)
        clock.now += 60.0
        workload.ended(session)
    assert workload.most_voice_sessions < before
    assert workload.session_seconds == pytest.approx(60.0, abs=2.0)


def test_a_session_that_never_spoke_measures_nothing() -> None:
    workload = Workload(workers=2, clock=Clock())
    workload.ended("silent")
    assert workload.session_seconds == 90.0
