"""The page of rewards: issued, redeemed, expired and held ones, their cost, a voucher by its code."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.actions.exports import download_csv
from dashboards.actions.voucher_action import SECTION, voucher_action
from dashboards.choices.cafe_choice import choose_cafe
from dashboards.choices.url_choice import url_choice
from dashboards.fragments import Figure
from dashboards.parts.number_links import Behind, in_text
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.reading.rewards import TABLES, useful_by_day
from dashboards.visit import Visit, current
from payouts.deciding import BUDGET_FACTOR
from pilot.business_days import business_day, days_between
from pilot.cafes import Cafe
from pilot.formatting import clock_time, long_day, number, short_day
from pilot.money import kronor
from pilot.words import section
from storage.errors import StoreAway
from storage.store.cafes import trial_slots
from storage.store.cafes.trial_slots import TrialUse
from storage.store.rewards.cafe_rewards import CafeReward, RewardState, of_cafe

PERIODS = ("30", "90", "180")  # days up to today; a voucher expires after ninety
FEW_USEFUL = 30  # below it, a cost per useful feedback says little
STATES: tuple[RewardState, ...] = ("redeemed", "issued", "bank", "expired")


def show(visit: Visit) -> None:
    """Draw the page."""
    say = visit.sayer(SECTION)
    head = st.container()
    with st.container(horizontal=True, key="controls"):
        cafe = choose_cafe(visit)
        names = {each: visit.say("controls.last_days", days=each) for each in PERIODS}
        days = int(url_choice(say("days.period"), names, default=PERIODS[0], name="dagar", width=220))
    with head:
        visit.draw(fragments.page_head(crumb=say("crumb"), title=cafe.name, freshness=""))
    first = visit.today - timedelta(days=days - 1)
    try:
        store = visit.store(cafe=cafe.id, permission="feedback")
        found = of_cafe(store, cafe.id, first=first, last=visit.today, simulated=visit.simulated)
        use = trial_slots.usage(store, cafe)
    except StoreAway:
        visit.draw(fragments.paragraph(say("away")))
        return
    with PageSnapshot(visit.lake(), *TABLES, days=list(days_between(first, visit.today))) as snapshot:
        useful = useful_by_day(
            snapshot, snapshot.key, cafe=cafe.id, first=first, last=visit.today, simulated=visit.simulated
        )
    granted = [one for one in found if one.is_granted]
    _lead(visit, granted, days=days)
    voucher_action(visit, cafe)
    if granted:
        _figures(visit, granted, useful=sum(useful.values()), behind=Behind((cafe.id,), first, visit.today))
    _limits(visit, cafe, granted, use=use, days=days)
    _held(visit, [one for one in found if one.state == "held"])
    _declined(visit, [one for one in found if one.state in ("declined", "refused")])
    _days(visit, cafe, found, useful, days=days)


def _lead(visit: Visit, granted: Sequence[CafeReward], *, days: int) -> None:
    key = "lead_none" if not granted else "lead_one" if len(granted) == 1 else "lead"
    fields = {
        "granted": number(len(granted), language=visit.language),
        "amount": _sum(granted),
        "redeemed": number(sum(one.state == "redeemed" for one in granted), language=visit.language),
    }
    visit.draw(fragments.lead(visit.sayer(SECTION)(key, days=days, **fields)))


def _figures(visit: Visit, granted: Sequence[CafeReward], *, useful: int, behind: Behind) -> None:
    say = visit.sayer(SECTION)
    items = []
    for state in STATES:
        some = [one for one in granted if one.state == state]
        lines = (_sum(some), "" if state == "redeemed" else say(f"figure.{state}_what"))
        items.append(Figure(say(f"figure.{state}"), number(len(some), language=visit.language), lines))
    cost = _per_useful(sum(one.amount_ore for one in granted), useful)
    key = "none" if not useful else "few" if useful < FEW_USEFUL else "of"
    what = say("figure.useful_what")
    notes = (
        in_text(
            say(f"figure.per_useful_{key}", useful="{useful}"), useful=behind.opens(visit, useful, what, useful="yes")
        ),
    )
    items.append(Figure(say("figure.per_useful"), cost, notes))
    visit.draw(fragments.figures(items))


def _limits(visit: Visit, cafe: Cafe, granted: Sequence[CafeReward], *, use: TrialUse, days: int) -> None:
    say = visit.sayer(SECTION)
    visit.draw(fragments.section_head(say("limits.title"), summary=say("limits.what")))
    by_day = Counter(one.day for one in granted)
    left = max(0, use.limit - use.used - use.reserved)
    lines = [
        say("limits.trial" if left else "limits.trial_full", used=use.used, limit=use.limit, left=left),
        say("limits.day", most=BUDGET_FACTOR * cafe.expected_feedbacks_per_day.high, today=by_day[visit.today]),
    ]
    if by_day:
        day, count = max(by_day.items(), key=lambda each: (each[1], each[0]))
        lines.append(say("limits.busiest", days=days, count=count, day=long_day(day, language=visit.language)))
    visit.draw(fragments.points(lines))


def _held(visit: Visit, held: Sequence[CafeReward]) -> None:
    say = visit.sayer(SECTION)
    visit.draw(fragments.section_head(say("held.title"), summary=say("held.what") if held else say("held.none")))
    groups: dict[str, list[CafeReward]] = defaultdict(list)
    for one in held:
        groups[one.reason].append(one)
    lines = []
    for reason, some in groups.items():
        until = [one.held_until for one in some if one.held_until is not None]
        key = ("line" if until else "line_open") + ("_one" if len(some) == 1 else "")
        when = _moment(visit, min(until)) if until else ""
        lines.append(say(f"held.{key}", count=len(some), amount=_sum(some), reason=_reason(visit, reason), until=when))
    if lines:
        visit.draw(fragments.points(lines))


def _declined(visit: Visit, declined: Sequence[CafeReward]) -> None:
    if not declined:
        return
    say = visit.sayer(SECTION)
    refused = say("declined.refused")
    reasons = Counter(refused if one.state == "refused" else _reason(visit, one.reason) for one in declined)
    visit.draw(fragments.section_head(say("declined.title")))
    visit.draw(
        fragments.points([say("declined.line", reason=_capital(why), count=n) for why, n in reasons.most_common()])
    )


def _days(visit: Visit, cafe: Cafe, found: Sequence[CafeReward], useful: dict[date, int], *, days: int) -> None:
    say = visit.sayer(SECTION)
    visit.draw(fragments.section_head(say("days.title"), summary=say("days.what") if found else say("days.none")))
    if not found:
        return
    names = ("day", "count", "granted", "redeemed", "open", "bank", "expired", "useful", "per_useful")
    header = [say(f"days.{name}") for name in names]
    some = sorted({one.day for one in found} | set(useful), reverse=True)
    rows = {day: _day_row(visit, [one for one in found if one.day == day], useful.get(day, 0)) for day in some}
    shown = [[short_day(day, language=visit.language), *row] for day, row in rows.items()]
    st.dataframe(pd.DataFrame(shown, columns=header), hide_index=True, width="stretch")
    in_file = [[day.isoformat(), *row] for day, row in rows.items()]
    download_csv(visit, header, lambda: in_file, name=f"beloningar-{cafe.id}-{days}")


def _day_row(visit: Visit, some: Sequence[CafeReward], useful: int) -> list[str]:
    granted = [one for one in some if one.is_granted]
    of_state = [_sum([one for one in granted if one.state == state]) for state in STATES]
    return [
        number(len(granted), language=visit.language),
        _sum(granted),
        *of_state,
        number(useful, language=visit.language),
        _per_useful(sum(one.amount_ore for one in granted), useful),
    ]


def _per_useful(ore: int, useful: int) -> str:
    return kronor(round(ore / useful)) if useful else "–"


def _sum(some: Sequence[CafeReward]) -> str:
    return kronor(sum(one.amount_ore for one in some))


def _reason(visit: Visit, codes: str) -> str:
    words = section("money", visit.language)
    return ", ".join(words.get(f"reason.{code}", code) for code in codes.split(","))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _moment(visit: Visit, moment: datetime) -> str:
    return f"{short_day(business_day(moment), language=visit.language)} {clock_time(moment)}"


show(current())
