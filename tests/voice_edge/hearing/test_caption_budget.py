"""The caption budget: captions never delay final recognitions."""

from __future__ import annotations

from voice_edge.hearing.caption_budget import CaptionBudget


class HandClock:
    def __init__(self) -> None:
        self.seconds = 5.0

    def monotonic(self) -> float:
        return self.seconds


def test_captions_run_one_at_a_time_with_a_pause_of_twice_their_duration():
    clock = HandClock()
    budget = CaptionBudget(clock=clock)
    assert budget.acquire()
    assert not budget.acquire()
    clock.seconds += 0.5
    budget.release()
    clock.seconds += 0.9
    assert not budget.acquire()
    clock.seconds += 0.2
    assert budget.acquire()


def test_giving_back_twice_changes_nothing():
    clock = HandClock()
    budget = CaptionBudget(clock=clock)
    assert budget.acquire()
    clock.seconds += 1.0
    budget.release()
    clock.seconds += 3.0
    budget.release()
    assert budget.acquire()
