"""Copies are found and honest guests are not: within a day, across days and cafés."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import polars as pl
import pytest

from benchmarks.feedback import duplicates as generated
from pipelines.signals.duplicates import HISTORY_DAYS, LEAST_WORDS, RING_SESSIONS
from tests.events import MORNING, Story
from tests.pipelines.signals.visits import named, signals_of, visit

QUEUE = (
    "Kön vid disken tog tolv minuter klockan åtta i morse, och havrelatten var ljummen när jag väl fick den. "
    "Ta in en person till i kassan mellan åtta och nio, och ställ muggarna på maskinen så att de är varma."
)
PAID = "Kön tog tjugo minuter klockan tolv, öppna en kassa till."  # ten words that earn a reward
UNPAID = "Det var väldigt gott kaffe och trevlig personal, tack för allt."  # eleven words that earn none


def later(minutes: float) -> dict:
    return {"at": MORNING + timedelta(minutes=minutes)}


def test_the_same_words_again_are_a_copy_and_the_first_to_say_them_is_left_alone() -> None:
    first, again = visit(QUEUE), visit(QUEUE, **later(20))
    frame = signals_of(first, again)
    assert named(frame, first) == set()
    assert named(frame, again) == {"copied_exactly"}
    row = frame.row(0, named=True)
    assert (row["severity"], row["cap"], row["held_until"]) == ("cap", 45, None)
    assert row["related"] == [first.session_id]
    assert json.loads(row["counts"])["days_before"] == 0


@pytest.mark.parametrize(
    "changed",
    [
        QUEUE.upper().replace(".", "!"),
        "Eh, " + QUEUE.replace(", ", ", liksom, "),
    ],
    ids=["case and punctuation", "fillers"],
)
def test_case_punctuation_and_fillers_do_not_hide_a_copy(changed: str) -> None:
    first, again = visit(QUEUE), visit(changed, **later(20))
    assert named(signals_of(first, again), again) == {"copied_exactly"}


def test_the_same_words_in_other_turns_are_a_copy() -> None:
    one, two = QUEUE.split(". ")
    first, again = visit(QUEUE), visit(one, two, **later(20))
    assert "copied_exactly" in named(signals_of(first, again), again)


@pytest.mark.parametrize(
    "changed",
    [
        QUEUE.replace("tolv", "femton").replace("havrelatten", "cortadon").replace("åtta", "sju"),
        ". ".join(reversed(QUEUE.rstrip(".").split(". "))),
        QUEUE + " Annars var det trevligt, musiken var lagom och stolarna sköna.",
    ],
    ids=["other numbers and names", "sentences moved", "a sentence added"],
)
def test_a_changed_copy_is_held_for_a_person(changed: str) -> None:
    first, again = visit(QUEUE), visit(changed, **later(20))
    frame = signals_of(first, again)
    assert named(frame, again) == {"copied_nearly"}
    assert frame["held_until"].to_list() == [again.now - timedelta(seconds=5) + timedelta(days=7)]


def test_short_honest_answers_are_nobodys_copy() -> None:
    stories = [visit("Det var gott.", "Nej, det var allt.", **later(20 * n)) for n in range(10)]
    assert signals_of(*stories).height == 0


def test_what_guests_say_of_the_same_queue_is_no_copy() -> None:
    stories = [
        visit(QUEUE),
        visit("Det var kö i tolv minuter klockan åtta, bara en i kassan, jag missade bussen till jobbet.", **later(5)),
        visit("Stod en kvart i kön vid disken i morse. Två framför mig gick. Ni behöver fler på morgonen.", **later(9)),
        visit(
            "Lång kö vid disken, säkert tolv minuter, men Siv var glad och havrelatten god som vanligt.", **later(12)
        ),
    ]
    assert signals_of(*stories).height == 0


def test_a_copy_is_found_across_cafes_and_days_and_not_beyond_the_day_itself() -> None:
    yesterday = visit(QUEUE, at=MORNING - timedelta(days=1), cafe="goteborg")
    today, tomorrow = visit(QUEUE), visit(QUEUE, at=MORNING + timedelta(days=1))
    frame = signals_of(yesterday, today, tomorrow)
    assert named(frame, today) == {"copied_exactly"}
    assert json.loads(frame["counts"][0]) == {"days_before": 1, "other_cafe": 1, "words": 38}
    assert frame["session_id"].unique().to_list() == [today.session_id]


def test_real_and_simulated_guests_are_never_compared() -> None:
    assert signals_of(visit(QUEUE, simulated=True), visit(QUEUE, **later(20))).height == 0


def test_so_many_of_one_kind_are_a_ring_and_its_first_is_not_held() -> None:
    swaps = ["tolv", "femton", "tjugo", "sju"]
    ring = [visit(QUEUE.replace("tolv", swaps[n]), **later(20 * n)) for n in range(RING_SESSIONS)]
    frame = signals_of(*ring)
    assert named(frame, ring[0]) == set()
    for member in ring[1:]:
        assert named(frame, member) == {"copied_nearly", "ring"}
    assert {row["sessions"] for row in map(json.loads, frame.filter(pl.col("signal") == "ring")["counts"])} == {4}
    assert "ring" not in set(signals_of(*ring[:-1])["signal"])


def test_an_erased_sessions_copy_stands_by_itself() -> None:
    first, again = visit(QUEUE), visit(QUEUE, **later(20))
    assert signals_of(first, again).height == 1
    assert signals_of(again).height == 0


def test_evidence_holds_identifiers_and_counts_and_no_word() -> None:
    frame = signals_of(*(visit(QUEUE, **later(20 * n)) for n in range(5)))
    given = json.dumps(frame.drop("day", "held_until").to_dicts(), ensure_ascii=False).lower()
    assert not {word for word in QUEUE.lower().split() if len(word) > 5 and word.strip(",.") in given}


def test_the_same_day_gives_the_same_signals_in_any_order_of_events() -> None:
    stories = [visit(QUEUE.replace("tolv", str(n)), **later(20 * n)) for n in range(6)]
    shuffled = list(stories)
    random.Random(3).shuffle(shuffled)
    assert signals_of(*stories).equals(signals_of(*shuffled))


def test_rings_differ_from_a_crowd_more_alike_than_people() -> None:
    found = generated.quality(400)
    assert found["honest_held"] == 0
    recall = {kind: float(share.split()[0]) for kind, share in found["recall"].items()}
    for kind, share in recall.items():
        swapped = "20 %" in kind or "30 %" in kind
        assert share >= (0.2 if swapped else 0.95), kind


def test_the_labelled_copies_are_found_and_no_other_session_is() -> None:
    found = generated.corpus()
    named_ = {each["session"] for each in found["found"]}
    assert named_ <= set(found["labelled_copied"])
    assert len(named_) >= 4


def test_a_short_answer_that_earns_a_reward_is_paid_once() -> None:
    stories = [visit(PAID, **later(20 * n)) for n in range(RING_SESSIONS + 1)]
    frame = signals_of(*stories)
    assert named(frame, stories[0]) == set()
    assert [named(frame, again) for again in stories[1:]] == [{"copied_exactly"}] * RING_SESSIONS
    assert {(*each,) for each in frame["related"]} == {(stories[0].session_id,)}
    assert set(frame["cap"]) == {45}


def test_case_punctuation_and_fillers_do_not_hide_a_short_copy() -> None:
    first, again = (
        visit(PAID),
        visit("EH, kön tog liksom tjugo minuter...", "klockan tolv. Öppna en kassa till!!", **later(20)),
    )
    assert named(signals_of(first, again), again) == {"copied_exactly"}


def test_a_short_copy_is_found_across_cafes_and_days() -> None:
    past = visit(PAID, at=MORNING - timedelta(days=HISTORY_DAYS), cafe="goteborg")
    today = visit(PAID)
    frame = signals_of(past, today)
    assert json.loads(frame["counts"][0]) == {"days_before": 14, "other_cafe": 1, "words": 10}
    assert named(frame, today) == {"copied_exactly"}


def test_a_short_answer_in_other_words_is_no_copy() -> None:
    stories = [visit(PAID), visit(PAID.replace("tolv", "ett"), **later(20)), visit(f"{PAID} Tack!", **later(40))]
    assert signals_of(*stories).height == 0


def test_an_unpaid_answer_is_a_copy_from_twelve_words_on() -> None:
    assert signals_of(visit(UNPAID), visit(UNPAID, **later(20))).height == 0
    longer = UNPAID.replace("tack", "stort tack")
    assert len(longer.split()) == LEAST_WORDS
    again = visit(longer, **later(20))
    frame = signals_of(visit(longer), again)
    assert named(frame, again) == {"copied_exactly"}


def test_short_answers_of_real_and_simulated_guests_are_never_compared() -> None:
    assert signals_of(visit(PAID, simulated=True), visit(PAID, **later(20))).height == 0


def test_four_short_copies_are_no_ring_and_do_not_hold_longer_ones() -> None:
    short = [visit(PAID, **later(20 * n)) for n in range(RING_SESSIONS)]
    long = [visit(QUEUE, **later(100)), visit(QUEUE, **later(120))]
    frame = signals_of(*short, *long)
    assert set(frame["signal"]) == {"copied_exactly"}
    assert frame["held_until"].null_count() == frame.height == RING_SESSIONS


def test_a_visit_without_words_has_no_fingerprint() -> None:
    assert signals_of(visit(), Story().opens()).height == 0
