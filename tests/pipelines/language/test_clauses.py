"""Clauses cover a turn's words, in order, with their positions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.language.clauses import Clauses, clauses
from pipelines.language.cut import Cut
from pipelines.language.tokens import TOKEN, Tokens, normal, words

BREAK = re.compile(r"[.!?;\u2026\n]|[,:](?!\w)|\s[\u2013-]\s")


def texts(*turns: str) -> list[str]:
    return [turns[clause.turn][clause.start : clause.end] for clause in clauses(turns)]


def test_punctuation_ends_a_clause():
    assert texts("Kaffet var kallt. Bullen var färsk och varm!") == ["Kaffet var kallt", "Bullen var färsk och varm"]


def test_a_short_piece_joins_its_neighbour():
    assert texts("Ja, kaffet var alldeles för kallt.") == ["Ja, kaffet var alldeles för kallt"]


def test_a_long_stretch_is_cut_before_a_conjunction():
    said = "we waited for twenty five minutes at the counter by the window and nobody said a word to us"
    assert texts(said) == [
        "we waited for twenty five minutes at the counter by the window",
        "and nobody said a word to us",
    ]


def test_turns_are_never_joined():
    assert [clause.turn for clause in clauses(["bra", "kallt kaffe"])] == [0, 1]


def test_a_colon_within_a_word_cuts_nothing():
    assert texts("Jag fick ett sms:a dem sa hon till mig") == ["Jag fick ett sms:a dem sa hon till mig"]


def test_a_number_is_one_token_of_its_length():
    assert words("52 kr kl 8.30") == ["##", "kr", "kl", "###"]


def test_silence_has_no_clause():
    assert clauses(["", " … "]) == []


@given(st.lists(st.text(max_size=120), max_size=3))
def test_clauses_hold_all_words_in_order(turns: list[str]):
    found = clauses(turns)
    assert [word for clause in found for word in clause.words] == [word for turn in turns for word in words(turn)]
    for clause in found:
        assert words(turns[clause.turn][clause.start : clause.end]) == list(clause.words)


ODD = st.text(alphabet="aåBé1\u0661\u00bd_'\u2019.,:;!?\u2026\u2013- \n\t\u00a0\u0130", max_size=80)
CODES = st.lists(st.sampled_from(["kaffe", "och", "eh", " ", " - ", ". ", ",", ":", "\n", "x" * 40, "a_b", "10.30"]))


@given(st.lists(ODD | CODES.map("".join), max_size=4))
def test_tokens_have_their_positions_and_breaks(turns: list[str]):
    found = Tokens.of(turns)
    expected = [
        (number, match.start(), match.end(), normal(match.group()))
        for number, turn in enumerate(turns)
        for match in TOKEN.finditer(turn)
        if not any(code.start() <= match.start() < code.end() for code in re.finditer(r"\S{33,}", turn))
    ]
    names = [found.names[number] for number in found.number.tolist()]
    assert [*zip(found.turn.tolist(), found.start.tolist(), found.end.tolist(), names, strict=True)] == expected
    for place, (turn, start, _, _) in enumerate(expected):
        before = expected[place - 1] if place else (-1, 0, 0, "")
        broken = before[0] != turn or BREAK.search(turns[turn], before[2], start + 1) is not None
        assert bool(found.breaks[place]) == broken


@given(st.lists(st.lists(CODES.map("".join), max_size=3), max_size=4))
def test_sessions_are_cut_as_each_is_by_itself(sessions: list[list[str]]):
    cut = Cut.of(sessions)
    owner = cut.sessions.sessions[cut.sessions.session].tolist()
    for number, turns in enumerate(sessions):
        own = [clause for clause, session in zip(cut.clauses, owner, strict=True) if session == number]
        first: dict[tuple[str, ...], object] = {}
        for clause in clauses(turns):
            first.setdefault(clause.words, clause)
        assert own == list(first.values())


def test_a_clause_said_again_is_left_out():
    cut = Cut.of([["Kaffet var kallt. Kön var lång. Kaffet var kallt."], ["Kaffet var kallt."]])
    assert [" ".join(clause.words) for clause in cut.clauses] == [
        "kaffet var kallt",
        "kön var lång",
        "kaffet var kallt",
    ]
    assert cut.sessions.counts.tolist() == [2, 1]


def test_hesitation_is_left_out_unless_nothing_else_was_said():
    assert [clause.words for clause in clauses(["Eh, kaffet var liksom kallt.", "öh mm"])] == [
        ("kaffet", "var", "kallt"),
        ("öh", "mm"),
    ]


def test_many_clauses_are_a_sequence():
    many = Clauses.of(["Kaffet var kallt. Bullen var färsk och varm!", "The queue was long."])
    every = list(many)
    assert [many[place] for place in range(len(many))] == every
    assert (many[-1], many[1:], many[::-1], many[5:]) == (every[-1], every[1:], every[::-1], [])
    with pytest.raises(IndexError):
        many[3]
