"""The page of what guests say over a period: themes, their words, search, and the manager's labels."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboards import fragments
from dashboards.actions import exports
from dashboards.actions.feedback_label import label_form
from dashboards.charts.satisfaction_chart import satisfaction as satisfaction_chart
from dashboards.charts.satisfaction_chart import satisfaction_in_words
from dashboards.choices.cafe_choice import choose_cafe
from dashboards.choices.period_choice import choose_period
from dashboards.choices.url_choice import url_choice
from dashboards.parts import feedback_fragments
from dashboards.parts.empty_state import draw_empty_state
from dashboards.parts.number_links import Behind, number_table
from dashboards.parts.satisfaction_fragments import satisfaction, share_value, themes_table
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import extent
from dashboards.reading.guests_say import TABLES, Filter, Found, find
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.satisfaction import TABLES as SATISFACTION_TABLES
from dashboards.reading.satisfaction import Period, compared_days, period
from dashboards.visit import Visit, current
from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.composed import composed
from pilot.dayparts import DAYPARTS
from pilot.formatting import clock_time, long_day, number, short_day
from pipelines.feedback.satisfaction import SATISFACTIONS
from pipelines.language.labels import THEMES

SHOWN_AT_FIRST = 10
MOST_EXPORTED = 5_000
SEARCH = "sok"  # in the address
EVERY = "alla"


def show(visit: Visit) -> None:
    """Draw the page."""
    lake = visit.lake()
    days = extent(lake, versions_key(lake, *CALENDAR_TABLES), cafes=visit.ids, simulated=visit.simulated)
    if days.first is None:
        draw_empty_state(visit)
        return
    head = st.container()
    with st.container(horizontal=True, key="controls"):
        cafe = choose_cafe(visit)
        first, last = choose_period(visit, days)
    fresh = visit.say(
        "guests.period",
        first=long_day(first, language=visit.language),
        last=long_day(last, language=visit.language),
        days=(last - first).days + 1,
    )
    with head:
        visit.draw(fragments.page_head(crumb=visit.say("guests.crumb"), title=cafe.name, freshness=fresh))
    figures = st.container()
    wanted = _filters(visit)
    with PageSnapshot(lake, *SATISFACTION_TABLES, days=compared_days(first, last)) as snapshot:
        found = period(
            snapshot,
            snapshot.key,
            cafe=cafe.id,
            first=first,
            last=last,
            simulated=visit.simulated,
            dayparts=(wanted.daypart,) if wanted.daypart else (),
        )
    with figures:
        _figures(visit, cafe, found, behind=Behind((cafe.id,), first, last, wanted.daypart))

    def search(most: int) -> Found:
        """Read on a snapshot of its own, so that what was erased meanwhile is not in a file."""
        with PageSnapshot(visit.lake(), *TABLES, days=compared_days(first, last, before=0)) as snapshot:
            return find(
                snapshot,
                snapshot.key,
                cafe=cafe.id,
                first=first,
                last=last,
                simulated=visit.simulated,
                wanted=wanted,
                most=most,
                cover=visit.cover,
            )

    more = st.session_state.get("more_quotes", 1)
    quotes = search(SHOWN_AT_FIRST * more)
    _quotes(visit, cafe, quotes)
    with st.container(horizontal=True):
        if quotes.total > len(quotes.shown):
            st.button(visit.say("guests.more"), key="show_more", on_click=_more)
        if quotes.total:
            header = [visit.say(f"guests.csv.{name}") for name in ("day", "time", "themes", "score", "words")]
            exports.download_csv(
                visit, header, lambda: _rows(visit, search(MOST_EXPORTED)), name=f"{cafe.id}-{first}-{last}"
            )


def _filters(visit: Visit) -> Filter:
    """Draw the filters, which are part of the address."""
    visit.draw(fragments.section_head(visit.say("guests.quotes.title"), summary=visit.say("guests.quotes.what")))
    names: dict[str, dict[str, str]] = {
        "tema": {name: visit.name_of("aspect", name) for name in THEMES},
        "omdome": {name: visit.say(f"happy.kind.{name}") for name in SATISFACTIONS},
        "del": {name: visit.say(f"guests.daypart.{name}") for name in DAYPARTS},
        "sprak": {name: visit.name_of("language", name) for name in ("sv", "en")},
        "satt": {name: visit.name_of("mode", name) for name in ("voice", "text", "mixed")},
    }
    with st.container(horizontal=True, key="filters"):
        chosen = [
            url_choice(
                visit.say(f"guests.filter.{name}"),
                {EVERY: visit.say("guests.filter.every"), **options},
                default=EVERY,
                name=name,
                width=165,
            )
            for name, options in names.items()
        ]
        words = _search(visit)
    theme, polarity, daypart, language, mode = ("" if each == EVERY else each for each in chosen)
    return Filter(theme, polarity, daypart, language, mode, words)


def _search(visit: Visit) -> str:
    if SEARCH not in st.session_state:
        st.session_state[SEARCH] = composed(st.query_params.get(SEARCH, ""))
    words = composed(st.text_input(visit.say("guests.search"), key=SEARCH, max_chars=80, width=300).strip())
    if words:
        st.query_params[SEARCH] = words
    else:
        st.query_params.pop(SEARCH, None)
    return words


def _by_day(visit: Visit, cafe: Cafe, found: Period, *, daypart: str) -> Markup:
    """Return the chart's counts as a table, each of which opens its sessions."""
    names = {kind: visit.say(f"happy.kind.{kind}") for kind in SATISFACTIONS}
    rows = []
    for day in sorted(found.by_day, reverse=True):
        behind, label = Behind((cafe.id,), day, day, daypart), short_day(day, language=visit.language)
        counts = (
            behind.opens(visit, found.by_day[day].get(kind, 0), f"{name}, {label}", satisfaction=kind)
            for kind, name in names.items()
        )
        rows.append((label, *counts))
    return number_table(visit.say("happy.by_day"), [visit.say("happy.axis_day"), *names.values()], rows)


