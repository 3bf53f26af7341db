"""The script over the labelled conversations, with readings made of their labels.

The labels stand for a perfect reading, so this tests the script alone. It was written with these rows open.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import pytest

from tests.voice_edge.interviewer.talks import AUTHORS, cafe, corpus, corpus_reading, corpus_talk
from voice_edge.interviewer.question_kinds import kinds_of
from voice_edge.interviewer.scripted import ScriptedReply, scripted_reply
from voice_edge.interviewer.spoken import plain
from voice_edge.interviewer.things import named

TODAY = date(2026, 11, 25)
LONGEST_WORDS = 25
SHORT_WORDS, FEWEST_SHORT = 16, 20
# The share of replies that fit the labels of the authors who also wrote good replies, and of the others.
LEAST_TONES = 0.98
LEAST_ASKS = {"c1": 0.92, "c3": 0.85, "v1": 0.8, "v2": 0.92, "v3": 0.8}
ROWS = [pytest.param(row, id=row["id"]) for row in corpus()]


@cache
def replies() -> dict[str, ScriptedReply]:
    return {row["id"]: scripted_reply(corpus_talk(row), reading=corpus_reading(row), today=TODAY) for row in corpus()}


@pytest.mark.parametrize("author", AUTHORS)
def test_tones_and_questions_fit_the_labels(author: str) -> None:
    rows = [row for row in corpus() if row["author"] == author]
    tones = sum(replies()[row["id"]].tone in row["tone"] for row in rows) / len(rows)
    asks = sum(replies()[row["id"]].asks in row["asks"] for row in rows) / len(rows)
    assert tones >= LEAST_TONES
    assert asks >= LEAST_ASKS[author]


def test_half_of_the_shorter_complaints_get_a_question_later_answers_the_thanks() -> None:
    asked = {row["id"]: replies()[row["id"]].asks != "nothing" for row in corpus()}
    first = [row for row in corpus() if row["act"] == "complaint" and not row["history"]]
    short = [asked[row["id"]] for row in first if len(row["answer"].split()) <= SHORT_WORDS]
    later = [asked[row["id"]] for row in corpus() if row["history"]]
    assert len(short) >= FEWEST_SHORT
    assert sum(short) / len(short) >= 0.5
    assert sum(later) / len(later) <= 0.15


@pytest.mark.parametrize("row", ROWS)
def test_a_reply_is_short_and_asks_at_most_once_for_what_was_not_given(row) -> None:
    reply = replies()[row["id"]]
    assert len(reply.text.split()) <= LONGEST_WORDS
    assert reply.text.count("?") == (0 if reply.asks == "nothing" else 1)
    assert reply.asks not in row["has"]
    assert reply.text[0].isupper()
    assert not re.search(r"[{}]|\. [a-zåäö]", reply.text)


@pytest.mark.parametrize("row", ROWS)
def test_a_reply_names_only_what_the_guest_said(row) -> None:
    reply, talk = replies()[row["id"]], corpus_talk(row)
    answers = [exchange.answer for exchange in talk.exchanges]
    said = {one.name for one in named(answers, cafe=talk.cafe, language=reply.language)}
    # Words of the fixed sentences: the counter, a new cup, the price that was called high, a door to be watched.
    fixed = {"priset", "the price", "väntan", "the wait", "koppen", "the counter", "the staff", "personalen"}
    fixed |= {"ljudet", "the cup"}
    fixed |= {"dörren", "the door"} if reply.danger else set()
    for one in named([reply.text], cafe=talk.cafe, language=reply.language):
        assert one.name in said | fixed or one.name.removeprefix("the ") in plain(" ".join(answers)), reply.text


@pytest.mark.parametrize("row", [row for row in ROWS if row.values[0]["act"] in ("complaint", "emergency")])
def test_nobody_who_is_blamed_is_named(row) -> None:
    assert not any(name in replies()[row["id"]].text for name in cafe(row["cafe"]).staff)


def test_the_words_of_a_question_ask_for_what_it_says() -> None:
    for row in corpus():
        reply = replies()[row["id"]]
        if reply.question is not None and reply.asks not in ("consequence", "what_happened"):
            assert reply.asks in kinds_of(reply.question, reply.language), reply.question
