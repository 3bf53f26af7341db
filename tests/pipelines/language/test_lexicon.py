"""The lexicon: which words it knows, and what it counts in a clause."""

from __future__ import annotations

import pytest

from pipelines.language.cut import Cut
from pipelines.language.fitting import corpus
from pipelines.language.lexicon import LANGUAGES, SIGNALS, Lexicon, unknown_codes
from pipelines.language.model import shipped

SMALL = Lexicon(
    {
        "sv": "god\tP1\nljumm*\tN1\n*bulle\tfood\nkanelbulle\tP1 food\ninte\tNOT\ngodare\tMORE\nkunde\tWISH\n"
        "hot\tcrime\nlite\tLESS",
        "en": "hot\tN1\nnever\tNOT\nbetter\tMORE\nlovely\tP2\ntoo\tTOO\nsweet\tP1\nwish\tWISH",
    }
)


def counts(lexicon: Lexicon, *turns: str) -> list[dict[str, float]]:
    """Return the counts of each clause of one session that are not zero."""
    cut = Cut.of([turns])
    found = lexicon.signals(cut.clauses.texts, cut.sessions)
    return [{name: value for name, value in zip(SIGNALS, row, strict=True) if value} for row in found.tolist()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_a_word_and_known_codes_and_stands_once(language: str):
    lines = corpus.lexicon().content[language].splitlines()
    assert unknown_codes(lines) == []
    words = [line.split("\t")[0] for line in lines]
    assert len(set(words)) == len(words) > 5_000
    assert all(word == word.lower().strip() for word in words)


def test_a_line_without_a_word_or_with_another_code_is_named():
    assert unknown_codes(["god\tP1", "\tP1", "god P1", "god\tP9"]) == ["\tP1", "god P1", "god\tP9"]


def test_a_word_counts_by_itself_by_its_stem_or_by_the_end_of_a_compound():
    assert counts(SMALL, "ljummet") == [{"bad": 1, "known": 1}]
    assert counts(SMALL, "kardemummabulle") == [{"food": 1, "known": 1}]
    assert counts(SMALL, "kanelbulle") == [{"good": 1, "food": 1, "known": 1}]
    assert counts(SMALL, "okänd") == [{}]


def test_a_sign_near_a_negation_is_denied_and_a_far_one_is_not():
    assert counts(SMALL, "kaffet var inte god") == [{"good denied": 1, "NOT": 1, "known": 2}]
    assert counts(SMALL, "it was lovely and never") == [{"good denied": 2, "NOT": 1, "known": 2}]
    assert counts(SMALL, "inte en av oss som var där god")[0]["good"] == 1


def test_a_denied_comparison_praises_and_a_wished_one_does_not():
    assert "comparison denied" in counts(SMALL, "den kunde inte ha varit godare")[0]
    assert "comparison wished" in counts(SMALL, "den kunde ha varit godare")[0]
    assert "comparison denied" not in counts(SMALL, "den kunde ha varit godare")[0]


def test_too_much_of_something_good_counts_by_itself():
    assert counts(SMALL, "it was too sweet") == [{"too much": 1, "good": 1, "TOO": 1, "known": 2}]


def test_a_word_is_read_in_the_language_of_its_session():
    assert counts(SMALL, "the hot one was there") == [{"bad": 1, "known": 1}]
    assert counts(SMALL, "det var ett hot och jag") == [{"crime": 1, "known": 1}]
    assert counts(SMALL, "hot") == [{"bad": 1, "crime": 1, "known": 1}]


def test_a_session_without_words_has_no_counts():
    cut = Cut.of([["..."], [""]])
    assert SMALL.signals(cut.clauses.texts, cut.sessions).shape == (0, len(SIGNALS))


def test_the_model_that_ships_reads_the_corpuss_lexicon():
    assert dict(shipped().lexicon.content) == dict(corpus.lexicon().content)
