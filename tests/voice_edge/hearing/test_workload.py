"""The measured cost of recognitions decides whether one more voice session fits, not a setting."""

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
    workload.record_duration(seconds, waited=0.0)
    return workload


@pytest.mark.parametrize(("seconds", "workers", "most"), [(0.35, 2, 20), (0.35, 1, 10), (0.7, 2, 10), (7.0, 1, 1)])
def test_the_number_of_sessions_depends_on_the_duration_of_a_recognition(
    seconds: float, workers: int, most: int
) -> None:
    assert measured(seconds=seconds, workers=workers).most_voice_sessions == most


def test_a_refused_session_learns_when_another_is_likely_to_end() -> None:
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


def test_no_session_is_admitted_while_replies_are_late() -> None:
    refused = measured(seconds=0.5).admit(voice_sessions=1, oldest_wait_s=2.5, backlog_s=3.5, longest_run_s=0.0)
    assert (refused.accepted, refused.reason, refused.retry_after_s) == (False, "late", 3.5)


def test_a_model_that_hangs_admits_no_session() -> None:
    refused = measured(seconds=0.5).admit(
        voice_sessions=0, oldest_wait_s=0.0, backlog_s=0.0, longest_run_s=STUCK_SECONDS + 1
    )
    assert (refused.accepted, refused.reason, refused.retry_after_s) == (False, "stuck", LONGEST_RETRY_SECONDS)


def test_the_first_measurement_replaces_the_default_and_later_ones_are_smoothed() -> None:
    workload = measured(seconds=0.2)
    assert workload.seconds_per_final == 0.2
    workload.record_duration(1.2, waited=0.5)
    assert workload.seconds_per_final == pytest.approx(0.3)
    assert workload.wait_s == pytest.approx(0.05)


def test_fewer_sessions_fit_if_they_pause_often() -> None:
    clock = Clock()
    workload = Workload(workers=2, clock=clock)
    before = workload.most_voice_sessions
    for number in range(30):
        session = str(number)
        for _ in range(40):
            workload.record_request(session)
        clock.now += 60.0
        workload.record_end(session)
    assert workload.most_voice_sessions < before
    assert workload.session_seconds == pytest.approx(60.0, abs=2.0)


def test_a_session_without_speech_changes_no_measurement() -> None:
    workload = Workload(workers=2, clock=Clock())
    workload.record_end("silent")
    assert workload.session_seconds == 90.0
