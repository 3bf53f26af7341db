"""The quality page: the expectations of each table, and the rows that break them."""

from __future__ import annotations

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.parts import quality_fragments
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.reading.quality import TABLES, QualitySummary, QuarantinedRow, days_shown, quality_summary
from dashboards.visit import Visit, current
from pilot.business_days import business_day
from pilot.expectation_words import expectation_sentence
from pilot.formatting import clock_time, long_day, number, short_day
from pilot.lake_tables.insight_tables import WHOLE_ROW

REFERENCE_NAME = "referens"  # in the address, only to be shown


def show(visit: Visit) -> None:
    """Draw the page."""
    lake = visit.lake()
    with PageSnapshot(lake, *TABLES, days=days_shown(lake)) as snapshot:
        summary = quality_summary(snapshot, snapshot.key)
    say = visit.say
    visit.draw(
        fragments.page_head(
            crumb=say("quality.crumb"), title=say("quality.title"), freshness=_freshness(visit, summary)
        )
    )
    if not summary.days:
        visit.draw(fragments.lead(say("quality.never"), notes=[say("quality.never_do")]))
        return
    visit.draw(fragments.lead(_lead(visit, summary), notes=[say("quality.note")]))
    visit.draw(
        fragments.section_head(say("quality.calendar.title"), summary=say("quality.calendar.what"))
        + quality_fragments.calendar(visit, summary)
    )
    visit.draw(
        fragments.section_head(
            say("quality.failed.title"), summary=say("quality.failed.what") if summary.failed else ""
        )
    )
    if summary.failed:
        visit.draw(quality_fragments.failures(visit, summary.failed))
    else:
        visit.draw(fragments.paragraph(say("quality.failed.none")))
    _quarantine(visit, summary)


def _freshness(visit: Visit, summary: QualitySummary) -> str:
    if summary.validated_at is None:
        return visit.say("quality.judged_never")
    day = long_day(business_day(summary.validated_at), language=visit.language)
    return visit.say("quality.judged", time=clock_time(summary.validated_at), day=day)


def _lead(visit: Visit, summary: QualitySummary) -> str:
    expectations = sum(one.expectations for one in summary.tables)
    fields = {"all": number(expectations, language=visit.language), "days": len(summary.days)}
    if not summary.failed:
        return visit.say("quality.lead.holds", **fields)
    stops = sum(one.severity == "stop" for one in summary.failed)
    kind = "stops" if stops else "warns"
    counts = {"failed": number(len(summary.failed), language=visit.language)}
    return visit.say(f"quality.lead.{kind}", **fields, **counts, stops=number(stops, language=visit.language))


def _quarantine(visit: Visit, summary: QualitySummary) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("quality.apart.title"), summary=say("quality.apart.what")))
    if not summary.quarantine:
        visit.draw(fragments.paragraph(say("quality.apart.none")))
        return
    count, stops = (number(one, language=visit.language) for one in (summary.quarantine_size, summary.quarantine_stops))
    key = "quality.apart.count_one" if summary.quarantine_size == 1 else "quality.apart.count"
    visit.draw(fragments.lead(say(key, count=count, stops=stops), notes=[say("quality.apart.do")]))
    if summary.quarantine_size > len(summary.quarantine):
        visit.draw(fragments.paragraph(say("quality.apart.first", shown=len(summary.quarantine), count=count)))
    st.dataframe(
        pd.DataFrame(
            [
                {
                    say("controls.day"): short_day(one.day, language=visit.language),
                    say("quality.table"): one.table,
                    say("quality.apart.key"): one.key,
                    say("quality.apart.expectation"): expectation_sentence(one.expectation),
                    say("quality.apart.reason"): _place(visit, one.reason),
                    say("quality.apart.session"): _session_link(one),
                }
                for one in summary.quarantine
            ]
        ),
        hide_index=True,
        width="stretch",
        column_config={
            say("quality.apart.session"): st.column_config.LinkColumn(display_text=f"{REFERENCE_NAME}=([^#]*)")
        },
    )


def _session_link(row: QuarantinedRow) -> str | None:
    """Return the address of the row's session on its café's day; the table shows its reference."""
    if not row.session_id or not row.cafe:
        return None
    address = {"kafe": row.cafe, "dag": row.day.isoformat(), REFERENCE_NAME: row.reference or row.session_id[:8]}
    return f"/?{urlencode(address)}#svar-{row.session_id}"


def _place(visit: Visit, reason: str) -> str:
    """Return the columns to look at, or the words for the whole row."""
    return visit.say("quality.apart.whole_row") if reason == WHOLE_ROW else ", ".join(reason.split(","))


show(current())
