"""A day judged in the lake: verdicts, what is set apart, and the gate before money and reports."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pilot.cafes import Cafes, RewardTier, parse_cafes
from pilot.lake_tables.columns import Column, Table
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSIONS, TABLES, TURNS
from quality.day_cut import WORDS_MARK, day_cut
from quality.day_verdicts import MASKED, DayVerdicts, judge_day, row_key, tables_with_suites
from quality.gate import GATED_TABLES, gate, quarantined
from storage.errors import LakeDamaged
from storage.lake import Lake
from tests.events import MORNING, raw_events
from tests.events import probes as probe_events
from tests.quality import whole_day

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("day verdicts")]  # Verdicts and a lake that tests share.

DAY = whole_day.DAY
NIGHT = datetime(2026, 11, 24, 3, tzinfo=UTC)
WORD = "Kardemummabullen"


@pytest.fixture(scope="module")
def frames() -> dict[str, pl.DataFrame]:
    return whole_day.polars_day()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, frames: dict[str, pl.DataFrame]) -> Path:
    """Return the folder of a lake with the day's tables, to copy."""
    folder = tmp_path_factory.mktemp("lake")
    for name, frame in frames.items():
        Lake(str(folder)).replace_partition(TABLES[name], DAY, frame, commit={})
    return folder


@pytest.fixture
def lake(tmp_path: Path, written: Path) -> Lake:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return Lake(str(tmp_path))


@pytest.fixture(scope="module")
def good(written: Path) -> DayVerdicts:
    """Return the verdicts on the unchanged day."""
    return judged(Lake(str(written)))


def judged(lake: Lake, **options: Any) -> DayVerdicts:
    return judge_day(lake, DAY, cafes=whole_day.CAFES, now=NIGHT, **options)


def keep(lake: Lake, result: DayVerdicts, *, day: date = DAY) -> None:
    lake.replace_partition(QUALITY_VERDICTS, day, result.verdicts, commit={})
    lake.replace_partition(QUARANTINE, day, result.quarantine, commit={})


def spoil(lake: Lake, table: Table, frame: pl.DataFrame) -> None:
    lake.replace_partition(table, DAY, frame, commit={})


def test_a_good_day_has_a_verdict_on_every_expectation_of_every_table_written(
    good: DayVerdicts, frames: dict[str, pl.DataFrame]
) -> None:
    result = good
    assert result.verdicts.filter(~pl.col("passed")).height == 0
    assert result.quarantine.height == 0
    assert result.stopping == ()
    assert set(result.verdicts["table_name"]) == set(frames)
    rows = dict(result.verdicts.select("table_name", "rows").unique().iter_rows())
    assert rows == {name: frame.height for name, frame in frames.items()}


def test_a_row_that_breaks_something_is_set_apart_by_its_key(lake: Lake, frames: dict[str, pl.DataFrame]) -> None:
    bad = frames["turns"].with_columns(
        sent_ms=pl.when(pl.col("turn") == 2).then(1.0).otherwise("sent_ms"),
    )
    spoil(lake, TURNS, bad)
    result = judged(lake)
    found = result.quarantine.filter(pl.col("expectation") == "stages_in_order")
    broken = bad.filter((pl.col("turn") == 2) & pl.col("commit_ms").is_not_null())
    assert sorted(found["row_key"]) == sorted(f"{session} 2" for session in broken["session_id"])
    assert set(found["cafe"]) <= set(whole_day.CAFES.ids)
    assert found["reason"][0].startswith("soft_end_ms,")
    failed = result.verdicts.filter(pl.col("expectation") == "stages_in_order")
    assert failed["breaking"].to_list() == [broken.height]


