"""The guests' words of a period: filtered, searched, and quoted in redacted form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl
import streamlit as st

from dashboards.reading.cafe_day import Feedback, turns_of
from dashboards.reading.cover import Cover, reason
from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.dayparts import daypart
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSIONS, TURNS
from pipelines.feedback.satisfaction import satisfaction_of

TABLES = (SESSIONS, TURNS, SCORED_FEEDBACK)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which feedback is shown; an empty text is no filter.

    Attributes:
        theme: With a claim about this theme.
        polarity: Of the theme if there is one, else of the session: positive, mixed, negative or neutral.
        daypart: Sent in this part of the day.
        language: Spoken in this language.
        mode: voice, text or mixed.
        words: With these words, in any case.
    """

    theme: str = ""
    polarity: str = ""
    daypart: str = ""
    language: str = ""
    mode: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The feedback that a filter finds, latest first.

    Attributes:
        total: How many.
        shown: The first of them, with words.
        themes: The polarity of each theme, by session.
    """

    total: int
    shown: tuple[Feedback, ...]
    themes: dict[str, dict[str, str]]


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def find(
    _snapshot: PageSnapshot,
    key: Key,
    *,
    cafe: str,
    first: date,
    last: date,
    simulated: bool,
    wanted: Filter,
    most: int,
    cover: Cover,
) -> Found:
    """Return usable feedback of one café's period; `key` is the snapshot's."""
    rows = _snapshot.sql(
        f"""
        select
            feedback.day, feedback.session_id, feedback.completed_at, feedback.language,
            coalesce(sessions.mode, '') as mode,
            feedback.score, feedback.actionability, feedback.aspects, feedback.signals,
            coalesce(feedback.flags, []) as flags, coalesce(feedback.themes, '{{}}') as themes,
            {reason("feedback")} as covered
        from scored_feedback as feedback
        left join sessions on sessions.session_id = feedback.session_id and sessions.day = feedback.day
        where feedback.cafe = ? and feedback.simulated = ? and feedback.day between ? and ?
            and len(feedback.signals) = 0
            and (? = '' or feedback.language = ?)
            and (? = '' or list_contains(feedback.aspects, ?))
            and (? = '' or sessions.mode = ?)
            and (? = '' or feedback.session_id in (
                select session_id from turns
                where cafe = ? and simulated = ? and day between ? and ?
                    and contains(lower({cover.words("transcript")}), lower(?))
            ) and {cover.may_read("feedback")})
        order by feedback.completed_at desc, feedback.session_id
        """,  # noqa: S608
        (
            *(cafe, simulated, first, last),
            *(wanted.language, wanted.language),
            *(wanted.theme, wanted.theme),
            *(wanted.mode, wanted.mode),
            *(wanted.words, cafe, simulated, first, last, wanted.words),
        ),
    ).with_columns(claims=pl.col("themes").str.extract_all(r'"\w+":\s*"\w+"'))
    kept = []
    for row in rows.iter_rows(named=True):
        themes = dict(claim.replace('"', "").replace(" ", "").split(":") for claim in row["claims"])
        polarity = themes.get(wanted.theme, "") if wanted.theme else satisfaction_of(themes.values())
        if wanted.polarity in ("", polarity) and wanted.daypart in ("", daypart(row["completed_at"])):
            kept.append((row, themes))
    quoted = turns_of(
        _snapshot, days=sorted({row["day"] for row, _ in kept[:most]}), cafes=(cafe,), simulated=simulated, cover=cover
    )
    shown = tuple(
        Feedback(
            session_id=row["session_id"],
            sent_at=row["completed_at"],
            language=row["language"],
            mode=row["mode"],
            score=row["score"],
            actionability=row["actionability"],
            aspects=tuple(row["aspects"]),
            signals=(),
            flags=tuple(row["flags"]),
            turns=tuple(quoted.get(row["session_id"], ())),
            satisfaction=satisfaction_of(themes.values()),
            covered=row["covered"],
        )
        for row, themes in kept[:most]
    )
    return Found(len(kept), shown, {row["session_id"]: themes for row, themes in kept[:most]})
