"""Questions to the café: its opening hours, its wifi, and who knows the rest."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pilot.cafes import Wifi
from tests.voice_edge.interviewer.talks import cafe, conversation, reading, turn
from voice_edge.interviewer import Conversation, Exchange
from voice_edge.interviewer.cafe_questions import hours_answer, subject_of
from voice_edge.interviewer.scripted import scripted_reply

WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("language", "says", "answers"),
    [
        ("sv", "När stänger ni?", "I dag är det öppet 7–19."),
        ("sv", "Har ni öppet i morgon?", "I morgon är det öppet 7–19."),
        ("sv", "Vilka tider har ni öppet på söndagar?", "På söndag är det öppet 9–17."),
        ("sv", "Öppet i helgen?", "På lördag är det öppet 8–18 och på söndag 9–17."),
        ("sv", "Hur länge är det öppet på vardagar?", "På vardagar är det öppet 7–19."),
        ("sv", "Har ni öppet på julafton?", "Julafton är det stängt."),
        ("en", "What time do you close on Saturdays?", "On Saturday we're open 8 am to 6 pm."),
        ("en", "When do you close today?", "Today we're open 7 am to 7 pm."),
    ],
)
def test_opening_hours_are_those_of_the_day_asked_about(language, says, answers) -> None:
    assert hours_answer(says, cafe=cafe(), language=language, today=WEDNESDAY) == answers


def test_half_hours_are_said_as_in_each_language() -> None:
    malmo = cafe("malmohuset")
    assert "7.30–18" in hours_answer("öppet?", cafe=malmo, language="sv", today=WEDNESDAY)
    assert "7:30 am to 6 pm" in hours_answer("open?", cafe=malmo, language="en", today=WEDNESDAY)


def test_a_holiday_has_its_own_hours() -> None:
    assert hours_answer("öppet i dag?", cafe=cafe(), language="sv", today=date(2026, 12, 25)) == "I dag är det stängt."


@pytest.mark.parametrize(
    ("language", "says", "subject"),
    [
        ("sv", "Vad är lösenordet till wifit?", "wifi"),
        ("sv", "vad e koden till vajfajet", "wifi"),
        ("en", "whats the wifi pw pls", "wifi"),
        ("sv", "Är det nötter i chokladbollen?", "contents"),
        ("en", "Is it vegan or is there egg inside?", "contents"),
        ("sv", "Jag vill ha pengarna tillbaka.", "refund"),
        ("en", "I want to speak to the manager.", "manager"),
        ("sv", "Hur många poäng får jag?", "reward"),
        ("sv", "Var ligger toaletten?", "toilet"),
        ("en", "Where's the accessible toilet?", "toilet"),
        ("sv", "Toaletten var smutsig.", "other"),
        ("sv", "Kan vi få notan?", "bill"),
        ("en", "I asked for the bill, not a conversation.", "bill"),
        ("sv", "Hur länge sparas det jag säger?", "privacy"),
        ("sv", "Vem läser det här egentligen?", "privacy"),
        ("en", "Who listens to this?", "privacy"),
        ("en", "Why do you need to know that?", "privacy"),
        ("sv", "va säger du jag hör inget för kaffekvarnen", "repeat"),
        ("en", "Sorry, what did you say?", "repeat"),
        ("sv", "hallå hör du mig", "hears"),
        ("en", "testing testing, is this on?", "hears"),
        ("en", "Do you have parking?", "other"),
    ],
)
def test_the_subject_of_a_question_is_found(language, says, subject) -> None:
    assert subject_of(says, language) == subject


def test_the_wifi_is_given_only_if_the_cafes_file_has_it() -> None:
    asks = "Vad är koden till wifit?"
    without = scripted_reply(conversation(asks), reading=reading(turn("question")), today=WEDNESDAY)
    here = cafe().model_copy(update={"wifi": Wifi(network="Aurora Gäst", password="kanel42")})
    given = scripted_reply(conversation(asks, at=here), reading=reading(turn("question")), today=WEDNESDAY)
    assert "personalen" in without.text and "kanel42" not in without.text
    assert "Aurora Gäst" in given.text and "kanel42" in given.text


def test_an_answer_is_followed_by_one_question_if_none_about_the_visit_was_answered() -> None:
    first = scripted_reply(conversation("När stänger ni?"), reading=reading(turn("question")), today=WEDNESDAY)
    assert first.text.startswith("I dag är det öppet 7–19.") and first.asks == "what_happened"
    read = reading(turn("praise"), turn("question"))
    later = scripted_reply(conversation("Gott kaffe.", "När stänger ni?"), reading=read, today=WEDNESDAY)
    assert later.text == "I dag är det öppet 7–19." and later.question is None
    assert first.certain and later.certain


def test_what_a_dish_contains_is_never_guessed() -> None:
    talk = conversation("Är det nötter i kardemummabullen?")
    reply = scripted_reply(talk, reading=reading(turn("question")), today=WEDNESDAY)
    assert "personalen" in reply.text and reply.question is None


def test_a_demand_in_a_complaint_is_answered_before_the_question() -> None:
    talk = conversation("Kakan var torr, jag vill ha pengarna tillbaka.")
    read = reading(turn("complaint", details={"thing", "reason"}), themes={"food": "negative"})
    reply = scripted_reply(talk, reading=read, today=WEDNESDAY)
    assert "Pengarna tillbaka" in reply.text and reply.tone == "sorry"
    assert reply.asks == "consequence" and reply.certain


@pytest.mark.parametrize(
    ("language", "says", "answers"),
    [
        ("sv", "när stänger ni", "öppet 7–19"),
        ("sv", "Varför vill du veta det?", "Inget ljud sparas"),
        ("en", "who gets to read this", "No sound is kept"),
        ("sv", "var finns toan", "visar de vägen"),
    ],
)
def test_a_plain_question_is_answered_whatever_the_reading(language, says, answers) -> None:
    reply = scripted_reply(conversation(says, language=language), reading=reading(turn("complaint")), today=WEDNESDAY)
    assert answers in reply.text and reply.certain
    assert not re.search("förlåt|sorry", reply.text, re.IGNORECASE)


@pytest.mark.parametrize("says", ["va sa du?", "jag hör inget", "hallå hör du mig"])
def test_a_guest_who_has_not_heard_is_asked_again(says) -> None:
    talk = Conversation(cafe(), "sv", (Exchange("Kul! Vad tog du för något?", says),), 0)
    reply = scripted_reply(talk, reading=reading(turn("off_topic")), today=WEDNESDAY)
    assert reply.question == "Vad tog du för något?" and reply.asks == "thing"
