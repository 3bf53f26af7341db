"""HTML fragments of the quality page: the calendar of verdicts and the failed expectations."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from dashboards.fragments import render, verdict_badge
from dashboards.reading.quality import FailedExpectation, QualitySummary, State, TableDay
from dashboards.visit import Visit
from pilot.expectation_words import expectation_sentence
from pilot.formatting import join_names, number, short_day
from pilot.swedish_order import swedish_key

# Uses the shapes and colours of verdicts; None if the day was not validated.
STYLES: dict[State | None, str] = {"holds": "met", "warns": "cannot_tell", "stops": "missed", None: "missing"}


def calendar(visit: Visit, summary: QualitySummary) -> Markup:
    """Return every table's state on each day, latest day first; a wide table scrolls sideways."""
    table_days = {(one.table, one.day): one for one in summary.tables}
    names = {table: visit.name_of("table", table) for table in {one.table for one in summary.tables}}
    rows = [
        {"name": name, "table": table, "marks": [_mark(visit, table_days.get((table, day))) for day in summary.days]}
        for table, name in sorted(names.items(), key=lambda item: swedish_key(item[1]))
    ]
    return render(
        "quality_calendar",
        caption=visit.say("quality.calendar.caption"),
        head=visit.say("quality.table"),
        days=[short_day(day, language=visit.language) for day in summary.days],
        rows=rows,
        legend=[_badge(visit, state) for state in STYLES],
    )


def failures(visit: Visit, failed: Sequence[FailedExpectation]) -> Markup:
    """Return each failed expectation once, with its days and the number of rows that break it."""
    together: dict[tuple[str, str, str], list[FailedExpectation]] = {}
    for one in failed:
        together.setdefault((one.severity, one.table, one.expectation), []).append(one)
    return render("quality_failures", failures=[_failure(visit, days) for days in together.values()])


def _mark(visit: Visit, table_day: TableDay | None) -> dict[str, str]:
    state = table_day.state if table_day else None
    words = _state_in_words(visit, state)
    failed = table_day.failed if table_day else 0
    if table_day is not None and failed:
        words = visit.say("quality.state.of", state=words, failed=failed, all=table_day.expectations)
    return {"style": STYLES[state], "words": words, "failed": number(failed, language=visit.language) if failed else ""}


def _failure(visit: Visit, days: Sequence[FailedExpectation]) -> dict[str, str]:
    first = days[0]
    breaking = sum(one.breaking or 0 for one in days)
    oldest_first = [short_day(one.day, language=visit.language) for one in days][::-1]
    scope = visit.say("quality.failed.days", days=join_names(oldest_first, language=visit.language))
    if breaking:
        key = "quality.failed.row" if breaking == 1 else "quality.failed.rows"
        scope = f"{scope} · {visit.say(key, count=number(breaking, language=visit.language))}"
    return {
        "table": visit.name_of("table", first.table),
        "expectation": expectation_sentence(first.expectation),
        "badge": _badge(visit, "stops" if first.severity == "stop" else "warns"),
        "scope": scope,
    }


def _badge(visit: Visit, state: State | None) -> Markup:
    return verdict_badge(STYLES[state], words=_state_in_words(visit, state))


def _state_in_words(visit: Visit, state: State | None) -> str:
    return visit.say(f"quality.state.{state or 'unjudged'}")
