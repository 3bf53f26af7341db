"""The page of questions matches the interviewer, and each verdict its current reply."""

from __future__ import annotations

from dataclasses import replace

from scripts import question_table


def test_the_page_shows_the_interviewers_current_replies() -> None:
    assert question_table.PAGE.read_text(encoding="utf-8") == question_table.page(), (
        "run `python scripts/question_table.py`, and read what changed"
    )


def test_a_verdict_is_one_of_three_and_says_why_a_reply_is_not_good() -> None:
    for row, verdict in question_table.verdicts().items():
        assert verdict["verdict"] in {"good", "acceptable", "poor"}, row
        assert (verdict["verdict"] == "good") != bool(verdict.get("why")), row


def test_a_reply_that_changes_loses_its_verdict() -> None:
    given = question_table.verdicts()
    line = next(one for one in question_table.lines() if question_table.verdict(one, given) != "not reviewed")
    assert question_table.verdict(replace(line, reply=f"{line.reply} "), given) == question_table.NOT_REVIEWED


def test_every_verdict_has_its_row() -> None:
    assert set(question_table.verdicts()) <= {line.key for line in question_table.lines()}
