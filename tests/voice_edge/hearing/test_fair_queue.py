"""The recogniser's queue: bounded, finals first, one of each per session, nothing stale."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_edge.hearing.errors import RecogniserBusy, RecogniserClosed
from voice_edge.hearing.fair_queue import LONG_CLIP_SECONDS, PARTIAL_STALE_SECONDS, FairQueue, RecognitionRequest
from voice_edge.hearing.turn_taking import SAMPLE_RATE


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def work(session: str, *, final: bool = True, at: float = 0.0, seconds: float = 1.0) -> RecognitionRequest:
    return RecognitionRequest(np.zeros(int(seconds * SAMPLE_RATE), dtype=np.float32), "en", session, final, "", at)


def test_finals_come_before_partials() -> None:
    queue = FairQueue(clock=Clock())
    partial, final = work("a", final=False), work("b")
    queue.put(partial)
    queue.put(final)
    assert queue.take() is final
    assert queue.take() is partial


def test_a_newer_partial_replaces_the_older_one() -> None:
    queue = FairQueue(clock=Clock())
    older, other, newer = work("a", final=False), work("b", final=False), work("a", final=False)
    for one in (older, other, newer):
        queue.put(one)
    assert older.future.cancelled()
    assert queue.take() is newer
    assert queue.take() is other


def test_a_stale_partial_is_dropped() -> None:
    clock = Clock()
    queue = FairQueue(clock=clock)
    old = work("a", final=False)
    queue.put(old)
    clock.now = PARTIAL_STALE_SECONDS + 0.1
    fresh = work("b", final=False, at=clock.now)
    queue.put(fresh)
    assert queue.take() is fresh
    assert old.future.cancelled()


def test_a_final_never_becomes_stale() -> None:
    clock = Clock()
    queue = FairQueue(clock=clock)
    final = work("a")
    queue.put(final)
    clock.now = 60.0
    assert queue.take() is final


def test_a_full_queue_names_a_retry_time_and_accepts_a_newer_revision() -> None:
    queue = FairQueue(clock=Clock(), most_finals=2)
    queue.put(work("a"))
    queue.put(work("b"))
    with pytest.raises(RecogniserBusy) as refused:
        queue.put(work("c"))
    assert refused.value.retryable
    assert refused.value.retry_after_s > 0
    newer = work("a")
    queue.put(newer)
    assert queue.take() is newer


def test_cancelled_work_is_not_served() -> None:
    queue = FairQueue(clock=Clock())
    cancelled, other = work("a"), work("b")
    queue.put(cancelled)
    queue.put(other)
    cancelled.future.cancel()
    assert queue.take() is other


def test_an_ended_session_leaves_nothing_in_the_queue() -> None:
    queue = FairQueue(clock=Clock())
    final, partial = work("a"), work("a", final=False)
    queue.put(final)
    queue.put(partial)
    queue.forget("a")
    queue.forget("never came")
    assert final.future.cancelled()
    assert partial.future.cancelled()
    assert len(queue) == 0


def test_closing_wakes_workers_and_cancels_waiting_requests() -> None:
    queue = FairQueue(clock=Clock())
    taken: list[RecognitionRequest | None] = []
    taker = threading.Thread(target=lambda: taken.append(queue.take()))
    taker.start()
    queue.close()
    taker.join(timeout=5)
    assert taken == [None]
    with pytest.raises(RecogniserClosed):
        queue.put(work("a"))


def test_a_committed_turn_is_served_before_speculative_ones() -> None:
    queue = FairQueue(clock=Clock())
    guess, committed, other = work("guess"), work("committed"), work("other")
    for one in (guess, committed, other):
        queue.put(one)
    queue.hurry("committed")
    queue.hurry("never came")
    assert [queue.take(), queue.take(), queue.take()] == [committed, guess, other]


def test_cancelled_finals_use_no_place_in_the_queue() -> None:
    clock = Clock()
    queue = FairQueue(clock=clock, most_finals=2)
    left = [work("a"), work("b")]
    for one in left:
        queue.put(one)
    clock.now = 5.0
    assert queue.oldest_wait() == 5.0
    for one in left:
        one.future.cancel()
    assert queue.oldest_wait() == 0.0
    assert len(queue) == 0
    comes = work("c", at=5.0)
    queue.put(comes)
    assert queue.take() is comes


def test_one_worker_stays_free_of_captions_and_of_long_clips() -> None:
    queue = FairQueue(clock=Clock(), workers=2)
    caption, monologue, brief = work("a", final=False), work("b", seconds=LONG_CLIP_SECONDS + 1), work("c")
    queue.put(caption)
    assert queue.take() is caption
    queue.put(monologue)
    queue.put(brief)
    assert queue.take() is brief  # the monologue would hold the last worker
    queue.done(caption)
    queue.done(brief)
    assert queue.take() is monologue


def test_a_single_worker_serves_long_clips_and_captions_too() -> None:
    queue = FairQueue(clock=Clock(), workers=1)
    caption, monologue = work("a", final=False), work("b", seconds=LONG_CLIP_SECONDS + 1)
    queue.put(caption)
    queue.put(monologue)
    assert queue.take() is monologue
    queue.done(monologue)
    assert queue.take() is caption


def test_a_newer_revision_abandons_the_running_one() -> None:
    queue = FairQueue(clock=Clock(), workers=2)
    older, newer = work("a"), work("a")
    queue.put(older)
    assert queue.take() is older
    queue.put(newer)
    assert older.future.abandoned
    assert not newer.future.abandoned


def test_an_ended_session_abandons_only_its_own_recognitions() -> None:
    queue = FairQueue(clock=Clock(), workers=2)
    gone, stays = work("gone"), work("stays")
    for one in (gone, stays):
        queue.put(one)
        queue.take()
    queue.forget("gone")
    assert gone.future.abandoned
    assert not stays.future.abandoned


def test_the_retry_time_depends_on_the_duration_of_a_recognition() -> None:
    queue = FairQueue(clock=Clock(), most_finals=4, workers=2, seconds_per_final=lambda: 1.5)
    for session in "abcd":
        queue.put(work(session))
    assert queue.backlog_seconds() == 3.0
    with pytest.raises(RecogniserBusy) as refused:
        queue.put(work("e"))
    assert refused.value.retry_after_s == 3.0


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=60))
def test_every_future_is_served_once_or_cancelled(asked: list[tuple[str, bool]]) -> None:
    queue = FairQueue(clock=Clock(), most_finals=4)
    accepted: list[RecognitionRequest] = []
    for session, final in asked:
        one = work(session, final=final)
        try:
            queue.put(one)
        except RecogniserBusy:
            continue
        accepted.append(one)
    waiting = len({(one.session_id, one.final) for one in accepted})
    served = [queue.take() for _ in range(waiting)]
    assert len({id(one) for one in served}) == waiting
    assert all(one.future.cancelled() != (one in served) for one in accepted)
    finals = [one.final for one in served if one is not None]
    assert finals == sorted(finals, reverse=True)


def test_a_final_leaves_the_part_of_its_session_in_its_place() -> None:
    queue = FairQueue(clock=Clock())
    part = RecognitionRequest(np.zeros(1, np.float32), "sv", "a", True, "", 0.0, part=True)
    final, newer = work("a"), work("a")
    for each in (part, final, newer):
        queue.put(each)
    assert final.future.cancelled()
    assert [queue.take(), queue.take()] == [part, newer]


def test_a_forgotten_session_loses_its_part_too() -> None:
    queue = FairQueue(clock=Clock())
    part = RecognitionRequest(np.zeros(1, np.float32), "sv", "a", True, "", 0.0, part=True)
    queue.put(part)
    queue.forget("a")
    assert part.future.cancelled()
    assert len(queue) == 0
