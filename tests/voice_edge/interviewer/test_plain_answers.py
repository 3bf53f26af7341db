"""Answers of a few fixed words are understood without a model."""

from __future__ import annotations

import pytest

from tests.voice_edge.interviewer.talks import reading, turn
from voice_edge.interviewer.acts import act_of
from voice_edge.interviewer.plain_answers import blames_nobody, has_just_arrived
from voice_edge.interviewer.spoken import plain


@pytest.mark.parametrize(
    ("language", "says", "act"),
    [
        ("sv", "Nej.", "nothing_to_say"),
        ("sv", "nä inget särskilt", "nothing_to_say"),
        ("en", "not rly", "nothing_to_say"),
        ("sv", "Nej tack", "refuses"),
        ("sv", "Ingen kommentar.", "refuses"),
        ("en", "gotta go, sorry", "refuses"),
        ("sv", "Bra", "praise"),
        ("sv", "mkt bra", "praise"),
        ("en", "Very good!", "praise"),
        ("en", "10/10", "praise"),
        ("sv", "tio av tio", "praise"),
        ("sv", "helt ok", "neutral_report"),
        ("sv", "det är väl bra antar jag", "neutral_report"),
        ("en", "ok i guess", "neutral_report"),
    ],
)
def test_a_few_words_settle_the_act_whatever_the_reading(language, says, act) -> None:
    assert act_of(reading(turn("complaint")), says, language=language) == act


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("sv", "Nej, kaffet var kallt."),
        ("en", "No soap on the loo."),
        ("sv", "Man hinner inte äta på en lunchrast."),
        ("en", "The bill came in no time and it was wrong."),
        ("en", "You have to go to the counter for everything."),
    ],
)
def test_words_that_go_on_do_not(language, says) -> None:
    assert act_of(reading(turn("complaint")), says, language=language) == "complaint"


def test_a_mere_yes_only_answers_a_follow_up() -> None:
    assert act_of(reading(turn("complaint"), turn("praise")), "Ja", language="sv") == "neutral_report"


@pytest.mark.parametrize(
    ("language", "says", "arrived"),
    [
        ("sv", "vi har precis kommit", True),
        ("en", "havent ordered yet", True),
        ("sv", "vi kom i går och kaffet var kallt", False),
        ("en", "I ordered a latte", False),
    ],
)
def test_a_visit_that_has_only_begun_is_heard(language, says, arrived) -> None:
    assert has_just_arrived(plain(says), language) == arrived


@pytest.mark.parametrize(
    ("language", "says", "nobody"),
    [("sv", "Det är inte ert fel.", True), ("en", "It's not your fault.", True), ("sv", "Det är ert fel.", False)],
)
def test_a_trouble_that_is_not_the_cafes_is_heard(language, says, nobody) -> None:
    assert blames_nobody(plain(says), language) == nobody