def _figures(visit: Visit, cafe: Cafe, found: Period, *, behind: Behind) -> None:
    title = fragments.section_head(visit.say("happy.title_period"), summary=visit.say("happy.what_period"))
    visit.draw(satisfaction(visit, found, head=title, behind=behind))
    if not found.usable:
        return
    with st.container(horizontal=True, key="open_kinds"):
        for kind in SATISFACTIONS:
            _opens(visit, found.shares[kind].count, visit.say(f"happy.kind.{kind}"), theme=EVERY, polarity=kind)
    chart = satisfaction_chart(visit, found.by_day)
    st.altair_chart(chart, width="stretch", alt=satisfaction_in_words(visit, found))
    exports.download_chart(visit, chart, name=f"{cafe.id}-noje")
    with st.expander(visit.say("happy.by_day")):
        visit.draw(_by_day(visit, cafe, found, daypart=behind.daypart))
    visit.draw(fragments.section_head(visit.say("guests.themes.title"), summary=visit.say("guests.themes.what")))
    if not found.themes:
        visit.draw(fragments.paragraph(visit.say("guests.themes.none")))
        return
    dayparts = {name: visit.say(f"guests.daypart.{name}") for name in DAYPARTS}
    visit.draw(themes_table(visit, found, dayparts=dayparts, behind=behind))
    with st.container(horizontal=True, key="open_themes"):
        for theme in found.themes:
            _opens(visit, theme.share.count, visit.name_of("aspect", theme.name), theme=theme.name, polarity=EVERY)
    header = [visit.say(f"guests.csv.{name}") for name in ("theme", "count", "of", "share")]
    header += [visit.say(f"happy.kind.{name}") for name in ("positive", "mixed", "negative")]
    rows = [
        (visit.name_of("aspect", each.name), each.share.count, each.share.of, share_value(visit, each.share),
         *(each.polarities[name] for name in ("positive", "mixed", "negative")))
        for each in found.themes
    ]  # fmt: skip
    exports.download_csv(visit, header, lambda: rows, name=f"{cafe.id}-teman")


def _opens(visit: Visit, count: int, name: str, *, theme: str, polarity: str) -> None:
    """Draw a button that shows the feedback behind a number, under it in the list of quotes."""
    label = visit.say("guests.open", what=name[:1].upper() + name[1:], count=number(count, language=visit.language))
    st.button(label, key=f"open-{theme}-{polarity}", on_click=_choose, args=(theme, polarity), disabled=not count)


def _choose(theme: str, polarity: str) -> None:
    st.session_state["tema"], st.session_state["omdome"] = theme, polarity
    st.session_state["more_quotes"] = 1


def _more() -> None:
    st.session_state["more_quotes"] = st.session_state.get("more_quotes", 1) + 1


def _quotes(visit: Visit, cafe: Cafe, quotes: Found) -> None:
    count = number(quotes.total, language=visit.language)
    key = "none" if not quotes.total else "one" if quotes.total == 1 else "some"
    visit.draw(fragments.status(visit.say(f"guests.found.{key}", count=count)))
    for feedback in quotes.shown:
        day = business_day(feedback.sent_at)
        visit.draw(feedback_fragments.quotes(visit, [feedback], day=long_day(day, language=visit.language)))
        label_form(visit, cafe, feedback.session_id, themes=quotes.themes[feedback.session_id])


def _rows(visit: Visit, found: Found) -> list[tuple[object, ...]]:
    return [
        (
            business_day(each.sent_at),
            clock_time(each.sent_at),
            ", ".join(visit.name_of("aspect", name) for name in each.aspects),
            each.score,
            feedback_fragments.words_in_a_line(visit, each),
        )
        for each in found.shown
    ]


show(current())
