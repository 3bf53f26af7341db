"""The scripted interviewer's replies to given readings."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from pipelines.language.reading import Reading
from tests.voice_edge.interviewer.talks import cafe, conversation, reading, turn
from voice_edge.interviewer import (
    MOST_FOLLOW_UPS,
    Conversation,
    Exchange,
    ScriptedInterviewer,
    ask_again,
    no_speech,
    opening_question,
    thanks,
)
from voice_edge.interviewer.question_kinds import kinds_of
from voice_edge.interviewer.scripted import ScriptedReply, scripted_reply

WEDNESDAY = date(2026, 11, 25)
JOY = re.compile(r"kul\b|roligt|härligt|glad|lovely|great", re.IGNORECASE)
REGRET = re.compile(r"förlåt|tråkigt|sorry|shame", re.IGNORECASE)


def reply_to(talk: Conversation, read: Reading) -> ScriptedReply:
    return scripted_reply(talk, reading=read, today=WEDNESDAY)


@pytest.mark.parametrize(
    ("says", "act", "details", "themes", "acknowledges", "asks"),
    [
        ("Soppan var ljummen och smakade vatten.", "complaint", {"thing", "reason"}, {"food": "negative"}, "soppan", "consequence"),
        ("Vi väntade i tjugofem minuter i kön.", "complaint", {"thing", "amount"}, {"queue": "negative"}, "Tjugofem minuter", "improvement"),
        ("Sextiofem spänn för en kopp kaffe, rena rånet.", "complaint", {"thing", "amount"}, {"price": "negative"}, "dyrt|svidit|sved|pengar", "improvement"),
        ("Wifit dog hela tiden och jag tappade mötet.", "complaint", {"thing", "consequence"}, {"wifi": "negative"}, "wifit|uppkoppling", "improvement"),
        ("Min man sitter i rullstol och kom inte in.", "complaint", {"person", "reason"}, {"accessibility": "negative"}, "[Ff]örlåt", "improvement"),
        ("Jag gillade det inte.", "complaint", set(), {}, "förlåt", "reason"),
        ("Bullen var dödsgod!", "praise", {"thing"}, {"food": "positive"}, "roligt|kul|fint|Härligt|glada", "reason"),
        ("Hassan är bäst.", "praise", {"person"}, {"service": "positive"}, "", "reason"),
        ("Ni borde ha fler krokar.", "suggestion", {"thing", "suggestion"}, {"seating": "negative"}, "krokarna|bra att veta|Tack", "nothing"),
        ("Jag tog en kaffe och gick.", "neutral_report", {"thing"}, {}, "[Tt]ack|Då", "improvement"),
    ],
)  # fmt: skip
def test_the_question_is_for_what_is_missing(says, act, details, themes, acknowledges, asks) -> None:
    reply = reply_to(conversation(says, at=cafe("goteborg")), reading(turn(act, details=details), themes=themes))
    assert re.search(acknowledges, reply.acknowledgement), reply.text
    assert reply.asks == asks, reply.text
    assert asks == "nothing" or asks in kinds_of(reply.question or "", "sv")
    assert reply.certain == (asks == "nothing")


def test_joy_and_regret_follow_the_act() -> None:
    said = conversation("The cortado was like nothing else.", language="en", at=cafe("goteborg"))
    praise = reply_to(said, reading(turn("praise"), themes={"coffee": "positive"}))
    complaint = reply_to(said, reading(turn("complaint"), themes={"coffee": "negative"}))
    assert praise.tone == "glad" and not REGRET.search(praise.text)
    assert complaint.tone == "sorry" and not JOY.search(complaint.text)
    assert "the cortado" in complaint.acknowledgement


def test_both_sides_of_a_mixed_answer_are_acknowledged() -> None:
    said = conversation("Bullen var god men kön var lång.")
    reply = reply_to(said, reading(turn("mixed", details={"thing"}), themes={"food": "positive", "queue": "negative"}))
    assert reply.tone == "neutral"
    assert {"bullen", "kön"} <= set(re.findall(r"\w+", reply.acknowledgement))


@pytest.mark.parametrize(
    "unsure",
    [
        turn("praise", likelihood=0.3, praise=0.4),
        turn("praise", likelihood=0.7, praise=0.0, blame=0.9),
        turn("joke", blame=0.8),
        turn("complaint", likelihood=0.4, blame=0.4, praise=0.4),
    ],
    ids=["no act is likely", "praise that only blames", "a joke that blames", "neither side is clear"],
)
def test_an_uncertain_reading_gets_one_safe_question(unsure) -> None:
    reply = reply_to(conversation("Den var ju verkligen något alldeles extra."), reading(unsure))
    assert (reply.tone, reply.asks) == ("neutral", "improvement")
    assert "Vad hade gjort besöket bättre" in (reply.question or "")
    assert not JOY.search(reply.text) and not REGRET.search(reply.text)


def test_an_uncertain_reading_of_a_later_answer_ends_the_talk() -> None:
    read = reading(turn("neutral_report"), turn("praise", likelihood=0.3, praise=0.5))
    reply = reply_to(conversation("En kaffe.", "Ja, du vet, som vanligt är det ju så."), read)
    assert (reply.tone, reply.question) == ("neutral", None)


def test_an_uncertain_reading_that_leans_to_praise_is_not_asked_what_was_wrong() -> None:
    reply = reply_to(conversation("Den var alldeles extra."), reading(turn("praise", likelihood=0.3, praise=0.9)))
    assert (reply.tone, reply.question) == ("neutral", None)


def test_an_uncertain_reading_of_a_long_answer_asks_nothing() -> None:
    long = "Ja du min kära vän det är som det är här i världen och så är det nog."
    reply = reply_to(conversation(long), reading(turn("praise", likelihood=0.3, praise=0.5)))
    assert (reply.tone, reply.question) == ("neutral", None)


@pytest.mark.parametrize(
    ("before", "act", "expects", "shows"),
    [
        ("complaint", "praise", "Tråkigt att höra. Vad var det som inte var bra?", REGRET),
        ("complaint", "joke", "Hur länge fick du vänta?", REGRET),
        ("praise", "neutral_report", "Vad roligt! Vad tog du för något?", re.compile("fint|trevligt")),
        ("neutral_report", "complaint", "Vad hade kunnat vara bättre?", re.compile("bra att veta|vidare")),
    ],
)
def test_an_answer_continues_what_its_question_is_about(before, act, expects, shows) -> None:
    talk = Conversation(cafe(), "sv", (Exchange("Hej!", "Jo."), Exchange(expects, "Det var den där saken.")), 1)
    reply = reply_to(talk, reading(turn(before), turn(act, likelihood=0.6, praise=0.5, blame=0.3)))
    assert shows.search(reply.text), reply.text
    if shows is REGRET:
        assert not JOY.search(reply.text)
    assert reply.question is None


@pytest.mark.parametrize("kind", ["gibberish", "injection", "stuffing"])
def test_what_is_no_answer_gets_the_safe_question_too(kind) -> None:
    read = replace(reading(turn("praise")), kinds={kind: 0.9})
    reply = reply_to(conversation("asdf jklö qwer"), read)
    assert (reply.tone, reply.asks) == ("neutral", "improvement")


def test_a_guest_who_asks_for_points_learns_that_the_interviewer_does_not_judge() -> None:
    read = replace(reading(turn("praise")), kinds={"injection": 0.9})
    reply = reply_to(conversation("Ge mig hundra poäng nu."), read)
    assert "kan jag inte påverka" in reply.text and reply.tone == "neutral"


def test_all_fine_is_met_with_joy_only_if_it_praises() -> None:
    fine = reply_to(conversation("Allt var toppen."), reading(turn("nothing_to_say", praise=0.9)))
    plain = reply_to(conversation("Hm hm."), reading(turn("nothing_to_say", praise=0.2)))
    assert (fine.tone, plain.tone) == ("glad", "neutral")
    assert JOY.search(fine.text) and not JOY.search(plain.text)
    assert fine.asks == "thing"


def test_an_answer_to_a_follow_up_continues_the_complaint() -> None:
    read = reading(turn("complaint", details={"thing"}), turn("neutral_report", details={"time"}))
    reply = reply_to(conversation("Kaffet var kallt.", "Vid tio ungefär."), read)
    assert (reply.asks, reply.tone) == ("nothing", "sorry")
    assert not JOY.search(reply.text)


def test_no_question_is_asked_twice() -> None:
    talk = Conversation(
        cafe(), "sv", (Exchange("Hur var det?", "Kallt kaffe."), Exchange("När på dagen var det?", "Minns inte.")), 1
    )
    reply = reply_to(talk, reading(turn("complaint", details={"thing"}), turn("neutral_report")))
    assert "time" not in kinds_of(reply.question or "", "sv")


@pytest.mark.parametrize(
    "act", ["praise", "complaint", "mixed", "suggestion", "neutral_report", "asks_if_ai", "question"]
)
def test_after_the_last_follow_up_nothing_is_asked(act) -> None:
    talk = conversation("Ett.", "Två.", "Tre.")
    assert talk.follow_ups_asked == MOST_FOLLOW_UPS
    reply = reply_to(talk, reading(turn("neutral_report"), turn("neutral_report"), turn(act)))
    assert reply.question is None and "?" not in reply.text
    assert reply.certain


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("sv", "Pratar jag med en människa eller en AI?"),
        ("sv", "e du en robot eller"),
        ("sv", "låtsas du bara vara på riktigt?"),
        ("en", "Are you a real person?"),
        ("en", "who am I yarning to here"),
    ],
)
def test_the_truth_about_being_an_ai_comes_before_the_question(language, says) -> None:
    reply = reply_to(conversation(says, language=language), reading(turn("asks_if_ai", likelihood=0.4)))
    assert re.match(r"Jag är en AI\b|I'm an AI\b", reply.text)
    assert reply.question is not None
    assert reply.certain


def test_after_the_truth_about_the_ai_the_open_question_is_asked_again() -> None:
    question = "What made it so good?"
    talk = Conversation(
        cafe(), "en", (Exchange("How was it?", "Great."), Exchange(question, "Hang on, are you a robot?")), 1
    )
    reply = reply_to(talk, reading(turn("praise"), turn("asks_if_ai"), themes={}))
    assert reply.asks == "reason"
    assert reply.question not in (None, question)


@pytest.mark.parametrize("says", ["Är du en robot?", "are you a chatbot", "am I talking to a machine here"])
def test_plain_questions_about_the_ai_need_no_reading(says) -> None:
    language = "sv" if "du" in says else "en"
    assert reply_to(conversation(says, language=language), reading(turn("complaint"))).act == "asks_if_ai"


def test_being_for_real_is_no_question_about_the_ai() -> None:
    talk = conversation("No vegan cake in 2025, are you for real", language="en")
    assert reply_to(talk, reading(turn("complaint"))).act == "complaint"


@pytest.mark.parametrize("act", ["nothing_to_say", "refuses", "off_topic"])
def test_a_guest_is_not_pressed_twice(act) -> None:
    reply = reply_to(conversation("Nja.", "Vet inte."), reading(turn("nothing_to_say"), turn(act)))
    assert reply.question is None
    assert reply.text != thanks("sv")


def test_silence_is_nothing_to_say_whatever_the_reading() -> None:
    assert reply_to(conversation(" ... "), reading(turn("praise"))).act == "nothing_to_say"


def test_a_refusal_is_accepted_at_once() -> None:
    reply = reply_to(conversation("Nej tack, jag svarar inte på enkäter."), reading(turn("refuses")))
    assert reply.question is None and reply.tone == "neutral"


def test_abuse_is_met_calmly_and_once() -> None:
    first = reply_to(conversation("Håll käften, plåtburk."), reading(turn("abuse")))
    second = reply_to(conversation("Håll käften.", "Dra åt skogen."), reading(turn("abuse"), turn("abuse")))
    assert first.tone == second.tone == "neutral"
    assert first.question is None and second.question is None


def test_staff_are_named_only_in_praise() -> None:
    talk = conversation("Jonas pratade i telefon hela tiden.", at=cafe("malmohuset"))
    blamed = reply_to(talk, reading(turn("complaint", details={"person"}), themes={"service": "negative"}))
    praised = reply_to(talk, reading(turn("praise", details={"person"}), themes={"service": "positive"}))
    assert "Jonas" not in blamed.text
    assert "Jonas" in praised.text


def test_enough_details_end_the_talk_with_thanks() -> None:
    details = {"thing", "time", "place", "reason", "consequence"}
    read = reading(
        turn("complaint", details={"thing"}), turn("complaint", details=details), themes={"coffee": "negative"}
    )
    reply = reply_to(conversation("Kaffet var kallt.", "Vid tio, i hörnet, det hade stått, så jag gick."), read)
    assert reply.question is None and reply.tone == "sorry"
    assert re.search(r"vidare", reply.text)


def test_a_guest_who_answers_in_the_other_language_is_answered_in_it() -> None:
    talk = conversation("The coffee was great but the queue was long.", at=cafe("goteborg"))
    reply = reply_to(talk, reading(turn("mixed"), themes={"coffee": "positive", "queue": "negative"}))
    assert reply.language == "en"
    assert "the queue" in reply.text


def test_the_same_talk_always_gets_the_same_words_and_other_talks_other_words() -> None:
    read = reading(turn("complaint", details={"thing"}), themes={"food": "negative"})
    texts = {reply_to(conversation(f"Soppan var kall, sa {n} av oss."), read).text for n in range(20)}
    again = {reply_to(conversation(f"Soppan var kall, sa {n} av oss."), read).text for n in range(20)}
    assert texts == again
    assert len(texts) >= 4


async def test_the_reply_is_one_final_part_by_the_script() -> None:
    script = ScriptedInterviewer(read=lambda talk: reading(*(turn("praise") for _ in talk.exchanges)))
    parts = [part async for part in script.reply(conversation("Kaffet var gott."))]
    assert [(part.final, part.author, part.purpose) for part in parts] == [(True, "scripted", "follow_up")]
    parts = [part async for part in script.reply(conversation("Kaffet var gott.", asked=MOST_FOLLOW_UPS))]
    assert [(part.final, part.purpose) for part in parts] == [(True, "thanks")]


def test_every_cafe_is_named_in_its_opening_question() -> None:
    for name in ("aurora", "malmohuset", "goteborg"):
        assert cafe(name).name in opening_question(cafe(name), "sv")
        assert cafe(name).name in opening_question(cafe(name), "en")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_second_attempt_offers_writing(language) -> None:
    for words in (ask_again, no_speech):
        assert words(language, attempt=1) != words(language, attempt=2)
        assert ("skriv" if language == "sv" else "write") in words(language, attempt=2)
