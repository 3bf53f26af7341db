"""The scripted interviewer, over every session of the corpus and over single cases."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pilot.cafes import Cafe, Cafes, parse_cafes
from pilot.words import section
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
from voice_edge.interviewer.agenda import ASKS_FOR
from voice_edge.interviewer.lexicon import lexicon, plain
from voice_edge.interviewer.mentions import Polarity
from voice_edge.interviewer.scripted import asks, next_question, scripted_reply
from voice_edge.interviewer.understanding import understand

ROOT = Path(__file__).parents[3]
CORPUS = ROOT / "tests" / "data" / "corpus"
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for name in ("feedback-development", "feedback-development-balanced")
    for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
]
SWEDISH_ONLY = re.compile(r"\b(?:och|att|det|vad|var|du|som|inte|tack|gärna)\b|[åäö]", re.IGNORECASE)
ENGLISH_ONLY = re.compile(r"\b(?:the|and|you|what|was|that|thanks|there|would|sorry)\b", re.IGNORECASE)


@cache
def cafes() -> Cafes:
    return parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")


def talk(cafe: Cafe, language: str, *turns: str) -> list[str | None]:
    """Return the interviewer's replies to the turns, None for the thanks, at which it ends."""
    question, exchanges, replies = opening_question(cafe, language), [], []
    for turn in turns:
        exchanges.append(Exchange(question, turn))
        reply = next_question(Conversation(cafe, language, tuple(exchanges), len(replies)))
        replies.append(reply)
        if reply is None:
            break
        question = reply
    return replies


def replies_of(row: dict[str, Any]) -> list[str | None]:
    # Silence follows what the row holds, so that every talk is led to its end.
    return talk(cafes().get(row["cafe"]), row["language"], *row["turns"], "", "", "")


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
class TestEverySessionOfTheCorpus:
    def test_ends_with_thanks_after_at_most_two_follow_ups(self, row: dict[str, Any]) -> None:
        replies = replies_of(row)
        assert replies[-1] is None
        assert 1 <= len(replies) - 1 <= MOST_FOLLOW_UPS

    def test_is_answered_in_one_language(self, row: dict[str, Any]) -> None:
        foreign = ENGLISH_ONLY if row["language"] == "sv" else SWEDISH_ONLY
        names = [name for cafe in cafes().cafe for dish in cafe.specialties for name in (dish.sv, dish.en)]
        for reply in replies_of(row):
            text = reply or thanks(row["language"])
            for name in names:
                text = text.replace(name, "")
            assert not foreign.search(text)

    def test_names_nothing_that_the_guest_did_not_say(self, row: dict[str, Any]) -> None:
        language = row["language"]
        known = [person for cafe in cafes().cafe for person in cafe.staff]
        known += [thing.name for thing in lexicon(language).things]
        known += [claim.thing.name for claim in lexicon(language).claims]
        known += [dish.in_language(language) for cafe in cafes().cafe for dish in cafe.specialties]
        said: list[str] = []
        for turn, reply in zip([*row["turns"], "", "", ""], replies_of(row), strict=False):
            said.append(turn)
            if reply is None:
                break
            heard = understand(said, cafe=cafes().get(row["cafe"]), language=language)
            allowed = {mention.name for mention in heard.mentions}
            stems = plain(" ".join(said), lexicon(language).spoken)
            fixed = " ".join(section("interviewer", language).values())
            for name in known:
                if re.search(rf"\b{re.escape(name)}\b", reply) and not re.search(rf"\b{re.escape(name)}\b", fixed):
                    assert any(name in one for one in allowed), f"{name!r} was never said"
            for name in allowed:
                if name in reply:
                    assert _was_said(name, stems, language, cafes().get(row["cafe"]))

    def test_never_asks_for_a_detail_already_given(self, row: dict[str, Any]) -> None:
        cafe, language = cafes().get(row["cafe"]), row["language"]
        said: list[str] = []
        for turn, reply in zip([*row["turns"], "", "", ""], replies_of(row), strict=False):
            said.append(turn)
            heard = understand(said, cafe=cafe, language=language)
            for key, detail in ASKS_FOR.items():
                if detail in heard.details:
                    assert not asks(reply or "", key, language), key

    def test_is_never_asked_the_same_question_twice(self, row: dict[str, Any]) -> None:
        questions = [reply.split(". ")[-1].split("! ")[-1] for reply in replies_of(row) if reply is not None]
        assert len(set(questions)) == len(questions)


