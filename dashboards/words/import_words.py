"""A till's import in sentences: how its files are read, what cannot be used, what is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dashboards.visit import Visit
from operations.counts.till_import import MAX_BYTES, ExportTooLarge, ImportPlan
from pilot.counts import MOST_CUSTOMERS
from pilot.formatting import number
from pilot.words import section
from pipelines.till.answers import Question
from pipelines.till.errors import Fault, UnreadableExport
from pipelines.till.lines import Export
from pipelines.till.replies import Reply, asked_value

SECTION = "counts"
COUNTED_OR_REPORTED = ("counted", "fault", "open")
WANTED = ("total", "till")  # columns whose absence in a file of receipts a person should notice
BYTES_A_MEGABYTE = 1_000_000


def readings(visit: Visit, plan: ImportPlan) -> Iterator[str]:
    """Yield how each file is read, and the columns that were not found."""
    say = visit.sayer(SECTION)
    for name, reading in plan.tally.readings.items():
        used = [*reading.columns.items(), *(("status", heading) for heading in reading.statuses)]
        columns = [say("import.column", kind=say(f"column.{kind}"), heading=heading) for kind, heading in used]
        words = say("import.read_as", file=name, format=say(f"format.{reading.format}"), columns=", ".join(columns))
        absent = [kind for kind in WANTED if kind not in reading.columns and reading.format != "daily"]
        if absent:
            columns_absent = ", ".join(say(f"column.{kind}") for kind in absent)
            words += " " + say("import.not_found", columns=columns_absent)
        yield words


def uncounted(visit: Visit, plan: ImportPlan) -> list[str]:
    """Return why rows do not count, with their numbers, most frequent first."""
    say = visit.sayer(SECTION)
    fates = Counter(row.why or row.fate for row in plan.tally.rows if row.fate not in COUNTED_OR_REPORTED)
    return [
        say("import.rows", why=say(f"fate.{fate}"), count=number(count, language=visit.language))
        for fate, count in fates.most_common()
    ]


def unreadable(visit: Visit, error: UnreadableExport | ExportTooLarge) -> str:
    """Return why a file cannot be read, and what to do."""
    say = visit.sayer(SECTION)
    if isinstance(error, ExportTooLarge):
        return say("unreadable.too_large", megabytes=MAX_BYTES // BYTES_A_MEGABYTE)
    return say(f"unreadable.{error.code}", file=error.file, row=error.row)


def fault(visit: Visit, one: Fault) -> str:
    """Return a fault in a sentence: where, what was found, what is expected; never the cell's content."""
    words, say = section(SECTION, visit.language), visit.sayer(SECTION)
    key = _key(one.found)
    count = re.match(r"\d+", one.found)
    if count is not None:
        key = "customers"
    elif key.startswith("text_of"):
        key = "text"
    found = words.get(f"fault.{key}", one.found).format(count=count[0] if count else "")
    of_kind = f"expected.{_key(one.expected)}"
    if one.expected.startswith("a café"):
        of_kind = "expected.a_cafe"  # Its English words list every café, which a manager need not see.
    hint = words.get(of_kind) or words.get(f"expected.{key}") or words["expected.other"]
    expected = hint.format(most=number(MOST_CUSTOMERS, language=visit.language))
    where = "fault.where" if one.row else "fault.where_file"
    return say(where, file=one.file, row=one.row, column=one.column, found=found, expected=expected)


def question(visit: Visit, one: Question, exports: Sequence[Export]) -> str:
    """Return a question in words."""
    return visit.sayer(SECTION)(
        f"question.{one.code}",
        file=one.file,
        column=one.column,
        row=one.row,
        rows=one.rows,
        value=asked_value(one, exports),
    )


def reply(visit: Visit, one: Reply) -> str:
    """Return a possible answer in words."""
    return visit.sayer(SECTION)(f"option.{one.code}", heading=one.heading)


def _key(phrase: str) -> str:
    return re.sub(r"\W+", "_", phrase).strip("_")
