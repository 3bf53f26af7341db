"""The reasons of a score are true of its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilot.cafes import parse_cafes
from pipelines.language.fitting import corpus
from pipelines.scoring import Reasons, SessionText, score, score_many
from pipelines.scoring.reasons import LEFT_OUT, MOST_LEFT_OUT, SAID

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
# The roles of an annotated clause that say what a key says is left out, see corpus/CLAUSES.md.
ROLE_OF_LEFT_OUT = {
    "what_was_wrong": "t",
    "what_was_good": "t",
    "what_exactly": "t",
    "what_made_it_good": "r",
    "where": "p",
    "how_long": "n",
    "how_much": "n",
    "consequence": "c",
    "better": "s",
    "better_still": "s",
}
MOST_WRONG = 0.05


def reasons(*turns: str, language: Any = "sv") -> Reasons:
    return score(list(turns), language=language, cafe=CAFES.get("aurora")).reasons


def test_general_praise_is_asked_what_was_good() -> None:
    assert reasons("Allt var bra.") == Reasons((), ("what_was_good", "what_made_it_good"))


def test_a_complaint_with_a_place_and_a_remedy_is_asked_for_neither() -> None:
    found = reasons("Bordet vid fönstret vickade så jag spillde ut kaffet.", "Lägg en bit kartong under benet.")
    assert {"thing", "place", "consequence"} & set(found.said)
    assert not {"where", "better", "better_still", "consequence"} & set(found.left_out)


def test_a_queue_is_asked_how_long_it_took_unless_that_was_said() -> None:
    assert "how_long" in reasons("Kön var alldeles för lång.").left_out
    assert "how_long" not in reasons("Kön var alldeles för lång, tjugo minuter.").left_out


@pytest.mark.parametrize("turns", [[], ["mm"], ["asdkj kjh lkjhgf hjk"]])
def test_what_says_nothing_has_no_reasons(turns: list[str]) -> None:
    assert score(turns, language="sv", cafe=None).reasons == Reasons()


def test_reasons_are_few_and_have_known_keys() -> None:
    for row in corpus.rows("sessions", "ta1"):
        found = reasons(*row["turns"], language=row["language"])
        assert len(found.left_out) <= MOST_LEFT_OUT
        assert set(found.said) <= set(SAID) and set(found.left_out) <= set(LEFT_OUT)


def test_what_annotators_found_said_is_hardly_ever_named_as_left_out() -> None:
    labels = corpus.clause_labels()
    rows = [row for author in ("ta1", "ta2", "ta4") for row in corpus.rows("sessions", author) if row["id"] in labels]
    scored = score_many([SessionText(row["turns"], row["language"], None) for row in rows], explained=True)
    named = [
        ROLE_OF_LEFT_OUT[key] in "".join(label.roles for label in labels[row["id"]])
        for row, each in zip(rows, scored, strict=True)
        for key in ([] if each.eligible else each.reasons.left_out)
        if key in ROLE_OF_LEFT_OUT
    ]
    assert len(named) > 150
    assert sum(named) <= MOST_WRONG * len(named)
