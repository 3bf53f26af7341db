"""Dangers: calm, fixed words, who to tell, 112, and no further question."""

from __future__ import annotations

import re

import pytest

from tests.voice_edge.interviewer.talks import conversation, danger, reading, turn
from voice_edge.interviewer.model.guard import fault
from voice_edge.interviewer.scripted import scripted_reply

LIFE = ("allergy", "breathing", "collapse", "injury", "burn", "fire_or_gas", "electricity", "violence", "child_missing")
STAFF = ("foreign_object", "illness", "harassment", "theft")
TO_STAFF = {"sv": r"personalen", "en": r"the staff"}
CALL = {"sv": r"[Rr]ing 112", "en": r"[Cc]all 112"}
JOY = re.compile(r"kul\b|roligt|härligt|glad|lovely|great", re.IGNORECASE)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("who", ["guest", "companion"])
@pytest.mark.parametrize("kind", [*LIFE, *STAFF, "a kind of next year"])
@pytest.mark.parametrize("answers", [("Hjälp!",), ("Fint.", "Hjälp!"), ("Ett.", "Två.", "Hjälp!")])
def test_a_danger_now_ends_the_talk_with_what_to_do(language, who, kind, answers) -> None:
    # Also after the last follow-up, and whatever the act.
    turns = [turn("praise") for _ in answers[1:]]
    read = reading(*turns, turn("praise", danger=danger(kind, who=who)))
    reply = scripted_reply(conversation(*answers, language=language), reading=read)
    assert re.search(TO_STAFF[language], reply.text) and re.search(CALL[language], reply.text)
    assert reply.question is None and "?" not in reply.text
    assert (reply.tone, reply.danger, reply.asks, reply.certain) == ("urgent", kind, "nothing", True)
    assert reply.act == "emergency"
    assert not JOY.search(reply.text)


@pytest.mark.parametrize("kind", STAFF)
def test_112_depends_on_a_condition_where_no_life_is_at_stake(kind) -> None:
    for answer in ("Hjälp.", "Det här är inte bra.", "Kom hit.", "Nu händer det."):
        read = reading(turn("emergency", danger=danger(kind)))
        text = scripted_reply(conversation(answer), reading=read).text
        assert re.search(
            r"112 om |hotad, ring 112|hotfullt, ring 112|dåligt, ring 112|112 direkt om|svalts: ring 112", text
        ), text


@pytest.mark.parametrize("kind", [*LIFE, *STAFF])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_danger_that_is_over_gets_regret_and_at_most_one_gentle_question(kind, language) -> None:
    past = danger(kind, "earlier")
    talk = conversation("Det hände i går.", language=language)
    whole = scripted_reply(talk, reading=reading(turn("emergency", details={"consequence"}, danger=past)))
    asked = scripted_reply(talk, reading=reading(turn("emergency", danger=past)))
    assert whole.tone == asked.tone == "sorry"
    questions = (
        0 if kind in ("fire_or_gas", "electricity", "allergy", "breathing", "collapse") else 1
    )  # there the guest still has something to do
    assert whole.question is None and asked.text.count("?") == questions
    for reply in (whole, asked):
        assert re.search(r"förlåt|sorry", reply.text, re.IGNORECASE) and not JOY.search(reply.text)
        assert re.search(r"[Kk]aféet|café", reply.text)
        assert reply.certain


def test_the_answer_after_a_danger_gets_no_joy_and_no_question() -> None:
    read = reading(turn("emergency", danger=danger("injury", "earlier")), turn("praise", details={"thing"}))
    reply = scripted_reply(conversation("Jag halkade i går.", "Det är bra nu, tack."), reading=read)
    assert reply.tone == "sorry" and reply.question is None
    assert not JOY.search(reply.text)


def test_an_emergency_of_no_known_kind_is_a_danger_too() -> None:
    reply = scripted_reply(conversation("Kom hit nu!"), reading=reading(turn("emergency", likelihood=0.6)))
    assert (reply.danger, reply.tone) == ("other", "urgent")
    assert re.search(TO_STAFF["sv"], reply.text) and re.search(CALL["sv"], reply.text)


def test_no_question_of_a_model_passes_at_a_danger() -> None:
    read = reading(turn("complaint", danger=danger("allergy")))
    assert fault("Hur smakade det?", conversation("Det kliar i halsen."), reading=read) == "danger"
