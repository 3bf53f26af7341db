"""The act of an answer: the likeliest one, checked against claims and clauses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.language.reading import ClauseReading, Polarity, Reading
from tests.voice_edge.interviewer.talks import reading, turn
from voice_edge.interviewer.acts import act_of

SAID = "Fyrtio spänn för det där, jojo."


def clause(praise: float, blame: float) -> ClauseReading:
    return ClauseReading(0, 0, len(SAID), 0.5, praise, blame, frozenset())


@pytest.mark.parametrize(
    ("act", "likelihood", "themes", "clauses", "found"),
    [
        ("complaint", 0.4, {"price": "negative"}, (), "complaint"),
        ("mixed", 0.4, {"price": "negative"}, (), "complaint"),
        ("mixed", 0.4, {"coffee": "positive"}, (), "praise"),
        ("praise", 0.7, {"coffee": "positive", "queue": "negative"}, (), "mixed"),
        ("mixed", 0.7, {"coffee": "positive", "queue": "negative"}, (), "mixed"),
        ("mixed", 0.4, {"food": "mixed"}, (), "mixed"),
        ("praise", 0.4, {"coffee": "positive"}, (clause(0.8, 0.2),), "praise"),
        ("praise", 0.4, {"coffee": "positive", "queue": "negative"}, (), "mixed"),
        ("praise", 0.4, {}, (clause(0.8, 0.1),), "praise"),
        ("praise", 0.4, {}, (clause(0.3, 0.3),), "unsure"),
        ("praise", 0.7, {"coffee": "negative"}, (clause(0.2, 0.8),), "unsure"),
        ("praise", 0.9, {"coffee": "negative"}, (clause(0.2, 0.8),), "praise"),
        ("complaint", 0.4, {}, (clause(0.1, 0.8),), "complaint"),
        ("complaint", 0.4, {}, (clause(0.3, 0.3),), "unsure"),
        ("complaint", 0.3, {"price": "negative"}, (clause(0.1, 0.9),), "unsure"),
        ("complaint", 0.7, {"coffee": "positive"}, (clause(0.8, 0.2),), "unsure"),
        ("complaint", 0.9, {"coffee": "negative"}, (clause(0.8, 0.2), clause(0.1, 0.9)), "complaint"),
        ("joke", 0.9, {"coffee": "negative"}, (), "unsure"),
        ("joke", 0.9, {}, (clause(0.2, 0.1),), "joke"),
        ("off_topic", 0.4, {}, (clause(0.1, 0.1),), "off_topic"),
        ("off_topic", 0.2, {}, (clause(0.1, 0.1),), "unsure"),
    ],
)
def test_claims_and_clauses_settle_the_side(act, likelihood, themes: dict[str, Polarity], clauses, found) -> None:
    read = reading(turn(act, likelihood=likelihood, praise=0.0, blame=0.0), themes=themes)
    assert act_of(replace(read, clauses=clauses), SAID, language="sv") == found


def test_likely_praise_beside_as_much_blame_is_no_praise() -> None:
    read = reading(turn("praise"), themes={"food": "positive"})
    acts = {"praise": 0.4, "complaint": 0.3, "mixed": 0.2, "question": 0.1}
    read = replace(read, turns=(replace(read.turns[0], acts=acts),))
    assert act_of(read, SAID, language="sv") == "unsure"


def test_earlier_turns_do_not_decide() -> None:
    read = reading(turn("complaint"), turn("praise"), themes={"food": "positive"})
    earlier = replace(read.claims[0], theme="queue", polarity="negative", turn=0)
    both: Reading = replace(read, claims=(*read.claims, earlier))
    assert act_of(both, "Men bullen var god.", language="sv") == "praise"


@pytest.mark.parametrize(
    ("language", "says", "asks"),
    [
        ("sv", "när stänger ni på lördag", True),
        ("sv", "har ni laktosfritt", True),
        ("en", "do u guys take amex or nah", True),
        ("en", "Amex?", True),
        ("sv", "Wifi var segt.", False),
        ("en", "Wifi slow.", False),
    ],
)
def test_a_question_has_the_form_of_one(language, says, asks) -> None:
    read = reading(turn("question"))
    read = replace(read, turns=(replace(read.turns[0], acts={"question": 0.6, "complaint": 0.3, "mixed": 0.1}),))
    assert (act_of(read, says, language=language) == "question") == asks
