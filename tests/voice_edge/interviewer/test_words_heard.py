"""Rules about words: the language of an answer, the things it names, and the time that a guest waited."""

from __future__ import annotations

import pytest

from pilot.words import section
from tests.voice_edge.interviewer.talks import cafe, conversation
from voice_edge.interviewer.question_kinds import kinds_of
from voice_edge.interviewer.spoken import spoken_language
from voice_edge.interviewer.things import named
from voice_edge.interviewer.waits import wait_in
from voice_edge.interviewer.wording import Wording


@pytest.mark.parametrize(
    ("expected", "answer", "language"),
    [
        ("sv", "Kaffet var gott men kön var lång", "sv"),
        ("sv", "The coffee was good but the queue was long", "en"),
        ("en", "Jag tyckte att kaffet var gott", "sv"),
        ("sv", "viben är nice men coffee var typ lukewarm", "sv"),
        ("sv", "Wow!", "sv"),
        ("en", "The räkmacka was lovely", "en"),
    ],
)
def test_a_reply_is_in_the_language_of_the_answer(expected, answer, language) -> None:
    assert spoken_language(answer, expected=expected) == language


@pytest.mark.parametrize(
    ("place", "language", "answer", "names"),
    [
        ("goteborg", "sv", "Räkmackan var torr och kaffet kallt.", ["räkmackan", "kaffet"]),
        ("goteborg", "sv", "Linssoppan var god.", ["linssoppan"]),
        ("goteborg", "sv", "Hassans leende vid långbordet", ["Hassan", "långbordet"]),
        ("aurora", "sv", "Min surdegsmacka med skagenröra", ["surdegsmackan med skagenröra"]),
        ("aurora", "sv", "Toan, stolarna och kön.", ["toaletten", "stolarna", "kön"]),
        ("aurora", "en", "The oat latte and the toilets", ["the oat latte", "the toilets"]),
        ("aurora", "sv", "Det var trevligt.", []),
    ],
)
def test_only_things_that_were_said_have_names(place, language, answer, names) -> None:
    assert [one.name for one in named([answer], cafe=cafe(place), language=language)] == names


@pytest.mark.parametrize(
    ("language", "answer", "wait"),
    [
        ("sv", "Vi fick vänta i fyrtio minuter.", "fyrtio minuter"),
        ("sv", "stod i kön en kvart", "en kvart"),
        ("en", "I queued for half an hour.", "half an hour"),
        ("sv", "Fyrtio minuter för två mackor!", "fyrtio minuter"),
        ("en", "It took 25 minutes", "25 minutes"),
        ("sv", "Vi stannade i tio minuter", ""),
        ("sv", "Kön var lång", ""),
    ],
)
def test_a_wait_is_echoed_as_it_was_said(language, answer, wait) -> None:
    assert wait_in(answer, language) == wait


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_question_of_the_script_is_recognised_as_what_it_asks(language) -> None:
    asked = {key: text for key, text in section("interviewer", language).items() if key.startswith("ask.")}
    for key, text in asked.items():
        name = key.split(".")[-2]
        if name == "after_danger":
            continue  # It may be asked after any kind of question.
        kinds = kinds_of(text.format_map({"thing": "kaffet", "person": "Elin"}), language)
        assert len(kinds) == 1, (key, kinds)
        assert all(name == kind or name.startswith(f"{kind}_") for kind in kinds), (key, kinds)


def test_a_variant_that_the_talk_has_used_is_not_drawn_again() -> None:
    first = Wording(conversation("Det var bra."), language="sv").draw("ask.place")
    talk = conversation("Det var bra.")
    used = type(talk)(talk.cafe, "sv", (type(talk.exchanges[0])(f"Jaha. {first}", "Det var bra."),), 0)
    assert Wording(used, language="sv").draw("ask.place") != first


def test_a_phrase_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        Wording(conversation("Hej."), language="sv").draw("ask.nonsense")
