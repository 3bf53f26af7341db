"""The what-if page: more cafés, busier hours or other replicas, and what they would mean and cost."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from dashboards import fragments
from dashboards.choices.day_choice import freshness
from dashboards.fragments import Figure
from dashboards.parts.empty_state import draw_empty_state
from dashboards.parts.number_links import number_table
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import extent
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.what_if import TABLES, LoadSoFar, load_so_far
from dashboards.visit import Visit, current
from operations.load_records import read_load_tests
from operations.system import RUN_FOLDER
from pilot.business_days import days_between
from pilot.formatting import measure, number
from pipelines.reports.capacity_plan import LoadTest, measured_concurrency
from pipelines.reports.what_if import Outcome, Plan, what_if, with_cafes
from pipelines.statistics.queueing import MOST_BLOCKED

DAYS = 28
ORE = 100
RUNBOOK_PLACES = 10  # the runbook's load test; the input until one is recorded
USUAL_SECONDS = 60
USUAL_PEAK_SHARE = 0.2
MOST_CAFES, MOST_SESSIONS, MOST_PLACES, MOST_REPLICAS = 10_000, 2_000, 1_000, 1_000
MOST_KRONOR = 1_000_000
OTHER_CAFES = (3, 10, 30, 100, 300, 1_000, 3_000, 10_000)


def show(visit: Visit) -> None:
    """Draw the page."""
    lake, say = visit.lake(), visit.say
    known = extent(lake, versions_key(lake, *CALENDAR_TABLES), cafes=visit.ids, simulated=visit.simulated)
    if known.first is None:
        draw_empty_state(visit, commands=True)
        return
    visit.draw(
        fragments.page_head(crumb=say("what_if.crumb"), title=say("what_if.title"), freshness=freshness(visit, known))
    )
    last = known.last_sessions or visit.today
    first = last - timedelta(days=DAYS - 1)
    with PageSnapshot(lake, *TABLES, days=list(days_between(first, last))) as snapshot:
        found = load_so_far(snapshot, snapshot.key, cafes=visit.ids, first=first, last=last, simulated=visit.simulated)
    tests = [LoadTest(one.guests, one.passed, one.at) for one in read_load_tests(visit.home.root / RUN_FOLDER)]
    places = measured_concurrency(tests)
    answer = st.container()
    plan = _inputs(visit, found, places=places)
    outcome = what_if(plan)
    with answer:
        visit.draw(fragments.lead(_lead(visit, plan, outcome), notes=[say("what_if.model")]))
        _figures(visit, plan, outcome)
    _table(visit, plan)
    visit.draw(fragments.section_head(say("what_if.not_in.title"), summary=say("what_if.not_in.what")))


def _inputs(visit: Visit, found: LoadSoFar, *, places: int | None) -> Plan:
    """Draw the inputs, which start from what was measured; return the plan."""
    say = visit.say
    visit.draw(fragments.section_head(say("what_if.inputs.title"), summary=say("what_if.inputs.what", days=DAYS)))
    a_day = found.sessions / found.cafe_days if found.cafe_days else 0.0
    peak = found.in_busiest_hour / found.sessions if found.sessions else USUAL_PEAK_SHARE
    reward = found.granted_ore / ORE / found.sessions if found.sessions else 0.0
    start = Plan(
        cafes=len(visit.cafes), sessions_a_day=round(a_day, 1), peak_share=round(peak, 2), replicas=1,
        seconds=float(round(found.mean_seconds or USUAL_SECONDS)), places=places or RUNBOOK_PLACES, replica_kr=0.0,
        reward_kr=round(reward, 2),
    )  # fmt: skip
    with st.container(horizontal=True, key="what-if-inputs"):
        return Plan(
            cafes=int(_number(visit, "cafes", start.cafes, most=MOST_CAFES, least=1)),
            sessions_a_day=_number(visit, "sessions_a_day", start.sessions_a_day, most=MOST_SESSIONS),
            peak_share=_number(visit, "peak_share", start.peak_share * 100, most=100) / 100,
            seconds=_number(visit, "seconds", start.seconds, most=3600),
            places=int(
                _number(
                    visit,
                    "places",
                    start.places,
                    most=MOST_PLACES,
                    least=1,
                    known="measured" if places else "unmeasured",
                )
            ),
            replicas=int(_number(visit, "replicas", start.replicas, most=MOST_REPLICAS, least=1)),
            replica_kr=_number(visit, "replica_kr", start.replica_kr, most=MOST_KRONOR),
            reward_kr=_number(visit, "reward_kr", start.reward_kr, most=MOST_KRONOR),
        )


def _number(visit: Visit, name: str, value: float, *, most: int, least: int = 0, known: str = "help") -> float:
    whole = isinstance(value, int)
    kind = int if whole else float
    return st.number_input(
        visit.say(f"what_if.inputs.{name}.label"),
        min_value=kind(least),
        max_value=kind(most),
        value=min(kind(value), kind(most)),
        step=kind(1),
        format="%d" if whole else "%.1f" if name != "reward_kr" else "%.2f",
        help=visit.say(f"what_if.inputs.{name}.{known}"),
        key=f"what_if_{name}",
        width=220,
    )


def _lead(visit: Visit, plan: Plan, outcome: Outcome) -> str:
    enough = plan.replicas >= outcome.replicas_needed
    key = ("enough" if enough else "too_few") + ("_one" if plan.replicas == 1 else "")
    return visit.say(
        f"what_if.{key}",
        cafes=number(plan.cafes, language=visit.language),
        load=number(outcome.load, language=visit.language, decimals=1),
        replicas=number(plan.replicas, language=visit.language),
        needed=number(outcome.replicas_needed, language=visit.language),
        blocked=_share(visit, outcome.blocked),
        most=_share(visit, MOST_BLOCKED),
    )


def _figures(visit: Visit, plan: Plan, outcome: Outcome) -> None:
    say = visit.say
    needed = number(outcome.replicas_needed, language=visit.language)
    total = outcome.servers_needed_kr + outcome.rewards_kr
    visit.draw(
        fragments.figures(
            [
                Figure(
                    say("what_if.figure.replicas"),
                    needed,
                    (say("what_if.figure.replicas_what", most=_share(visit, MOST_BLOCKED)),),
                ),
                Figure(
                    say("what_if.figure.blocked"), _share(visit, outcome.blocked), (say("what_if.figure.blocked_what"),)
                ),
                Figure(
                    say("what_if.figure.sessions"),
                    number(outcome.sessions_a_month, language=visit.language),
                    (say("what_if.figure.sessions_what"),),
                ),
                Figure(
                    say("what_if.figure.cost"),
                    _kronor(visit, total),
                    (
                        say(
                            "what_if.figure.cost_what" if plan.replica_kr else "what_if.figure.cost_no_price",
                            servers=_kronor(visit, outcome.servers_needed_kr),
                            rewards=_kronor(visit, outcome.rewards_kr),
                        ),
                    ),
                ),
            ]
        )
    )


def _table(visit: Visit, plan: Plan) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("what_if.table.title"), summary=say("what_if.table.what")))
    rows = []
    for cafes in sorted({*OTHER_CAFES, plan.cafes}):
        outcome = what_if(with_cafes(plan, cafes))
        price = plan.replica_kr > 0
        rows.append(
            (
                number(cafes, language=visit.language),
                number(outcome.load, language=visit.language, decimals=1),
                number(outcome.replicas_needed, language=visit.language),
                _kronor(visit, outcome.servers_needed_kr) if price else say("what_if.table.no_price"),
                _kronor(visit, outcome.rewards_kr),
                _kronor(visit, outcome.servers_needed_kr + outcome.rewards_kr)
                if price
                else say("what_if.table.no_price"),
            )
        )
    heads = [say(f"what_if.table.{name}") for name in ("cafes", "load", "replicas", "servers", "rewards", "total")]
    with st.container(key="what-if-table"):
        visit.draw(number_table(say("what_if.table.title"), heads, rows))


def _share(visit: Visit, value: float) -> str:
    return measure(value, unit="share", language=visit.language, decimals=1)


def _kronor(visit: Visit, value: float) -> str:
    return f"{number(value, language=visit.language)}\u00a0kr"


show(current())
