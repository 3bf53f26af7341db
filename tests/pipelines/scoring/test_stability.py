"""The same words, however they are written and among whatever others, earn the same or more."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.cafes import parse_cafes
from pipelines.scoring import ELIGIBLE_ABOVE, SessionText, score, score_many

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
AURORA = CAFES.get("aurora")
MOST_LOST = 2  # points: a clause more can change its neighbours' values a little
DETAILS_SV = [
    "Kaffet var ljummet klockan tio.",
    "Bullen var torr i kanten.",
    "Det fanns ingen tvål på toaletten.",
    "Vi fick vänta i femton minuter på maten.",
    "Sätt upp en skylt vid dörren.",
    "Bordet vid fönstret vickade så jag spillde.",
    "Soppan var godare förra veckan.",
    "Siv hjälpte oss direkt.",
]
DETAILS_EN = [
    "The coffee was lukewarm at ten.",
    "The bun was dry at the edge.",
    "There was no soap in the toilet.",
    "We waited fifteen minutes for the food.",
    "Put up a sign by the door.",
    "The table by the window wobbled so I spilled it.",
    "The soup was better last week.",
    "Siv helped us straight away.",
]


def corpus() -> list[dict[str, Any]]:
    files = sorted((Path(__file__).parents[2] / "data/corpus").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def said_of(rows: list[dict[str, Any]], change: Any = lambda turn: turn) -> list[SessionText]:
    return [
        SessionText([change(turn) for turn in row["turns"]], row["language"], CAFES.get(row["cafe"])) for row in rows
    ]


def test_one_session_and_many_at_once_give_the_same_results() -> None:
    corpus_sessions = said_of(corpus())
    together = score_many(corpus_sessions, explained=True)
    assert together == [score_many([each], explained=True)[0] for each in corpus_sessions]
    assert score_many(list(reversed(corpus_sessions)), explained=True) == together[::-1]


@pytest.mark.parametrize(("language", "details"), [("sv", DETAILS_SV), ("en", DETAILS_EN)])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_one_true_detail_more_never_lowers_the_score(language: Any, details: list[str], data: Any) -> None:
    corpus_sessions = data.draw(st.lists(st.sampled_from(details), unique=True, max_size=len(details) - 1))
    more = data.draw(st.sampled_from([detail for detail in details if detail not in corpus_sessions]))
    base, with_more = score_many(
        [SessionText([*corpus_sessions], language, AURORA), SessionText([*corpus_sessions, more], language, AURORA)]
    )
    assert with_more.score >= base.score - MOST_LOST
    assert not with_more.signals


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.lower,
        lambda turn: "".join(" " if letter in ".,!?;:" else letter for letter in turn),
        lambda turn: f"  {turn}  ...",
    ],
    ids=["capitals", "small letters", "no punctuation", "spaces and dots"],
)
def test_how_it_is_written_changes_hardly_a_score(change: Any) -> None:
    rows = corpus()
    plain, written = score_many(said_of(rows)), score_many(said_of(rows, change))
    apart = [abs(one.score - other.score) for one, other in zip(plain, written, strict=True)]
    assert sum(apart) / len(apart) <= 2
    assert sum(one.eligible != other.eligible for one, other in zip(plain, written, strict=True)) <= 0.02 * len(rows)


@pytest.mark.parametrize("filler", ["eh ", "alltså ", "öh mm "])
def test_fillers_change_hardly_a_score(filler: str) -> None:
    rows = [row for row in corpus() if row["language"] == "sv" and row["kind"] == "genuine"]
    plain, filled = score_many(said_of(rows)), score_many(said_of(rows, lambda turn: filler + turn))
    apart = [abs(one.score - other.score) for one, other in zip(plain, filled, strict=True)]
    assert sum(apart) / len(apart) <= 1.5


def test_one_word_in_ten_heard_wrongly_moves_a_score_by_a_few_points_at_most() -> None:
    rows = [row for row in corpus() if row["kind"] == "genuine"]

    def garbled(turn: str) -> str:
        return " ".join("blorg" if place % 10 == 7 else word for place, word in enumerate(turn.split()))

    plain, heard = score_many(said_of(rows)), score_many(said_of(rows, garbled))
    moved = [other.score - one.score for one, other in zip(plain, heard, strict=True)]
    assert -7 <= sum(moved) / len(moved) <= 1


@settings(max_examples=60, deadline=None)
@given(times=st.integers(min_value=1, max_value=60))
def test_a_long_talk_about_nothing_never_reaches_a_reward(times: int) -> None:
    ramble = "Ja du vet det är ju som det är och man går ju hit ibland och sätter sig och tänker på lite av varje. "
    result = score([ramble * times], language="sv", cafe=AURORA)
    assert result.score <= ELIGIBLE_ABOVE and not result.eligible


def test_subscores_are_shares_and_finite() -> None:
    for result in score_many(said_of(corpus())):
        assert all(0 <= value <= 1 and math.isfinite(value) for value in result.subscores.values())
