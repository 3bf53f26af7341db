"""The business page's comparison of cafés: by name, never as a league, with what cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.charts import period_charts
from dashboards.reading.fair_comparison import ComparedCafe, FairComparison
from dashboards.reading.kpi_period import Measure
from dashboards.visit import Visit
from dashboards.words.measure_words import range_in_words, value_in_words
from pilot.formatting import join_names, number
from pilot.swedish_order import swedish_key

MOST_DRAWN = 40  # cafés in the chart; with more, only those that differ from the mean
MOST_NAMED = 6


def draw_comparison(visit: Visit, code: Measure, found: FairComparison) -> None:
    """Draw the comparison of one measure: a sentence, a chart and a table in the order of the names."""
    say = visit.say
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    visit.draw(
        fragments.section_head(say("kpi_page.fair.title"), summary=say("kpi_page.fair.what"))
        + fragments.lead(_in_words(visit, found, names), notes=_notes(visit, found, names))
    )
    by_name = sorted(((names[one.cafe], one) for one in found.cafes), key=lambda each: swedish_key(each[0]))
    drawn = by_name if len(by_name) <= MOST_DRAWN else [each for each in by_name if each[1].side][:MOST_DRAWN]
    if found.centre is not None and drawn:
        alt = say(
            "kpi_page.fair.alt",
            measure=say(f"kpi_page.measure.{code}"),
            count=len(drawn),
            mean=value_in_words(visit, code, found.centre),
            verdict=_in_words(visit, found, names),
        )
        st.altair_chart(period_charts.beside(visit, code, drawn, centre=found.centre), width="stretch", alt=alt)
    _table(visit, code, found, by_name)


def _in_words(visit: Visit, found: FairComparison, names: dict[str, str]) -> str:
    say = visit.say
    if found.centre is None:
        return say("kpi_page.fair.too_few")
    above, below = ([names[one.cafe] for one in found.cafes if one.side == side] for side in (1, -1))
    if not found.any_differ and not above and not below:
        return say("kpi_page.fair.alike", cafes=len(found.cafes))
    parts = [
        say(f"kpi_page.fair.{key}", cafes=_named(visit, some))
        for key, some in (("above", above), ("below", below))
        if some
    ]
    if not parts:
        return say("kpi_page.fair.some_differ")
    rest = len(found.cafes) - len(above) - len(below)
    if rest:
        parts.append(say("kpi_page.fair.rest_one" if rest == 1 else "kpi_page.fair.rest", cafes=rest))
    return " ".join(parts)


def _named(visit: Visit, names: Sequence[str]) -> str:
    if len(names) > MOST_NAMED:
        return visit.say("kpi_page.fair.many", count=number(len(names), language=visit.language))
    return join_names(sorted(names, key=swedish_key), language=visit.language)


def _notes(visit: Visit, found: FairComparison, names: dict[str, str]) -> list[str]:
    notes = [visit.say("kpi_page.fair.method")] if found.centre is not None else []
    if found.centre is not None and found.too_little:
        some = [names[cafe] for cafe, _ in found.too_little]
        notes.append(visit.say("kpi_page.fair.left_out", cafes=_named(visit, some)))
    return notes


def _table(visit: Visit, code: Measure, found: FairComparison, by_name: Sequence[tuple[str, ComparedCafe]]) -> None:
    say = visit.say
    rows = [
        {
            say("controls.cafe"): name,
            say("kpi_page.fair.raw"): value_in_words(visit, code, one.raw.value),
            say("kpi_page.fair.days"): one.raw.cafe_days,
            say("kpi_page.fair.value"): value_in_words(visit, code, one.value),
            say("overview.trend.range"): range_in_words(visit, code, one.low, one.high),
            say("kpi_page.fair.against"): say(f"kpi_page.fair.side_{('same', 'above', 'below')[one.side]}"),
            say("kpi_page.fair.not_apart"): say("kpi_page.fair.of_others", count=one.alike, all=len(by_name) - 1),
        }
        for name, one in by_name
    ]
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    rows += [
        {
            say("controls.cafe"): names[cafe],
            say("kpi_page.fair.raw"): value_in_words(visit, code, raw.value),
            say("kpi_page.fair.days"): raw.cafe_days,
            say("overview.trend.range"): range_in_words(visit, code, raw.low, raw.high),
            say("kpi_page.fair.against"): say("kpi_page.fair.side_little"),
        }
        for cafe, raw in sorted(found.too_little, key=lambda each: swedish_key(names[each[0]]))
    ]
    st.dataframe(pd.DataFrame(rows).fillna(say("overview.no_value")), hide_index=True, width="stretch")
