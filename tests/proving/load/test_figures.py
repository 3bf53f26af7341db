from __future__ import annotations

from array import array
from datetime import UTC, datetime

import pytest

from proving.load.figures import load_figures
from proving.load.making import Load, Plan
from proving.load.marks import LandedSessions
from proving.load.records import Conversation, Failure, Turn
from proving.load.stages import parts, reached, split, timing

MARKS = {
    "soft_end": 240.0,
    "recognition_start": 240.0,
    "recognition_end": 700.0,
    "commit": 600.0,
    "responder_start": 700.0,
    "first_token": 720.0,
    "sent": 725.0,
}


def turn(*, response: float = 800.0, number: int = 1, late: float = 1.0, **more: object) -> Turn:
    return Turn(
        said="a",
        text="the coffee was cold",
        seconds=4.0,
        turn=number,
        heard="the coffee was cold",
        last_voiced_ms=1000.0,
        answered_ms=1000.0 + response,
        end_error_ms=20.0,
        late_ms=late,
        purpose="follow_up",
        author="scripted",
        **more,
    )


def load(*conversations: Conversation, late: float = 1.0, own: float = 1.0) -> Load:
    plan = Plan(url="http://127.0.0.1:1", code="X", guests=1, seconds=10, utterances=[])
    made = Load(plan=plan, began_at=datetime(2026, 11, 23, tzinfo=UTC), seconds=100.0, own_cpu_seconds=own)
    made.conversations += conversations
    made.late_ms = array("f", [late] * 200)
    return made


def said(count: int, **more: object) -> Conversation:
    turns = [turn(number=number, response=700.0 + 10 * number) for number in range(1, count + 1)]
    return Conversation(guest=0, session_id="s", turns=turns, completed=True, **more)


def test_the_parts_of_a_turn_sum_to_what_the_guest_waited() -> None:
    one = turn(response=800.0)
    taken = split(one, MARKS)
    assert sum(taken.values()) == pytest.approx(800.0)
    assert taken["recognition after the commit"] == 100.0
    assert taken["responder after the words"] == 20.0
    assert taken["frame, wire and generator"] == 800.0 - 20.0 - 725.0


def test_waiting_for_the_recogniser_is_separate_from_recognition() -> None:
    taken = split(turn(), {**MARKS, "recognition_taken": 660.0})
    assert taken["waiting for the recogniser after the commit"] == 60.0
    assert taken["recognition after the commit"] == 40.0
    assert sum(taken.values()) == pytest.approx(800.0)


def test_recognition_that_was_over_before_the_commit_costs_nothing() -> None:
    taken = split(turn(), {**MARKS, "recognition_end": 500.0, "first_token": 610.0, "sent": 612.0})
    assert taken["recognition after the commit"] == 0.0
    assert taken["responder after the words"] == 10.0


def test_a_turn_without_marks_is_in_no_part() -> None:
    assert split(turn(), {}) == {}
    assert parts([(turn(), {})]) == []
    assert [each.stage for each in reached([(turn(), {})])][-1] == "first words at the guest"


def test_stages_are_timed_from_the_true_end_of_speech() -> None:
    stages = {each.stage: each.p50 for each in reached([(turn(), MARKS)])}
    assert stages["soft end"] == 260.0
    assert stages["sent"] == 745.0
    assert stages["first words at the guest"] == 800.0


def test_percentiles_are_values_that_occurred() -> None:
    found = timing("x", [1.0, 2.0, 3.0, 100.0])
    assert found is not None
    assert (found.p50, found.p95, found.most) == (2.0, 100.0, 100.0)
    assert timing("x", []) is None


def test_a_turn_that_was_cut_off_has_no_response_time() -> None:
    assert turn(cut_early=True).response_ms is None


def test_one_failure_makes_the_goal_missed_however_quick_the_answers() -> None:
    good = load_figures(load(said(25)), None)
    assert good["goal_met"] is True
    bad = said(25)
    bad.failures.append(Failure("no_answer", "an answer"))
    found = load_figures(load(bad), None)
    assert found["goal_met"] is False
    assert found["failures"] == {"no_answer: an answer": 1}
    assert found["conversations"]["failed"] == 1


def test_a_load_that_was_never_answered_met_nothing() -> None:
    found = load_figures(load(Conversation(guest=0, failures=[Failure("refused", "no conversation")])), None)
    assert (found["goal_met"], found["response_ms"]) == (None, None)


def test_a_generator_that_runs_late_says_that_it_is_not_to_be_trusted() -> None:
    assert load_figures(load(said(25)), None)["generator"]["to_be_trusted"]
    late = load_figures(load(said(25), late=55.0), None)["generator"]
    assert not late["to_be_trusted"]
    assert "55 ms late" in late["doubts"][0]
    busy = load_figures(load(said(25), own=80.0), None)["generator"]
    assert "80% of a core" in busy["doubts"][0]
    few = load_figures(load(said(3)), None)["generator"]
    assert "only 3 answers" in few["doubts"][0]


def test_a_conversation_that_the_end_of_the_load_stopped_is_neither_sent_nor_failed() -> None:
    found = load_figures(load(said(3, stopped=True)), None)["conversations"]
    assert found == {"begun": 1, "completed": 0, "failed": 0, "stopped_at_the_end": 1}


def test_sessions_without_an_end_in_the_landing_are_named() -> None:
    one, other = said(1), said(1)
    other.session_id = "lost"
    found = load_figures(load(one, other), LandedSessions(ended=frozenset({"s"}), events={"session_completed": 1}))[
        "landing"
    ]
    assert (found["sessions"], found["ended_with_an_event"], found["without_an_end"]) == (2, 1, ["lost"])


def test_marks_belong_to_their_session_and_turn() -> None:
    found = load_figures(load(said(2)), LandedSessions(marks={("s", 1): MARKS, ("other", 2): MARKS}))
    assert {each["stage"]: each["turns"] for each in found["reached_ms"]}["sent"] == 1
    assert {each["stage"]: each["turns"] for each in found["reached_ms"]}["first words at the guest"] == 2
