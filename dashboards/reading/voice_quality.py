"""The voice turns of a period: latency by stage, and answers not heard by group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.insight_tables import VOICE_LATENCY
from pilot.lake_tables.tables import SESSIONS, TURNS

TABLES = (VOICE_LATENCY, TURNS, SESSIONS)  # no table of days has the silent turns by browser

Split = Literal["language", "browser", "cafe"]
SPLITS: tuple[Split, ...] = ("language", "browser", "cafe")
COUNTS = ("turns", "silent", "unsure")
STAGES = ("soft_end", "recognition_start", "recognition_end", "commit", "first_token", "sent", "shown")


@dataclass(frozen=True, slots=True)
class StageLatency:
    """One stage over café-days: the mean of their figures, weighted by turns, and the worst p95."""

    stage: str
    measured: int
    p50_ms: float | None
    p95_ms: float | None
    worst_ms: float | None


@dataclass(frozen=True, slots=True)
class HeardGroup:
    """The voice turns of one language, browser or café; the name is empty if it is unknown."""

    name: str
    turns: int
    silent: int
    unsure: int


@dataclass(frozen=True, slots=True)
class VoiceQuality:
    """The voice turns of a period."""

    stages: tuple[StageLatency, ...]
    groups: dict[Split, tuple[HeardGroup, ...]]

    @property
    def turns(self) -> int:
        """Return the number of voice turns."""
        return sum(one.turns for one in self.groups["cafe"])


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def voice_quality(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], first: date, last: date, simulated: bool
) -> VoiceQuality:
    """Return the voice turns of these cafés from `first` to `last`; `key` is the snapshot's."""
    scope = (first, last, list(cafes), simulated)
    stages = _snapshot.sql(
        """
        select stage, sum(measured), sum(p50_ms * measured) / nullif(sum(measured) filter (p50_ms is not null), 0),
            sum(p95_ms * measured) / nullif(sum(measured) filter (p95_ms is not null), 0), max(p95_ms)
        from voice_latency
        where day between $1 and $2 and list_contains($3, cafe) and simulated = $4 and measured > 0
        group by stage
        """,
        scope,
    )
    found = {row[0]: StageLatency(row[0], int(row[1]), *row[2:]) for row in stages.iter_rows()}
    turns = _snapshot.sql(
        """
        select coalesce(turns.language, '') as language, coalesce(sessions.browser, '') as browser, turns.cafe as cafe,
            count(*) as turns, count(*) filter (coalesce(transcript, '') = '') as silent,
            count(*) filter (coalesce(low_confidence, false)) as unsure
        from turns left join sessions on sessions.session_id = turns.session_id and sessions.day = turns.day
        where turns.day between $1 and $2 and list_contains($3, turns.cafe) and turns.simulated = $4
            and turns.mode = 'voice'
        group by turns.language, sessions.browser, turns.cafe
        """,
        scope,
    )
    groups: dict[Split, tuple[HeardGroup, ...]] = {}
    for split in SPLITS:
        together = turns.select(split, *COUNTS).group_by(split).sum().sort(split)
        groups[split] = tuple(HeardGroup(*row) for row in together.iter_rows())
    return VoiceQuality(tuple(found[stage] for stage in STAGES if stage in found), groups)