def _was_said(name: str, text: str, language: str, cafe: Cafe) -> bool:
    """Return whether a guest's words contain `name`, by word stems."""
    words = lexicon(language)
    things = [*words.things, *(claim.thing for claim in words.claims)]
    if any(thing.patterns.found(text) for thing in things if name == thing.name or name.endswith(thing.name)):
        return True
    head = name.removeprefix("the ").casefold().split()[0]
    return head[:4] in text


@pytest.mark.parametrize(
    ("says", "asked"),
    [
        ("Kaffet var jättegott.", "Vad gillade du mest med kaffet?"),
        ("Räkmackan var torr.", "Ungefär när på dagen var det?"),
        ("Räkmackan var för liten.", "Hur vill du helst ha räkmackan?"),
        ("Det var för lång kö.", "Ungefär hur länge fick du vänta?"),
        ("Det var lång kö, en kvart säkert.", "Ungefär när på dagen var det?"),
        ("Petra var så trevlig!", "Vad var det Petra gjorde som du uppskattade?"),
        ("Allt var bra, tack.", "Vad var det bästa med besöket?"),
        ("Jag tog en cortado.", "Vad tyckte du om cortadon?"),
        ("Soppan var inte god.", "Vad var det som inte var bra med soppan?"),
        ("Linssoppan var inte god.", "Vad var det som inte var bra med linssoppan?"),
        ("Bullen var god men kön var lång.", "Ungefär hur länge fick du vänta?"),
        ("Wifi var segt.", "Var satt du då?"),
        ("Det är för dyrt.", "Vad tycker du hade varit ett rimligt pris?"),
    ],
)
def test_a_swedish_answer_is_followed_up_in_its_own_words(says: str, asked: str) -> None:
    (reply,) = talk(cafes().get("goteborg"), "sv", says)
    assert reply is not None
    assert reply.endswith(asked)


@pytest.mark.parametrize(
    ("says", "asked"),
    [
        ("The coffee was great.", "What did you like most about the coffee?"),
        ("The soup was not good.", "What wasn't good about the soup?"),
        ("The queue was too long.", "Roughly how long did you have to wait?"),
        ("Hassan was really friendly.", "What did Hassan do that you liked?"),
        ("It was lovely, thanks.", "What was the best thing about your visit?"),
        ("I had the soup of the day.", "What did you think of the soup of the day?"),
        ("The bun was lovely but the queue was long.", "Roughly how long did you have to wait?"),
    ],
)
def test_an_english_answer_is_followed_up_in_its_own_words(says: str, asked: str) -> None:
    (reply,) = talk(cafes().get("goteborg"), "en", says)
    assert reply is not None
    assert reply.endswith(asked)


def test_a_guest_who_changes_the_subject_is_led_back_by_name() -> None:
    replies = talk(cafes().get("aurora"), "sv", "Kön var lång.", "En kvart. Men kaffet var gott.")
    assert replies[1] is not None
    assert "det du sa om kön" in replies[1]


def test_a_guest_who_only_insults_again_is_thanked() -> None:
    assert talk(cafes().get("aurora"), "sv", "Ni är idioter.", "Dra åt helvete.")[-1] is None


def test_a_guest_who_repeats_a_question_is_referred_to_staff_and_thanked() -> None:
    cafe = cafes().get("aurora")
    reply = scripted_reply(
        Conversation(
            cafe, "en", (Exchange("How was it?", "What time do you close?"), Exchange("Hm?", "Do you have parking?")), 1
        )
    )
    assert reply.question is None
    assert "counter" in reply.text


def test_a_guest_who_answers_in_the_other_language_is_answered_in_it() -> None:
    (reply,) = talk(cafes().get("goteborg"), "sv", "The coffee was great but the queue was long.")
    assert reply is not None
    assert reply.endswith("Roughly how long did you have to wait?")


