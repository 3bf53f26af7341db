"""Whether the figures can be trusted: what must be true of each table, and where it is not."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import markup, quality_markup
from dashboards.formatting import clock_time, long_day, number, short_day
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.reading.quality import TABLES, Quality, days_shown, quality
from dashboards.visit import Visit, current
from pilot.business_days import business_day
from pilot.expectation_words import expectation_sentence
from pilot.insight_tables import WHOLE_ROW


def show(visit: Visit) -> None:
    """Draw the page."""
    lake = visit.home.lake()
    with PageSnapshot(lake, *TABLES, place=visit.place, days=days_shown(lake)) as snapshot:
        shown = quality(snapshot, snapshot.key)
    say = visit.say
    visit.draw(markup.page_head(crumb=say("quality.crumb"), title=say("quality.title"), fresh=_judged(visit, shown)))
    if not shown.days:
        visit.draw(markup.lead(say("quality.never"), notes=[say("quality.never_do")]))
        return
    visit.draw(markup.lead(_lead(visit, shown), notes=[say("quality.note")]))
    visit.draw(
        markup.section_head(say("quality.calendar.title"), what=say("quality.calendar.what"))
        + quality_markup.calendar(visit, shown)
    )
    visit.draw(
        markup.section_head(say("quality.failed.title"), what=say("quality.failed.what") if shown.failed else "")
    )
    if shown.failed:
        visit.draw(quality_markup.failures(visit, shown.failed))
    else:
        visit.draw(markup.plain(say("quality.failed.none")))
    _set_apart(visit, shown)


def _judged(visit: Visit, shown: Quality) -> str:
    if shown.judged_at is None:
        return visit.say("quality.judged_never")
    day = long_day(business_day(shown.judged_at), language=visit.language)
    return visit.say("quality.judged", time=clock_time(shown.judged_at), day=day)


def _lead(visit: Visit, shown: Quality) -> str:
    looked_at = sum(one.expectations for one in shown.tables)
    fields = {"all": number(looked_at, language=visit.language), "days": len(shown.days)}
    if not shown.failed:
        return visit.say("quality.lead.holds", **fields)
    stops = sum(one.severity == "stop" for one in shown.failed)
    kind = "stops" if stops else "warns"
    counts = {"failed": number(len(shown.failed), language=visit.language)}
    return visit.say(f"quality.lead.{kind}", **fields, **counts, stops=number(stops, language=visit.language))


def _set_apart(visit: Visit, shown: Quality) -> None:
    say = visit.say
    visit.draw(markup.section_head(say("quality.apart.title"), what=say("quality.apart.what")))
    if not shown.set_apart:
        visit.draw(markup.plain(say("quality.apart.none")))
        return
    if shown.rows_set_apart > len(shown.set_apart):
        count = number(shown.rows_set_apart, language=visit.language)
        visit.draw(markup.plain(say("quality.apart.first", shown=len(shown.set_apart), count=count)))
    st.dataframe(
        pd.DataFrame(
            [
                {
                    say("controls.day"): short_day(one.day, language=visit.language),
                    say("quality.table"): one.table,
                    say("quality.apart.key"): one.key,
                    say("quality.apart.expectation"): expectation_sentence(one.expectation),
                    say("quality.apart.reason"): _place(visit, one.reason),
                }
                for one in shown.set_apart
            ]
        ),
        hide_index=True,
        width="stretch",
    )


def _place(visit: Visit, reason: str) -> str:
    """Return the columns to look at, or the words for the whole row."""
    return visit.say("quality.apart.whole_row") if reason == WHOLE_ROW else ", ".join(reason.split(","))


show(current())
