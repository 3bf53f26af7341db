"""A model's question obeys the rules of the script."""

from __future__ import annotations

import pytest

from tests.voice_edge.interviewer.talks import cafe, conversation, reading, turn
from voice_edge.interviewer.model.guard import fault, the_question

COMPLAINT = reading(turn("complaint", details={"thing", "time"}), themes={"coffee": "negative"})
PRAISE = reading(turn("praise", details={"thing", "person"}), themes={"coffee": "positive", "service": "positive"})
SAID = "Kaffet var kallt klockan nio, och Omar såg det."


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Hur länge hade kaffet stått?", ""),
        ("Satt du inne eller ute?", ""),
        ("När på dagen var det?", "told"),
        ("Vad gillade du mest med kaffet?", "tone"),
        ("Vad sa Omar till dig?", "person"),
        ("Var det Elin i kassan?", "unsaid"),
        ("Var kardemummabullen också kall?", "unsaid"),
        ("Var det stökigt på uteserveringen?", "unsaid"),
        ("Vi ska byta det, vill du ha ett nytt?", "promise"),
        ("Was it cold all the way through?", "language"),
        ("Jag är en människa, vad hände?", "human"),
        ("Hur var det? Och när?", "two_questions"),
    ],
)
def test_a_question_to_a_complaint(question, code) -> None:
    assert fault(question, conversation(SAID), reading=COMPLAINT) == code


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Vad var det Omar gjorde?", ""),
        ("Vad gillade du mest med kaffet?", ""),
        ("Vad var det som gick fel med kaffet?", "tone"),
        ("Var det något som var tråkigt?", "tone"),
    ],
)
def test_a_question_to_praise(question, code) -> None:
    talk = conversation("Kaffet var kanon och Omar är bäst.")
    assert fault(question, talk, reading=PRAISE) == code


def test_a_kind_of_question_is_not_repeated_in_other_words() -> None:
    talk = conversation("Kaffet var kallt.", "Minns inte.", at=cafe())
    asked = [*talk.exchanges]
    asked[1] = type(asked[1])("Hur dags var det, ungefär?", "Minns inte.")
    talk = type(talk)(talk.cafe, "sv", tuple(asked), 1)
    read = reading(turn("complaint", details={"thing"}), turn("neutral_report"))
    assert fault("När på dagen var det?", talk, reading=read) == "repeated"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Tack! Hur länge hade det stått? Och var?", "Hur länge hade det stått?"),
        ("<think>Ska jag fråga?</think>Var satt du?", "Var satt du?"),
        ("Tack så mycket.", ""),
    ],
)
def test_only_the_first_question_is_taken(text, question) -> None:
    assert the_question(text) == question
