"""Reasons in the store are codes: the words for them are in `pilot/words` only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from payouts.meanings import MEANINGS, difference_in_words
from pilot.words import LANGUAGES
from storage.store.payouts import payout_codes
from storage.store.payouts.payout_codes import DifferenceCode, HoldCode
from tests.payouts.assertions import CODE, CODE_COLUMNS

CHECKOUT = Path(__file__).parents[2]
# The rooms that write to the store on their own; proofs and benchmarks act as persons.
ROOMS = ("storage/store", "payouts", "voice_edge", "operations", "assets", "pipelines")


def written(room: str) -> Iterator[tuple[str, str]]:
    """Yield every literal that a call in a room gives to a column of codes, with its place."""
    for path in sorted((CHECKOUT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            for keyword in node.keywords:
                if keyword.arg in CODE_COLUMNS and isinstance(keyword.value, ast.Constant):
                    value = keyword.value.value
                    if isinstance(value, str):
                        yield f"{path.relative_to(CHECKOUT)}:{node.lineno}", value


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_writes_a_sentence_where_the_store_has_codes(room: str) -> None:
    assert [(place, text) for place, text in written(room) if not CODE.fullmatch(text)] == []


def test_every_code_of_the_store_is_a_code() -> None:
    own = [value for name, value in vars(payout_codes).items() if name.isupper() and isinstance(value, str)]
    assert [each for each in (*own, *MEANINGS) if not CODE.fullmatch(each)] == []


def test_every_reason_to_hold_a_payout_has_a_meaning() -> None:
    assert set(get_args(HoldCode)) <= set(MEANINGS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_difference_has_words(language: str) -> None:
    codes = get_args(DifferenceCode)
    words = {difference_in_words(code, language=language) for code in codes}  # type: ignore[arg-type]
    assert len(words) == len(codes)
