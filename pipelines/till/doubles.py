"""Finds columns of customers or amounts that have one name, brackets apart, and other contents."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.till.answers import Answers, Question, QuestionCode
from pipelines.till.headings import ColumnKind, heading_key, is_foreseen
from pipelines.till.lines import Export
from pipelines.till.totals import count_or_nothing
from pipelines.till.values import amount, is_amount, spaced


def questions_of_doubles(export: Export, *, answers: Answers) -> tuple[Question, ...]:
    """Return the question of which of two columns counts, if they would give other numbers."""
    if "receipt" in export.columns:
        return _doubles(export, "total", "amount_columns", said=answers.amount, value=_is_paid)
    return _doubles(export, "count", "count_columns", said=answers.count, value=count_or_nothing)


def _doubles(
    export: Export, kind: ColumnKind, code: QuestionCode, *, said: str, value: Callable[[str], int]
) -> tuple[Question, ...]:
    if kind not in export.columns or spaced(said) in export.headings:
        return ()
    first = export.columns[kind]
    key = heading_key(export.headings[first])
    for place, heading in enumerate(export.headings):
        if place == first or heading_key(heading) != key or is_foreseen(heading):
            continue
        rows = [number for number, cells in export.rows if value(_cell(cells, first)) != value(_cell(cells, place))]
        if rows:
            return (Question(code, export.name, export.headings[first], rows[0], len(rows)),)
    return ()


def _is_paid(text: str) -> int:
    return int(is_amount(text) and amount(text) > 0)


def _cell(cells: tuple[str, ...], place: int) -> str:
    return cells[place] if place < len(cells) else ""
