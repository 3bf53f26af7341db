"""The check of the code's English: refused identifiers, lengths, and the share of catch-all verbs."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.english import LONGEST_FIRST_LINE, LONGEST_TEST_NAME, Prose, faults, parts_of

PATH = Path("payouts/till.py")


@pytest.mark.parametrize(
    ("identifier", "parts"),
    [
        ("TillDesk", ["till", "desk"]),
        ("till_desk", ["till", "desk"]),
        ("HTTPServer", ["http", "server"]),
        ("_MAX_LOOK_2", ["max", "look", "2"]),
    ],
)
def test_an_identifier_is_split_into_its_words(identifier: str, parts: list[str]) -> None:
    assert parts_of(identifier) == parts


@pytest.mark.parametrize(
    "source",
    [
        "class TillDesk: ...",
        "def tell_each_day(): ...",
        "async def looked(): ...",
        "def wait(standing): ...",
        "told = 1",
        "self.looks = []",
        "from store import cafe_states as desk",
        "SIGNALS_LOOK_BACK = 14",
    ],
)
def test_a_banned_word_in_an_identifier_is_a_fault(source: str) -> None:
    assert len(faults(PATH, source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "class LookupError(Exception): ...",
        "def storyteller(): ...",
        "outstanding = pronouns = desktop = 1",
        "from pathlib import desk",
        "print(told)",
    ],
)
def test_a_word_that_only_contains_a_banned_one_is_no_fault(source: str) -> None:
    assert faults(PATH, source) == []


def test_a_file_named_with_a_banned_word_is_a_fault() -> None:
    assert faults(Path("voice_edge/till_desk.py"), "") == ["voice_edge/till_desk.py:1: file name holds 'desk'"]


@pytest.mark.parametrize(("length", "count"), [(LONGEST_TEST_NAME, 0), (LONGEST_TEST_NAME + 1, 1)])
def test_a_test_name_has_a_longest_length(length: int, count: int) -> None:
    assert len(faults(PATH, f"def {'test_'.ljust(length, 'a')}(): ...")) == count


@pytest.mark.parametrize(("length", "count"), [(LONGEST_FIRST_LINE, 0), (LONGEST_FIRST_LINE + 1, 1)])
def test_the_first_line_of_a_docstring_has_a_longest_length(length: int, count: int) -> None:
    assert len(faults(PATH, f'"""{"a" * length}"""')) == count


def test_catch_all_verbs_are_counted_in_docstrings_and_comments() -> None:
    source = '"""Tells what stands there."""\n\nlimit = 3  # what was told before\ntext = "# stood in a string"\n'
    assert Prose.of(source) == Prose(words=8, catch_alls=3)


def test_a_file_without_prose_has_none() -> None:
    assert Prose.of("limit = 3\n") == Prose(words=0, catch_alls=0)
