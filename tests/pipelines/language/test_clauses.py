"""Clauses cover a turn's words, in order, with their positions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.language.clauses import clauses, words


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
