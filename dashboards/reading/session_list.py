"""The sessions behind a number: filtered as it is counted, with words by the reader's role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import streamlit as st

from dashboards.reading.cafe_day import Feedback, feedback_of
from dashboards.reading.cover import Cover
from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.dayparts import BEGINS, DAYPARTS
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, SESSIONS, TURNS

TABLES = (SESSIONS, TURNS, SCORED_FEEDBACK, REWARDS, PILOT_KPIS)
NO_MODE = "none"

WITH_VALUE = "select (day, cafe) from pilot_kpis where simulated = $simulated and kpi = '{}' and value is not null"
# The conditions of each filter's values. Every value is one of these: a reader's text never becomes SQL.
CONDITIONS: dict[str, dict[str, str]] = {
    "step": {
        "started": "outcome <> 'opened_only'",
        "consented": "consent",
        "spoke": "first_turn_at is not null",
        "completed": "outcome = 'completed'",
        "decided": "outcome in ('completed', 'abandoned')",
        "left": "started_at is not null and outcome <> 'completed'",
    },
    "mode": {
        **{name: f"session_mode = '{name}'" for name in ("voice", "text", "mixed")},
        NO_MODE: "coalesce(session_mode, '') = ''",
    },
    "satisfaction": {
        "usable": "usable",
        "positive": "usable and satisfaction = 'positive'",
        "mixed": "usable and satisfaction = 'mixed'",
        "negative": "usable and satisfaction = 'negative'",
        "neutral": "usable and satisfaction = 'neutral'",
    },
    "daypart": {
        name: f"sent_hour >= {BEGINS.get(name, 0)} and sent_hour < {following}"
        for name, following in zip(DAYPARTS, [*BEGINS.values(), 24], strict=True)
    },
    "scored": {"yes": "score is not null"},
    "useful": {"yes": "eligible", "no": "not eligible"},
    "reward": {name: f"reward = '{name}'" for name in ("eligible", "held", "declined")},
    "band": {
        "0-60": "score <= 60", "61-75": "score between 61 and 75", "76-90": "score between 76 and 90",
        "91-100": "score > 90",
    },
    "measure": {
        "participation": f"(day, cafe) in ({WITH_VALUE.format('participation')})",
        "completion": f"(day, cafe) in ({WITH_VALUE.format('completion')})",
    },
}  # fmt: skip
THEME_POLARITIES = ("positive", "mixed", "negative")


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions are listed; an empty text is no filter, the others are keys of CONDITIONS.

    Attributes:
        step: The step that was reached.
        hour: Started within this hour on Stockholm's clock, 0-23.
        mode: voice, text, mixed or none.
        satisfaction: usable, or one of the kinds.
        theme: With a claim about this theme, in usable feedback.
        polarity: The claim's polarity.
        daypart: Sent in this part of the day.
        scored: yes for those with a score.
        useful: Whether the score reaches a reward and no signal opposes it.
        reward: The decision on the reward.
        band: The score's band.
        measure: On café-days that this metric has a value for.
    """

    step: str = ""
    hour: str = ""
    mode: str = ""
    satisfaction: str = ""
    theme: str = ""
    polarity: str = ""
    daypart: str = ""
    scored: str = ""
    useful: str = ""
    reward: str = ""
    band: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class ListedSession:
    """One session of the list; without a score, its feedback is None."""

    session_id: str
    cafe: str
    reference: str
    at: datetime
    mode: str
    outcome: str
    reward: str
    feedback: Feedback | None