@pytest.mark.parametrize("answer", ["Nej, inget särskilt.", "Nej tack", "vet inte", "Nej, det var allt."])
def test_a_guest_with_nothing_to_add_is_thanked_at_once(answer: str) -> None:
    assert talk(cafes().get("aurora"), "sv", "Allt var bra.", answer)[-1] is None


@pytest.mark.parametrize(
    ("language", "says", "holds"),
    [
        ("sv", "Jag fick en allergisk reaktion av bullen.", "personalen"),
        ("sv", "Jag är allergisk mot nötter och det var nötter i kakan.", "personalen"),
        ("sv", "Min mamma halkade på golvet.", "personalen"),
        ("sv", "Jag blev trakasserad av en annan gäst.", "personalen"),
        ("sv", "En man svimmade här inne nu.", "112"),
        ("sv", "Ni är idioter allihop.", "ledsen"),
        ("en", "I had an allergic reaction to the cake.", "staff"),
        ("en", "My dad slipped on the wet floor.", "staff"),
        ("en", "A man at the counter harassed me.", "staff"),
        ("en", "My friend can't breathe.", "112"),
        ("en", "You are all idiots.", "sorry"),
    ],
)
def test_harm_and_anger_are_acknowledged_before_any_question(language: str, says: str, holds: str) -> None:
    (reply,) = talk(cafes().get("aurora"), language, says)
    assert reply is not None
    assert holds in reply
    assert reply.endswith("?")


def test_a_concern_is_acknowledged_once() -> None:
    replies = talk(cafes().get("aurora"), "sv", "Jag halkade på golvet.", "Det var blött vid dörren.")
    assert replies[0] is not None
    assert replies[1] is not None
    assert "ska det verkligen inte vara" in replies[0]
    assert "personalen" not in replies[1]


def test_praise_for_how_an_allergy_was_handled_gets_no_apology() -> None:
    (reply,) = talk(cafes().get("goteborg"), "sv", "Hassan kom ihåg min allergi, så snällt och bra.")
    assert reply is not None
    assert "förlåt" not in reply


def test_the_name_of_another_cafe_is_not_taken_for_a_drink() -> None:
    heard = understand(["Vi gick till Espresso House i stället."], cafe=cafes().get("aurora"), language="sv")
    assert not heard.mentions


def test_an_answer_may_continue_about_the_previous_thing() -> None:
    heard = understand(["Kön.", "Ja, den var lång."], cafe=cafes().get("malmohuset"), language="sv")
    assert [(mention.name, mention.polarity) for mention in heard.mentions] == [("kön", Polarity.BAD)]


def test_two_things_of_one_sentence_keep_their_own_polarity() -> None:
    heard = understand(["Kaffet var gott, men kön var lång."], cafe=cafes().get("aurora"), language="sv")
    assert {mention.name: mention.polarity for mention in heard.mentions} == {
        "kaffet": Polarity.GOOD,
        "kön": Polarity.BAD,
    }


async def test_the_reply_is_one_final_part_by_the_script() -> None:
    cafe = cafes().get("aurora")
    exchange = Exchange(opening_question(cafe, "sv"), "Kaffet var gott.")
    parts = [part async for part in ScriptedInterviewer().reply(Conversation(cafe, "sv", (exchange,), 0))]
    assert [(part.final, part.author, part.purpose) for part in parts] == [(True, "scripted", "follow_up")]
    parts = [part async for part in ScriptedInterviewer().reply(Conversation(cafe, "sv", (exchange,), 2))]
    assert [(part.text, part.purpose) for part in parts] == [(thanks("sv"), "thanks")]


def test_every_cafe_is_named_in_its_opening_question() -> None:
    for cafe in cafes().cafe:
        assert cafe.name in opening_question(cafe, "sv")
        assert cafe.name in opening_question(cafe, "en")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_second_attempt_offers_writing(language: str) -> None:
    for words in (ask_again, no_speech):
        assert words(language, attempt=1) != words(language, attempt=2)
        assert ("skriv" if language == "sv" else "write") in words(language, attempt=2)