def test_no_word_of_a_guest_reaches_the_suites_or_what_they_write(lake: Lake, frames: dict[str, pl.DataFrame]) -> None:
    assert WORD in "".join(frames["turns"]["transcript"].drop_nulls())
    cut = day_cut(lake, list(TABLES.values()), day=DAY)
    for table in TABLES.values():
        for column in table.columns:
            if column.free_text:
                assert set(cut.frames[table.name][column.name].drop_nulls()) <= {WORDS_MARK}
    spoil(lake, SESSIONS, frames["sessions"].with_columns(cafe=pl.lit(WORD), outcome=pl.lit(f"{WORD} var torr")))
    result = judged(lake)
    assert result.quarantine.height > 0
    written = result.quarantine.write_json() + result.verdicts.write_json()
    assert WORD not in written


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0192f0c4-5e3a-7abc-8def-0123456789ab", "0192f0c4-5e3a-7abc-8def-0123456789ab"),
        (WORD, MASKED),
        ("bullen", MASKED),
        (None, MASKED),
    ],
)
def test_a_key_shows_identifiers_and_masks_what_could_be_words(value: str | None, shown: str) -> None:
    assert row_key(SCORED_FEEDBACK, {"session_id": value}) == shown


def test_a_keys_names_and_numbers_are_shown_and_sentences_are_not() -> None:
    table = Table("t", "x", ("cafe", "turn", "theme"), (Column("theme", "text", "x"),))
    assert row_key(table, {"cafe": "aurora", "turn": 2, "theme": "Bullen var torr"}) == f"aurora 2 {MASKED}"


def test_no_key_of_any_table_can_hold_a_guests_words() -> None:
    for table in TABLES.values():
        assert not any(column.free_text for column in table.columns if column.name in table.key)


def test_a_large_day_is_cut_to_the_same_sessions_in_every_table(lake: Lake, frames: dict[str, pl.DataFrame]) -> None:
    everyone, chosen_sessions = set(frames["sessions"]["session_id"]), []
    for share in (2, 4, 8, 16, 32):
        most = frames["raw_events"].height // share
        cut = day_cut(lake, [SESSIONS, TURNS, TABLES["raw_events"]], day=DAY, most_events=most)
        assert cut.one_in >= share
        assert cut.rows["sessions"] == frames["sessions"].height
        chosen = set(cut.frames["sessions"]["session_id"])
        assert set(cut.frames["turns"]["session_id"]) <= chosen
        events = cut.frames["raw_events"].filter(pl.col("event") != "probe")
        assert set(events["session_id"]) == chosen
        chosen_sessions.append(chosen)
    # The identifiers are new in each run, and which are chosen goes by them: of every second one it may be all.
    assert all(chosen <= everyone for chosen in chosen_sessions)
    assert chosen_sessions[-1] < everyone


