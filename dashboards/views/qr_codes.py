"""The page of QR codes: printing, last scans, silent codes, replacing and retiring, the self-test."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.actions.code_actions import add_code, replace_code, retire_code
from dashboards.actions.confirmed_action import draw_result
from dashboards.actions.exports import download_csv, download_pdf
from dashboards.choices.cafe_choice import choose_cafe
from dashboards.reading.code_scans import DAYS, TABLES, code_scans
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.visit import Visit, current
from dashboards.words.code_words import SECTION, event_row, place_name
from operations.codes.pictures import code_address, qr_png, self_test_address, typed_address
from operations.codes.sheet import sheet_pdf
from pilot.business_days import business_day, days_between
from pilot.cafes import Cafe
from pilot.code_silence import is_silent
from pilot.formatting import clock_time, short_day
from pilot.opening_hours import opening_at
from storage.errors import StoreAway
from storage.store.cafes import codes
from storage.store.cafes.codes import Code


def show(visit: Visit) -> None:
    """Draw the page."""
    say = visit.sayer(SECTION)
    head = st.container()
    with st.container(horizontal=True, key="controls"):
        cafe = choose_cafe(visit)
    with head:
        visit.draw(fragments.page_head(crumb=say("crumb"), title=cafe.name, freshness=""))
    draw_result(visit)
    try:
        store = visit.store(cafe=cafe.id, permission="cafe.change")
        every, events = codes.of_cafe(store, cafe.id), codes.history(store, cafe.id)
    except StoreAway:
        visit.draw(fragments.paragraph(say("away")))
        return
    active = [one for one in every if one.retired_at is None]
    scans = _scans(visit, cafe) if active else {}
    silent = [
        one.code for one in active if is_silent(cafe, issued=one.created_at, scanned=scans.get(one.code), now=visit.now)
    ]
    _lead(visit, cafe, active, silent)
    for one in sorted(active, key=lambda one: one.code not in silent):
        _card(visit, cafe, one, scanned=scans.get(one.code), is_quiet=one.code in silent)
    add_code(visit, cafe)
    if events:
        visit.draw(fragments.section_head(say("history.title"), summary=say("history.what")))
        known = {one.code: one for one in every}
        rows = pd.DataFrame([event_row(visit, event, known) for event in events])
        st.dataframe(rows, hide_index=True, width="stretch")
        download_csv(visit, list(rows.columns), lambda: rows.itertuples(index=False), name=f"koder-{cafe.id}")


def _scans(visit: Visit, cafe: Cafe) -> Mapping[str, datetime]:
    first = visit.today - timedelta(days=DAYS - 1)
    with PageSnapshot(visit.lake(), *TABLES, days=list(days_between(first, visit.today))) as snapshot:
        return code_scans(
            snapshot, snapshot.key, cafe=cafe.id, first=first, last=visit.today, simulated=visit.simulated
        )


def _lead(visit: Visit, cafe: Cafe, active: Sequence[Code], silent: Sequence[str]) -> None:
    say = visit.sayer(SECTION)
    if not active:
        visit.draw(fragments.lead(say("none")))
        return
    if silent:
        text = say("lead.silent", silent=len(silent), count=len(active))
    else:
        key = "well" if opening_at(cafe, visit.now).open else "closed"
        text = say(f"lead.{key}_one" if len(active) == 1 else f"lead.{key}", count=len(active))
    visit.draw(fragments.lead(text))
    _download(visit, cafe, active, label=say("all"), name=cafe.id)
    visit.draw(fragments.section_head(say("test.title"), summary=say("test.what")))


def _card(visit: Visit, cafe: Cafe, one: Code, *, scanned: datetime | None, is_quiet: bool) -> None:
    say, public_url = visit.sayer(SECTION), visit.home.settings.public_url
    place, link = place_name(visit, one.label), code_address(one.code, public_url=public_url)
    last = say("card.scanned", when=_moment(visit, scanned)) if scanned else say("card.never", days=DAYS)
    with st.container(border=True, key=f"code-{one.code}"):
        visit.draw(
            fragments.render(
                "code_card",
                picture=base64.b64encode(qr_png(link)).decode(),
                alt=say("card.picture", place=place, link=link),
                title=f"{place} · {one.code}",
                flag=say("card.silent") if is_quiet else "",
                flag_do=say("card.silent_do") if is_quiet else "",
                links=[
                    (say(f"card.{name}"), address, typed_address(address))
                    for name, address in (("link", link), ("test", self_test_address(one.code, public_url=public_url)))
                ],
                details=[last, say("card.issued", when=_moment(visit, one.created_at))],
            )
        )
        _download(visit, cafe, [one], label=say("card.print", place=place), name=f"{cafe.id}-{one.code}")
        with st.expander(say("replace.title", place=f"{place} ({one.code})"), key=f"change-{one.code}"):
            replace_code(visit, cafe, one)
            retire_code(visit, cafe, one.code, key=f"retire-{one.code}")


def _download(visit: Visit, cafe: Cafe, some: Sequence[Code], *, label: str, name: str) -> None:
    def made() -> bytes:
        visit.confirm(cafe=cafe.id, permission="cafe.change")
        return sheet_pdf(cafe, some, public_url=visit.home.settings.public_url)

    download_pdf(made, label=label, name=f"qr-{name}")


def _moment(visit: Visit, moment: datetime) -> str:
    return f"{short_day(business_day(moment), language=visit.language)} {clock_time(moment)}"


show(current())