@dataclass(frozen=True, slots=True)
class SessionList:
    """The sessions behind a number, latest first.

    Attributes:
        total: How many.
        shown: The first of them.
    """

    total: int
    shown: tuple[ListedSession, ...]


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def session_list(
    _snapshot: PageSnapshot,
    key: Key,
    *,
    cafes: tuple[str, ...],
    first: date,
    last: date,
    simulated: bool,
    wanted: SessionFilter,
    most: int,
    cover: Cover,
) -> SessionList:
    """Return the sessions of some cafés and days; `key` is the snapshot's."""
    condition, parameters = _condition(wanted)
    scope = {"cafes": list(cafes), "first": first, "last": last, "simulated": simulated, **parameters}
    total = _snapshot.sql(f"select count(*) from ({SOURCE}) where {condition}", scope).item()  # noqa: S608
    rows = _snapshot.sql(
        f"""
        select session_id, day, cafe, coalesce(reference, ''), "at", coalesce(session_mode, ''), outcome,
            coalesce(reward, ''), score is not null
        from ({SOURCE}) where {condition} order by "at" desc, session_id limit $most
        """,  # noqa: S608
        {**scope, "most": most},
    )
    found = list(rows.iter_rows())
    said = _feedback(_snapshot, found, cafes=cafes, simulated=simulated, cover=cover)
    return SessionList(
        int(total),
        tuple(
            ListedSession(session, cafe, reference, at, mode, outcome, reward, said.get(session))
            for session, _, cafe, reference, at, mode, outcome, reward, _ in found
        ),
    )


# A scored session without a visit counts, too: numbers of feedback are counted from the scores.
SOURCE = """
    select coalesce(visits.session_id, scored.session_id) as session_id, coalesce(visits.day, scored.day) as day,
        coalesce(visits.cafe, scored.cafe) as cafe, visits.reference, visits.mode as session_mode,
        coalesce(visits.outcome, 'completed') as outcome, visits.consent, visits.first_turn_at, visits.started_at,
        coalesce(scored.completed_at, visits.completed_at, visits.started_at, visits.opened_at, visits.last_event_at)
            as "at",
        date_part('hour', timezone('Europe/Stockholm', visits.started_at)) as started_hour,
        date_part('hour', timezone('Europe/Stockholm', scored.completed_at)) as sent_hour,
        scored.score, scored.eligible, coalesce(len(scored.signals) = 0, false) as usable, rewards.outcome as reward,
        coalesce(scored.themes, '{}') as themes,
        coalesce(json_extract_string(scored.themes, '$.*'), []) as polarities,
        case when list_contains(polarities, 'mixed')
                or (list_contains(polarities, 'positive') and list_contains(polarities, 'negative')) then 'mixed'
            when list_contains(polarities, 'positive') then 'positive'
            when list_contains(polarities, 'negative') then 'negative' else 'neutral' end as satisfaction
    from (select * from sessions
          where day between $first and $last and list_contains($cafes, cafe) and simulated = $simulated) as visits
    full join (select * from scored_feedback
          where day between $first and $last and list_contains($cafes, cafe) and simulated = $simulated) as scored
        on scored.session_id = visits.session_id and scored.day = visits.day
    left join (select * from rewards
          where day between $first and $last and list_contains($cafes, cafe) and simulated = $simulated) as rewards
        on rewards.session_id = coalesce(visits.session_id, scored.session_id)
"""


def _condition(wanted: SessionFilter) -> tuple[str, dict[str, Any]]:
    """Return the condition of a filter, and its parameters; values that are unknown match nothing."""
    parts, parameters = ["true"], dict[str, Any]()
    for name, values in CONDITIONS.items():
        value = getattr(wanted, name)
        if value:
            parts.append(f"({values.get(value, 'false')})")
    if wanted.hour:
        parts.append("started_hour = $hour")
        parameters["hour"] = int(wanted.hour) if wanted.hour.isascii() and wanted.hour.isdigit() else -1
    if wanted.theme:
        said = "polarities[list_position(json_keys(themes), $theme)]"
        parts.append(f"usable and {said} is not null")
        parameters["theme"] = wanted.theme
        if wanted.polarity:
            parts.append(f"{said} = $polarity")
            parameters["polarity"] = wanted.polarity
    return " and ".join(parts), parameters


def _feedback(
    snapshot: PageSnapshot, found: Sequence[Any], *, cafes: tuple[str, ...], simulated: bool, cover: Cover
) -> dict[str, Feedback]:
    wanted = {row[0] for row in found if row[-1]}
    days = sorted({row[1] for row in found if row[-1]})
    said = feedback_of(snapshot, days=days, cafes=cafes, simulated=simulated, cover=cover) if days else ()
    return {each.session_id: each for each in said if each.session_id in wanted}