@pytest.mark.parametrize("share", [2, 3, 5])
def test_a_good_day_that_is_too_large_breaks_nothing_in_any_table(
    lake: Lake, frames: dict[str, pl.DataFrame], share: int
) -> None:
    said = frames["raw_events"].filter(pl.col("event") != "probe").height
    result = judged(lake, most_events=said // share)
    assert result.one_in > 1
    assert set(result.verdicts["table_name"]) == set(frames)
    assert result.verdicts.filter(~pl.col("passed"))["expectation"].to_list() == []


@pytest.mark.parametrize(
    ("table", "column", "expectation"),
    [
        ("pilot_kpis", "numerator", "completion_counts_completed"),
        ("themes", "feedbacks", "feedbacks_match_scored"),
        ("voice_latency", "turns", "turns_match_voice_turns"),
    ],
)
def test_a_wrong_figure_of_a_day_that_is_too_large_stops_it(
    lake: Lake, frames: dict[str, pl.DataFrame], table: str, column: str, expectation: str
) -> None:
    spoil(lake, TABLES[table], frames[table].with_columns(pl.col(column) + 1))
    result = judged(lake, most_events=frames["raw_events"].height // 3, tables=[TABLES[table]])
    assert table in result.stopping
    assert expectation in set(result.verdicts.filter(~pl.col("passed"))["expectation"])


def test_probes_cut_no_session_away_and_are_cut_themselves(lake: Lake, frames: dict[str, pl.DataFrame]) -> None:
    probes = raw_events(probe_events(start=MORNING, outcomes=[True] * 400))
    said = frames["raw_events"].filter(pl.col("event") != "probe")
    spoil(lake, TABLES["raw_events"], pl.concat([said, probes], how="vertical_relaxed"))
    cut = day_cut(lake, [SESSIONS, TABLES["raw_events"]], day=DAY, most_events=said.height)
    assert cut.one_in == 1
    kept = cut.frames["raw_events"]
    assert kept.filter(pl.col("event") != "probe").height == said.height
    assert 0 < kept.filter(pl.col("event") == "probe").height < probes.height


def test_the_gate_is_shut_before_a_verdict_and_open_after_a_good_one(lake: Lake, good: DayVerdicts) -> None:
    tables = [SESSIONS, SCORED_FEEDBACK]
    assert gate(lake, tables, days=[DAY]).unjudged == (DAY,)
    keep(lake, good)
    assert gate(lake, tables, days=[DAY]).open
    assert not gate(lake, tables, days=[DAY, DAY + timedelta(days=1)]).open
    assert not gate(lake, tables, days=[DAY], judged_since=NIGHT + timedelta(seconds=1)).open


def test_the_gate_shuts_for_what_stops_in_these_tables_and_not_for_others(
    lake: Lake, frames: dict[str, pl.DataFrame]
) -> None:
    spoil(lake, SCORED_FEEDBACK, frames["scored_feedback"].with_columns(score=pl.lit(140)))
    keep(lake, judged(lake, tables=[SESSIONS, SCORED_FEEDBACK]))
    shut = gate(lake, [SESSIONS, SCORED_FEEDBACK], days=[DAY])
    assert not shut.open
    assert ("scored_feedback", "between:score:0:100") in {(stop.table, stop.expectation) for stop in shut.stops}
    assert gate(lake, [SESSIONS], days=[DAY]).open
    assert quarantined(lake, days=[DAY]) == frozenset(frames["scored_feedback"]["session_id"])
    assert quarantined(lake, days=[DAY - timedelta(days=1)]) == frozenset()


def one_session_broken(
    frames: dict[str, pl.DataFrame], table: str, column: str, value: Any
) -> tuple[str, pl.DataFrame]:
    """Return a session, and a table whose rows of that session have a wrong value."""
    frame = frames[table]
    session = frame["session_id"].sort()[0]
    wrong = pl.when(pl.col("session_id") == session).then(pl.lit(value)).otherwise(pl.col(column))
    return session, frame.with_columns(wrong.cast(frame.schema[column]).alias(column))


@pytest.mark.parametrize(
    ("table", "column", "value", "expectation"),
    [
        ("sessions", "duration_s", 86_401.0, "between:duration_s:0:86400"),
        ("sessions", "duration_s", -3.0, "between:duration_s:0:86400"),
        ("sessions", "outcome", "asleep", "known_value:outcome"),
        ("turns", "sent_ms", 700_000.0, "stages_within_ten_minutes"),
        ("scored_feedback", "score", 140, "between:score:0:100"),
        ("fingerprints", "words", -1, "at_least:words:0"),
        ("raw_events", "schema_version", 9, "between:schema_version:1:1"),
    ],
)
def test_a_broken_session_is_quarantined_and_the_day_goes_on(
    lake: Lake, frames: dict[str, pl.DataFrame], table: str, column: str, value: Any, expectation: str
) -> None:
    session, bad = one_session_broken(frames, table, column, value)
    spoil(lake, TABLES[table], bad)
    result = judged(lake, tables=[TABLES[table]])
    keep(lake, result)
    assert result.stopping == ()
    assert gate(lake, [TABLES[table]], days=[DAY]).open
    apart = result.quarantine.filter(expectation=expectation)
    assert apart["session_id"].unique().to_list() == [session]
    assert apart["severity"].unique().to_list() == ["stop"]
    (verdict,) = result.verdicts.filter(expectation=expectation).rows(named=True)
    assert (verdict["passed"], verdict["severity"], verdict["breaking"]) == (False, "warn", apart.height)
    gated = table in {each.name for each in GATED_TABLES}
    assert quarantined(lake, days=[DAY]) == (frozenset([session]) if gated else frozenset())


def test_every_table_but_the_judges_own_is_judged() -> None:
    assert {table.name for table in tables_with_suites()} == set(TABLES) - {"quality_verdicts", "quarantine"}


def test_a_damaged_file_of_another_day_keeps_no_day_from_being_judged_or_paid(
    lake: Lake, good: DayVerdicts, tmp_path: Path
) -> None:
    before = DAY - timedelta(days=1)
    tables = [SESSIONS, SCORED_FEEDBACK]
    apart = {"table_name": "uptime", "row_key": "x", "expectation": "x", "severity": "stop", "reason": "x"}
    row = pl.DataFrame([apart | {"day": DAY, "judged_at": NIGHT}], schema_overrides=good.quarantine.schema)
    keep(lake, replace(good, quarantine=pl.concat([good.quarantine, row], how="diagonal")))
    for name in ("sessions", "quality_verdicts", "quarantine"):
        table = TABLES[name]
        rows = lake.read(table, days=[DAY]).with_columns(day=pl.lit(before))
        lake.replace_partition(table, before, rows, commit={})
        for file in (tmp_path / name / f"day={before}").glob("*.parquet"):
            file.write_bytes(file.read_bytes()[:20])
    assert judged(lake, tables=tables).stopping == ()
    assert gate(lake, tables, days=[DAY]).open
    assert quarantined(lake, days=[DAY]) == frozenset()
    with pytest.raises(LakeDamaged):
        gate(lake, tables, days=[before])


def test_a_cafe_that_left_stops_no_earlier_day(lake: Lake, frames: dict[str, pl.DataFrame]) -> None:
    """Earlier days only warn of an unknown café; on the day itself it still stops."""
    sessions = frames[SESSIONS.name].with_columns(cafe=pl.lit("closed-long-ago"))
    spoil(lake, SESSIONS, sessions)

    def known_cafe(now: datetime) -> list[tuple[str, bool]]:
        found = judge_day(lake, DAY, cafes=whole_day.CAFES, now=now, tables=[SESSIONS])
        of = found.verdicts.filter(pl.col("expectation") == "known_value:cafe")
        return list(of.select("severity", "passed").iter_rows())

    assert known_cafe(NIGHT) == [("warn", False)]
    assert known_cafe(MORNING + timedelta(hours=4)) == [("stop", False)]


def _a_cafe_joined() -> Cafes:
    another = whole_day.CAFES.cafe[0].model_copy(update={"id": "uppsala"})
    return whole_day.CAFES.model_copy(update={"cafe": (*whole_day.CAFES.cafe, another)})


def _tiers_were_raised() -> Cafes:
    tiers = (RewardTier(score_above=score, amount_ore=score * 100) for score in (98, 99))
    pilot = whole_day.CAFES.pilot.model_copy(update={"reward_tiers": tuple(tiers)})
    return whole_day.CAFES.model_copy(update={"pilot": pilot})


def _hours_became_shorter() -> Cafes:
    file = Path("cafes.toml").read_text(encoding="utf-8")
    return parse_cafes(re.sub(r'weekdays = \["[0-9:]+"', 'weekdays = ["15:00"', file), source="cafes.toml")


@pytest.mark.parametrize(
    ("changed", "table", "expectation"),
    [
        (_a_cafe_joined, "uptime", "each_cafe_probed"),
        (_a_cafe_joined, "capacity_plan", "each_cafe_and_all_have_a_row"),
        (_tiers_were_raised, "scored_feedback", "eligible_above_first_tier"),
        (_hours_became_shorter, "volume_anomalies", "hour_within_opening"),
    ],
)
def test_a_change_of_the_cafes_file_stops_that_day_and_warns_of_earlier_ones(
    lake: Lake, changed: Callable[[], Cafes], table: str, expectation: str
) -> None:
    def failed(now: datetime) -> list[tuple[str, str]]:
        found = judge_day(lake, DAY, cafes=changed(), now=now, tables=[TABLES[table]])
        return list(found.verdicts.filter(~pl.col("passed")).select("expectation", "severity").iter_rows())

    assert failed(NIGHT) == [(expectation, "warn")]
    assert failed(MORNING + timedelta(hours=4)) == [(expectation, "stop")]
