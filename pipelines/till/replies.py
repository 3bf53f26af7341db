"""The possible answers to a question about a till's export, each as the changed answers of an import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipelines.till.answers import Answers, Question
from pipelines.till.headings import heading_key
from pipelines.till.lines import Export
from pipelines.till.receipts import letters_of
from pipelines.till.values import spaced

ReplyCode = Literal[
    "column", "every_receipt", "till", "one_till", "is_sale", "no_sale", "is_status", "no_status", "is_sum", "is_part",
    "running", "each_hour",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """One possible answer.

    Attributes:
        code: What it says.
        answers: The answers of the import with it.
        heading: The column that it names; empty for none.
    """

    code: ReplyCode
    answers: Answers
    heading: str = ""


def asked_value(question: Question, exports: Sequence[Export]) -> str:
    """Return the name or value that a question is about; empty if it is about a column or the whole file."""
    export = _export(question, exports)
    cells = next((cells for number, cells in export.rows if number == question.row), ())
    if question.code == "whole":
        return export.cell(cells, "till") or export.cell(cells, "time")
    place = next((at for at, heading in enumerate(export.headings) if heading == question.column), None)
    text = spaced(cells[place]) if place is not None and place < len(cells) else ""
    if question.code == "receipt_value":
        return letters_of(text)
    return text if question.code == "status_value" else ""


def replies(question: Question, exports: Sequence[Export], *, answers: Answers) -> list[Reply]:
    """Return the possible answers to a question.

    Args:
        question: The question.
        exports: The files.
        answers: The answers given so far.
    """
    headings = [heading for heading in dict.fromkeys(_export(question, exports).headings) if heading]
    alike = [heading for heading in headings if heading_key(heading) == heading_key(question.column)]
    value = asked_value(question, exports)
    sale = replace(answers, sales=(*answers.sales, value))
    other = replace(answers, others=(*answers.others, value))
    match question.code:
        case "no_amount":
            columns = [Reply("column", replace(answers, amount=heading), heading) for heading in headings]
            return [*columns, Reply("every_receipt", replace(answers, no_amount=True))]
        case "tills":
            columns = [Reply("till", replace(answers, till=heading), heading) for heading in headings]
            return [Reply("one_till", replace(answers, one_till=True)), *columns]
        case "count_columns":
            return [Reply("column", replace(answers, count=heading), heading) for heading in alike]
        case "amount_columns":
            return [Reply("column", replace(answers, amount=heading), heading) for heading in alike]
        case "status_value" | "receipt_value":
            return [Reply("is_sale", sale), Reply("no_sale", other)]
        case "whole":
            return [Reply("is_sum", other), Reply("is_part", sale)]
        case "status_column":
            return [
                Reply("is_status", replace(answers, status=(*answers.status, question.column))),
                Reply("no_status", replace(answers, no_status=(*answers.no_status, question.column))),
            ]
        case "hours":
            return [
                Reply("running", replace(answers, running_total=True)),
                Reply("each_hour", replace(answers, each_hour=True)),
            ]


def _export(question: Question, exports: Sequence[Export]) -> Export:
    return next(export for export in exports if export.name == question.file)
