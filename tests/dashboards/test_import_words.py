"""Every fault, question, answer and fate of a till's import has words on the page, in both languages."""

from __future__ import annotations

import ast
from typing import get_args

import pytest

from dashboards.words.import_words import COUNTED_OR_REPORTED, SECTION, _key
from operations.counts.till_import import BEFORE_PILOT, DAY_NOT_OVER
from pilot.words import LANGUAGES, section
from pipelines.till import values
from pipelines.till.answers import QuestionCode
from pipelines.till.errors import UnreadableCode
from pipelines.till.headings import ColumnKind
from pipelines.till.replies import ReplyCode
from pipelines.till.rows import Fate, Format
from tests.dashboards.conftest import ROOT

FOUND_AT = {"UnusableCell": 0, "RefusedRow": 1, "Fault": 3}  # the argument that says what was found


def found_phrases() -> set[str]:
    """Return what the till's reader says that it found, as far as it is a constant."""
    phrases = set()
    for path in (ROOT / "pipelines" / "till").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FOUND_AT:
                place = FOUND_AT[node.func.id]
                given = node.args[place] if place < len(node.args) else None
                phrases |= (
                    {each.value for each in ast.walk(given) if isinstance(each, ast.Constant)} if given else set()
                )
    return {phrase for phrase in phrases if isinstance(phrase, str) and len(phrase.split()) > 2}


def kinds() -> set[str]:
    """Return the kinds of an unusable value."""
    return {values.kind_of(text) for text in ("", "-4", "4,5", "45", "2026-13-40", "=x")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_code_and_phrase_has_words(language) -> None:
    words = section(SECTION, language)
    fates = (set(get_args(Fate)) | {BEFORE_PILOT, DAY_NOT_OVER}) - set(COUNTED_OR_REPORTED)
    wanted = {f"question.{code}" for code in get_args(QuestionCode)}
    wanted |= {f"option.{code}" for code in get_args(ReplyCode)} | {f"fate.{fate}" for fate in fates}
    wanted |= {f"unreadable.{code}" for code in get_args(UnreadableCode)}
    wanted |= {f"format.{one}" for one in get_args(Format)} | {f"column.{kind}" for kind in get_args(ColumnKind)}
    wanted |= {f"fault.{_key(phrase)}" for phrase in found_phrases() | kinds() if not phrase.startswith("text of")}
    wanted |= {
        f"expected.{_key(each)}" for each in (values.EXPECTED_DAY, values.EXPECTED_COUNT, values.EXPECTED_AMOUNT)
    }
    assert wanted - words.keys() == set()
    assert len(found_phrases()) > 8
