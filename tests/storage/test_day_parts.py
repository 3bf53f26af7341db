"""A day written or read in parts is the day that it is in one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pilot.lake_tables.tables import RAW_EVENTS, SESSIONS, TURNS
from pipelines.feedback import sessions as sessions_room
from pipelines.feedback import turns as turns_room
from pipelines.feedback.event_columns import FIELDS, PROBE
from storage.errors import LakeSchemaError
from storage.lake import Lake
from tests.events import MORNING, Story, probes, raw_events, whole_visit

DAY = MORNING.date()
AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def recorded() -> pl.DataFrame:
    odd = Story("malmohuset").opens().starts().consents().says("Kön var lång.").fails().edits(1, "Kön var kort.")
    again = Story("goteborg").opens().starts().loses().resumes().consents(granted=False).leaves("declined")
    return raw_events(
        whole_visit(), whole_visit(simulated=True), odd, again, probes(start=MORNING, outcomes=[True, False])
    )


def written(lake: Lake, raw: pl.DataFrame) -> Lake:
    lake.replace_partition(RAW_EVENTS, DAY, raw, commit={})
    return lake


def test_tables_made_from_parts_are_those_made_from_the_whole_day(lake: Lake) -> None:
    raw = recorded()
    written(lake, raw)
    parts = list(lake.event_parts(DAY, fields=sessions_room.FIELDS, part_rows=8))
    assert len(parts) > 1
    made = pl.concat(sessions_room.sessions(part, as_of=AS_OF) for part in parts)
    assert_frame_equal(made, sessions_room.sessions(raw, as_of=AS_OF))
    parts = list(lake.event_parts(DAY, fields=turns_room.FIELDS, part_rows=8))
    assert_frame_equal(pl.concat(map(turns_room.turns, parts)), turns_room.turns(raw))


@pytest.mark.parametrize(
    "literal", ["1", '"1"', "1.5", "1e3", "true", "null", '"å\\u00e5"', "[1]", "12345678901234567890"]
)
def test_a_field_of_any_kind_is_parsed_as_in_the_pipelines(lake: Lake, literal: str) -> None:
    raw = recorded()
    strange = pl.col("data").str.replace('"turn": 1', f'"turn": {literal}', literal=True)
    raw = raw.with_columns(data=strange)
    (part,) = written(lake, raw).event_parts(DAY, fields=turns_room.FIELDS)
    assert_frame_equal(turns_room.turns(part), turns_room.turns(raw))


def test_a_session_recorded_under_two_cafes_is_whole_in_one_part(lake: Lake) -> None:
    raw = recorded()
    moved = raw.with_columns(
        cafe=pl.when(pl.col("event") == "session_completed").then(pl.lit("zeta")).otherwise("cafe")
    )
    parts = list(written(lake, moved).event_parts(DAY, fields=sessions_room.FIELDS, part_rows=8))
    assert len(parts) == 1
    assert_frame_equal(sessions_room.sessions(parts[0], as_of=AS_OF), sessions_room.sessions(moved, as_of=AS_OF))


def test_probes_are_read_without_customers_events(lake: Lake) -> None:
    (part,) = written(lake, recorded()).event_parts(DAY, fields={PROBE: FIELDS[PROBE]})
    assert part["event"].unique().to_list() == [PROBE]
    assert part["data.ok"].to_list() == ["true", "false"]


def by_cafe(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for _, part in sorted(frame.group_by("cafe")):
        yield part


def test_a_day_written_in_parts_is_the_day_written_at_once(lake: Lake) -> None:
    frame = sessions_room.sessions(recorded(), as_of=AS_OF)
    lake.replace_partition(SESSIONS, DAY, frame, commit={})
    before = lake.read(SESSIONS)
    lake.replace_partition_in_parts(SESSIONS, DAY, lambda: by_cafe(frame), commit={})
    assert_frame_equal(lake.read(SESSIONS), before)
    lake.replace_partition_in_parts(SESSIONS, DAY, list, commit={})
    assert lake.read(SESSIONS).height == 0


def test_a_part_may_read_the_lake_while_it_is_written(lake: Lake) -> None:
    raw = recorded()
    written(lake, raw)

    def parts() -> Iterator[pl.DataFrame]:
        for part in lake.event_parts(DAY, fields=turns_room.FIELDS, part_rows=8):
            yield turns_room.turns(part)

    lake.replace_partition_in_parts(TURNS, DAY, parts, commit={})
    assert lake.read(TURNS).height == turns_room.turns(raw).height


@pytest.mark.parametrize("fault", ["key twice", "cafés in disorder", "another day"])
def test_parts_that_do_not_fit_are_refused_and_nothing_is_written(lake: Lake, fault: str) -> None:
    frame = sessions_room.sessions(recorded(), as_of=AS_OF)
    lake.replace_partition(SESSIONS, DAY, frame, commit={})
    first = frame.filter(pl.col("cafe") == "aurora")
    wrong = {
        "key twice": [first, first.with_columns(cafe=pl.lit("borealis"))],
        "cafés in disorder": [frame.filter(pl.col("cafe") == "malmohuset"), first],
        "another day": [first.with_columns(day=pl.lit(DAY - timedelta(days=1)))],
    }[fault]
    with pytest.raises(LakeSchemaError):
        lake.replace_partition_in_parts(SESSIONS, DAY, lambda: wrong, commit={})
    assert lake.read(SESSIONS).height == frame.height


def test_an_error_while_making_a_part_is_raised_unchanged(lake: Lake) -> None:
    def parts() -> Iterator[pl.DataFrame]:
        yield sessions_room.sessions(recorded(), as_of=AS_OF).filter(pl.col("cafe") == "aurora")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lake.replace_partition_in_parts(SESSIONS, DAY, parts, commit={})
    assert lake.read(SESSIONS).height == 0


def test_ranges_of_cafes_cover_every_id_once_and_in_order(lake: Lake) -> None:
    raw = recorded()
    lake.replace_partition(SESSIONS, DAY, sessions_room.sessions(raw, as_of=AS_OF), commit={})
    lake.replace_partition(TURNS, DAY, turns_room.turns(raw), commit={})
    ranges = lake.cafe_ranges([SESSIONS, TURNS], DAY, part_rows=1)
    assert len(ranges) > 1
    assert (ranges[0].after, ranges[-1].until) == (None, None)
    assert [each.until for each in ranges[:-1]] == [each.after for each in ranges[1:]]
    for cafe in ("", "aurora", "between", "goteborg", "malmohuset", "ö"):
        assert sum(each.holds(cafe) for each in ranges) == 1
    for table in (SESSIONS, TURNS):
        whole = lake.read(table, days=[DAY])
        assert_frame_equal(pl.concat(lake.read(table, days=[DAY], cafes=part) for part in ranges), whole)


def test_a_session_under_two_cafes_is_whole_in_one_range(lake: Lake) -> None:
    raw = recorded()
    lake.replace_partition(SESSIONS, DAY, sessions_room.sessions(raw, as_of=AS_OF), commit={})
    moved = turns_room.turns(raw).with_columns(cafe=pl.lit("zz"))
    lake.replace_partition(TURNS, DAY, moved, commit={})
    (part,) = lake.cafe_ranges([SESSIONS, TURNS], DAY, part_rows=1)
    assert part.whole
