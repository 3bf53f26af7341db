"""Imports customer counts from a till's export: first a plan, then one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.counts import before_pilot, has_closed
from pilot.errors import PilotError
from pipelines.till.answers import NO_ANSWERS, Answers
from pipelines.till.counting import tally
from pipelines.till.errors import UnreadableExport
from pipelines.till.headings import heading_key
from pipelines.till.lines import Export, read_export
from pipelines.till.rows import Tally
from storage.home import Home
from storage.store.cafes import customer_counts
from storage.store.cafes.customer_counts import Count, Outcome, Report, ReportResult

MAX_BYTES = 20_000_000  # A year of receipts of a busy café.
DIGEST_CHARACTERS = 12
FAULTS_SHOWN = 20

# Codes of `Row.why`; `cli.commands.cafes.counts` has their words.
BEFORE_PILOT = "before_pilot"
DAY_NOT_OVER = "day_not_over"


class FaultyExport(PilotError):
    """A till's export has invalid cells; nothing was imported."""


class UnansweredQuestions(PilotError):
    """A till's export leaves open what counts; nothing was imported."""


class ExportTooLarge(PilotError):
    """A file is larger than any till's export."""


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """The planned change to one café's day.

    Attributes:
        count: The day's count in the files.
        outcome: new, corrected or unchanged.
        before: The current report; None if there is none.
    """

    count: Count
    outcome: Outcome
    before: Report | None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The planned changes of an import.

    Attributes:
        tally: The files' content, row by row.
        days: The change to each café's day.
        digests: A digest of each file, by name.
        exports: The files' lines, from which a page shows what a question is about.
    """

    tally: Tally
    days: tuple[PlannedDay, ...]
    digests: Mapping[str, str]
    exports: tuple[Export, ...] = ()


def plan_import(
    home: Home,
    files: Sequence[tuple[str, bytes]],
    *,
    cafe: str | None,
    now: datetime,
    answers: Answers = NO_ANSWERS,
) -> ImportPlan:
    """Return the changes that importing these files together would make; write nothing.

    Args:
        home: The home.
        files: Each file's name and bytes.
        cafe: The files' café; None if a column names it.
        now: The current time, aware.
        answers: A person's answers to the questions of an earlier plan.

    Raises:
        UnreadableExport: a file has no known format, or no file has a heading of the answers.
        InvalidCafes: there is no such café.
        ExportTooLarge: a file is too large.
    """
    cafes, demo = home.cafes(), home.kind == "demo"

    def exclusion_reason(of: Cafe, day: date) -> str | None:
        if before_pilot(day, cafes=cafes, demo=demo):
            return BEFORE_PILOT
        return None if has_closed(of, day, now=now) else DAY_NOT_OVER

    for name, body in files:
        if len(body) > MAX_BYTES:
            raise ExportTooLarge(f"{name} is larger than {MAX_BYTES} bytes.", remedy="Export fewer days.")
    exports = [read_export(body, name=name, answers=answers) for name, body in files]
    _check_headings(exports, answers=answers)
    read = tally(
        exports,
        cafes=cafes,
        cafe=cafe,
        today=business_day(now),
        exclusion_reason=exclusion_reason,
        answers=answers,
    )
    current = customer_counts.current_reports(home.store(), [day for _, day in read.customers], simulated=demo)
    days = tuple(
        _plan_day(Count(of, day, customers), current.get((of, day))) for (of, day), customers in read.customers.items()
    )
    digests = {name: hashlib.sha256(body).hexdigest()[:DIGEST_CHARACTERS] for name, body in files}
    return ImportPlan(tally=read, days=days, digests=digests, exports=tuple(exports))


def import_counts(home: Home, plan: ImportPlan, *, actor: str, reason: str = "") -> list[ReportResult]:
    """Report the plan's counts in one transaction.

    Args:
        home: The home.
        plan: The plan.
        actor: Who imports.
        reason: Why earlier numbers are replaced, for the audit log.

    Raises:
        FaultyExport: the plan has faults; nothing was written.
        UnansweredQuestions: the plan has questions; nothing was written.
        StoreAway: the counts could not be saved.
    """
    faults = plan.tally.faults
    if faults:
        more = f"\n  and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
        shown = "\n".join(f"  {fault}" for fault in faults[:FAULTS_SHOWN])
        raise FaultyExport(
            f"Nothing was imported: {len(faults)} cells cannot be used.\n{shown}{more}\n",
            remedy="Correct the file, or export it again, and import the whole file.",
        )
    if plan.tally.questions:
        asked = "\n".join(f"  {question}" for question in plan.tally.questions[:FAULTS_SHOWN])
        raise UnansweredQuestions(
            f"Nothing was imported: {len(plan.tally.questions)} questions are open.\n{asked}\n",
            remedy="Import again with the answers; --dry-run shows their effect.",
        )
    return customer_counts.report_all(
        home.store(),
        [day.count for day in plan.days],
        source="till",
        actor=actor,
        simulated=home.kind == "demo",
        reason=reason,
        origin={"files": sorted(plan.digests.values()), "formats": sorted(set(plan.tally.formats.values()))},
    )


def _check_headings(exports: Sequence[Export], *, answers: Answers) -> None:
    known = {heading_key(heading) for export in exports for heading in export.headings}
    for heading in (answers.count, answers.amount, answers.till, *answers.status, *answers.no_status):
        if heading and heading_key(heading) not in known:
            raise UnreadableExport(
                f"No file has a column {heading!r}.",
                remedy=f"The columns are: {', '.join(heading for heading in exports[0].headings if heading)}.",
                code="no_column",
            )


def _plan_day(count: Count, before: Report | None) -> PlannedDay:
    if before is None:
        return PlannedDay(count, "new", None)
    same = (before.customers, before.source) == (count.customers, "till")
    return PlannedDay(count, "unchanged" if same else "corrected", before)
