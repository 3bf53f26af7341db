"""The limiter in virtual time: even spacing, a slower rate after a refusal, step-by-step recovery."""

from __future__ import annotations

import threading

import pytest

from payouts.stripe.limiter import FASTER_AFTER_CALLS, LONGEST_PAUSE_SECONDS, SLOWEST_PER_SECOND, CallLimiter


class Time:
    """Virtual seconds that pass only in `sleep`."""

    def __init__(self) -> None:
        self.at = 0.0

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limiter(time: Time) -> CallLimiter:
    return CallLimiter(20.0, monotonic=lambda: time.at, sleep=time.sleep)


def test_calls_are_evenly_spaced_and_idle_time_is_not_saved(time: Time, limiter: CallLimiter) -> None:
    moments = []
    for _ in range(3):
        limiter.wait()
        moments.append(time.at)
    time.at += 100
    for _ in range(2):
        limiter.wait()
        moments.append(time.at)
    assert moments == pytest.approx([0, 0.05, 0.1, 100.1, 100.15])


def test_each_rate_limit_halves_the_rate_and_doubles_the_pause(time: Time, limiter: CallLimiter) -> None:
    rates, pauses = [], []
    for _ in range(8):
        limiter.wait()
        before = time.at
        limiter.record_rate_limit()
        limiter.wait()
        rates.append(limiter.per_second)
        pauses.append(time.at - before)
        time.at += 1.0
    assert rates == [10, 5, 2.5, 1.25, SLOWEST_PER_SECOND, SLOWEST_PER_SECOND, SLOWEST_PER_SECOND, SLOWEST_PER_SECOND]
    assert pauses == pytest.approx(
        [1, 2, 4, 8, 16, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]
    )


def test_the_rate_recovers_step_by_step_up_to_its_maximum(time: Time, limiter: CallLimiter) -> None:
    limiter.record_rate_limit()
    for step in range(1, 11):
        for _ in range(FASTER_AFTER_CALLS):
            limiter.wait()
            limiter.record_success()
        assert limiter.per_second == 10 + step
    for _ in range(3 * FASTER_AFTER_CALLS):
        limiter.record_success()
    assert limiter.per_second == 20


def test_a_successful_call_resets_the_pause(time: Time, limiter: CallLimiter) -> None:
    limiter.record_rate_limit()
    limiter.record_rate_limit()
    limiter.record_success()
    limiter.wait()
    before = time.at
    limiter.record_rate_limit()
    limiter.wait()
    assert time.at - before == pytest.approx(1.0)


def test_threads_share_the_rate() -> None:
    slept: list[float] = []
    limiter = CallLimiter(20.0, monotonic=lambda: 0.0, sleep=slept.append)
    threads = [threading.Thread(target=lambda: [limiter.wait() for _ in range(5)]) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(slept) == pytest.approx([n / 20 for n in range(1, 20)])
