"""What holds for every day that can be told, whatever order its events arrive in."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.business_days import day_bounds
from pilot.cafes import parse_cafes
from pilot.lake_tables.tables import CUSTOMER_COUNTS, TABLES
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.figures.kpis import pilot_kpis
from pipelines.figures.uptime import uptime
from pipelines.shapes import schema
from tests.events import MORNING, Story, probes, raw_events

pytestmark = pytest.mark.slow

CAFES = parse_cafes((Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
DAY = MORNING.date()
AS_OF = MORNING + timedelta(hours=1)

STEPS = {
    "open": lambda story: story.opens(),
    "start": lambda story: story.starts(),
    "consent": lambda story: story.consents(),
    "decline": lambda story: story.consents(granted=False),
    "speak": lambda story: story.says("Kön var lång klockan tolv."),
    "speak again": lambda story: story.says("Kön var mycket lång.", turn=max(story.turn, 1), revision=2),
    "write": lambda story: story.says("Jag skriver hellre.", mode="text"),
    "mumble": lambda story: story.says("Mm.", low_confidence=True, shown_after_ms=None),
    "fail": lambda story: story.fails(),
    "mend": lambda story: story.edits(max(story.turn, 1), "Kön var lång."),
    "strike": lambda story: story.edits(max(story.turn, 1), ""),
    "send": lambda story: story.completes(),
    "leave": lambda story: story.leaves(),
    "resume": lambda story: story.resumes(),
    "lose": lambda story: story.loses(),
    "wait": lambda story: story.waits(seconds=900),
}


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Story], pl.DataFrame]:
    """Draw some sessions of any steps, and the probes of a while."""
    stories = []
    for _ in range(draw(st.integers(0, 6))):
        cafe, simulated = draw(st.sampled_from(CAFES.ids)), draw(st.booleans())
        story = Story(cafe, at=MORNING + timedelta(seconds=draw(st.integers(0, 1800))), simulated=simulated)
        for step in draw(st.lists(st.sampled_from(sorted(STEPS)), max_size=12)):
            STEPS[step](story)
        stories.append(story)
    watch = probes(start=MORNING, outcomes=draw(st.lists(st.booleans(), max_size=5)))
    return stories, raw_events(*stories, watch)


def all_tables(raw: pl.DataFrame) -> dict[str, pl.DataFrame]:
    visits, said, service = sessions(raw, as_of=AS_OF), turns(raw), uptime(raw, day=DAY, as_of=AS_OF, cafes=CAFES)
    counts = pl.DataFrame(schema=schema(CUSTOMER_COUNTS))
    return {
        "sessions": visits,
        "turns": said,
        "uptime": service,
        "scored_feedback": scored_feedback(visits, said, cafes=CAFES),
        "pilot_kpis": pilot_kpis(
            day=DAY, as_of=AS_OF, cafes=CAFES, sessions=visits, turns=said, uptime=service, customer_counts=counts
        ),
    }


@settings(max_examples=30)
@given(day=days(), seed=st.integers())
def test_order_and_doubles_change_nothing_and_a_rerun_gives_the_same_rows(
    day: tuple[list[Story], pl.DataFrame], seed: int
) -> None:
    _, raw = day
    shuffled = list(range(raw.height)) + [place for place in range(raw.height) if place % 3 == 0]
    random.Random(seed).shuffle(shuffled)
    first, again, mixed = all_tables(raw), all_tables(raw), all_tables(raw[shuffled])
    for name in first:
        assert first[name].equals(again[name]), name
        assert first[name].equals(mixed[name]), name


@settings(max_examples=30)
@given(day=days())
def test_every_session_appears_once_and_the_outcomes_add_up(day: tuple[list[Story], pl.DataFrame]) -> None:
    stories, raw = day
    tables = all_tables(raw)
    visits = tables["sessions"]
    recorded = {story.session_id for story in stories if story.events}
    assert sorted(visits["session_id"]) == sorted(recorded)
    outcomes = visits["outcome"].value_counts()
    assert set(outcomes["outcome"]) <= {"completed", "abandoned", "open", "opened_only"}
    started = visits.filter(pl.col("started_at").is_not_null())
    assert "opened_only" not in started["outcome"].to_list()
    completed = visits.filter(pl.col("outcome") == "completed")["session_id"]
    assert sorted(tables["scored_feedback"]["session_id"]) == sorted(completed)
    figures = tables["pilot_kpis"].filter(pl.col("kpi") == "completion")
    decided = visits.filter(pl.col("outcome").is_in(["completed", "abandoned"]))
    assert figures["denominator"].sum() == decided.height
    assert figures["numerator"].sum() == completed.len()
    assert (visits["missing_events"] >= 0).all()


@settings(max_examples=30)
@given(day=days())
def test_turns_and_sessions_agree(day: tuple[list[Story], pl.DataFrame]) -> None:
    _, raw = day
    tables = all_tables(raw)
    said, visits = tables["turns"], tables["sessions"]
    by_session = said.group_by("session_id").agg(
        committed=(pl.col("revisions") > 0).sum(), failed=(pl.col("revisions") == 0).sum()
    )
    both = visits.join(by_session, on="session_id", how="left").fill_null(0)
    assert both["turns"].to_list() == both["committed"].to_list()
    assert both["failed_turns"].to_list() == both["failed"].to_list()
    assert said.filter(pl.col("mode") == "voice")["within_target"].null_count() == 0
    voice = tables["pilot_kpis"].filter(pl.col("kpi") == "voice_response")
    assert voice["numerator"].sum() == said["within_target"].sum()
    assert voice["denominator"].sum() == said.filter(pl.col("mode") == "voice").height


@settings(max_examples=20)
@given(day=days())
def test_every_table_has_its_columns_its_key_and_no_hole_where_a_value_is_required(
    day: tuple[list[Story], pl.DataFrame],
) -> None:
    _, raw = day
    for name, frame in all_tables(raw).items():
        table = TABLES[name]
        assert dict(frame.schema) == schema(table), name
        assert frame.select(table.key).is_duplicated().sum() == 0, name
        for column in table.columns:
            assert not column.required or frame[column.name].null_count() == 0, f"{name}.{column.name}"
    start, end = day_bounds(DAY)
    assert start <= AS_OF < end
