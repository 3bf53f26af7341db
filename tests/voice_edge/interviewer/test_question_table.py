"""The page of questions is in step with the interviewer, and its verdicts belong to what it says now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[3]

from scripts import question_table

MOST_ACCEPTABLE = 0.1


def test_the_page_shows_what_the_interviewer_says_now() -> None:
    assert question_table.PAGE.read_text(encoding="utf-8") == question_table.page(), (
        "run `python scripts/question_table.py`, and read what changed"
    )


def test_every_reply_has_been_read_and_none_is_poor() -> None:
    given = question_table.verdicts()
    said = [question_table.verdict(line, given).split(":")[0] for line in question_table.lines()]
    assert set(said) <= {"good", "acceptable"}
    assert said.count("acceptable") <= MOST_ACCEPTABLE * len(said)


def test_a_reply_that_changes_loses_its_verdict() -> None:
    line = question_table.lines()[0]
    given = question_table.verdicts()
    assert question_table.verdict(line, given) != question_table.NOT_REVIEWED
    assert question_table.verdict(replace(line, reply=f"{line.reply} "), given) == question_table.NOT_REVIEWED


def test_no_verdict_stands_without_its_row() -> None:
    assert set(question_table.verdicts()) == {line.key for line in question_table.lines()}
