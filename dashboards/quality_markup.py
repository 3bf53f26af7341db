"""Fragments of HTML of the quality page: tables by day, and what does not hold."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dashboards.formatting import listed, number, short_day
from dashboards.reading.quality import Failed, Quality, State, TableDay
from dashboards.visit import Visit
from pilot.expectation_words import expectation_sentence

# The verdicts' own shapes and colours: what holds, what warns, what stops, what nobody has looked at.
STATE_CLASSES: dict[State | None, str] = {"holds": "met", "warns": "cannot_tell", "stops": "missed", None: "missing"}


def calendar(visit: Visit, shown: Quality) -> str:
    """Return every table's state on each day, latest day first, as a table that scrolls sideways where it must."""
    days = shown.days
    by_place = {(one.table, one.day): one for one in shown.tables}
    heads = "".join(f'<th scope="col">{escape(short_day(day, language=visit.language))}</th>' for day in days)
    rows = "".join(
        f'<tr><th scope="row">{escape(visit.name_of("table", table))}<span class="pf-small">{escape(table)}</span></th>'
        + "".join(f"<td>{_cell(visit, by_place.get((table, day)))}</td>" for day in days)
        + "</tr>"
        for table in sorted({one.table for one in shown.tables}, key=lambda name: visit.name_of("table", name))
    )
    caption = escape(visit.say("quality.calendar.caption"))
    return (
        f'<div class="pf-scroll" role="region" tabindex="0" aria-label="{caption}"><table class="pf-heat">'
        f'<caption>{caption}</caption><thead><tr><th scope="col">{escape(visit.say("quality.table"))}</th>{heads}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>{_legend(visit)}"
    )


def _cell(visit: Visit, one: TableDay | None) -> str:
    state = one.state if one else None
    words = visit.say(f"quality.state.{state or 'unjudged'}")
    if one is not None and one.failed:
        words = visit.say("quality.state.of", state=words, failed=one.failed, all=one.expectations)
    label = f'role="img" aria-label="{escape(words)}" title="{escape(words)}"'
    return f'<span class="pf-verdict pf-{STATE_CLASSES[state]}" {label}></span>'


def _legend(visit: Visit) -> str:
    states: tuple[State | None, ...] = ("holds", "warns", "stops", None)
    parts = "".join(_mark(visit, state) for state in states)
    return f'<p class="pf-legend">{parts}</p>'


def _mark(visit: Visit, state: State | None) -> str:
    words = visit.say(f"quality.state.{state or 'unjudged'}")
    return f'<span class="pf-verdict pf-{STATE_CLASSES[state]}">{escape(words)}</span>'


def failures(visit: Visit, failed: Sequence[Failed]) -> str:
    """Return each expectation that does not hold once, with the days and the number of rows that break it."""
    together: dict[tuple[str, str, str], list[Failed]] = {}
    for one in failed:
        together.setdefault((one.severity, one.table, one.expectation), []).append(one)
    return "".join(_failure(visit, each) for each in together.values())


def _failure(visit: Visit, days: Sequence[Failed]) -> str:
    one = days[0]
    breaking = sum(each.breaking or 0 for each in days)
    state: State = "stops" if one.severity == "stop" else "warns"
    named = [short_day(each.day, language=visit.language) for each in days]
    where = visit.say("quality.failed.days", days=listed(named[::-1], language=visit.language))
    if breaking:
        key = "quality.failed.row" if breaking == 1 else "quality.failed.rows"
        where = f"{where} · {visit.say(key, count=number(breaking, language=visit.language))}"
    return (
        f'<div class="pf-gap"><h3>{escape(visit.name_of("table", one.table))}: '
        f'<span lang="en">{escape(expectation_sentence(one.expectation))}</span></h3>'
        f"<p>{_mark(visit, state)} {escape(where)}</p></div>"
    )
