"""The lake: a day is replaced as a whole, readers see one moment, nothing that does not fit gets in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import obstore
import obstore.store
import polars as pl
import pytest
from deltalake import DeltaTable
from moto.server import ThreadedMotoServer
from polars.testing import assert_frame_equal

from pilot.lake_tables.tables import SESSIONS, TABLES, Column, Table
from storage.errors import LakeDamaged, LakeSchemaError, LakeUnavailable
from storage.lake import ATTEMPTS, Lake, conform, empty_frame, polars_schema
from tests.storage.lake_rows import DAY, VISITS, visits
from tests.storage.recorded import CHECKOUT
from tests.waiting import DEADLINE_SECONDS

NEXT = DAY + timedelta(days=1)


@pytest.fixture
def location(tmp_path: Path) -> str:
    return str(tmp_path / "sjö med mellanslag" / "lake")


@pytest.fixture
def lake(location: str) -> Lake:
    return Lake(location)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_table_that_was_never_written_is_typed_and_empty(table: Table, lake: Lake) -> None:
    assert lake.version(table) is None
    assert_frame_equal(lake.read(table), empty_frame(table))
    with lake.snapshot(table) as snapshot:
        assert snapshot.versions == {table.name: None}
        assert dict(snapshot.sql(f"SELECT * FROM {table.name}").schema) == polars_schema(table)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_an_empty_day_can_be_the_first_thing_that_is_written(table: Table, lake: Lake) -> None:
    version = lake.replace_partition(table, DAY, empty_frame(table), commit={})
    assert lake.version(table) == version
    assert_frame_equal(lake.read(table), empty_frame(table))


def test_a_day_comes_back_as_written_sorted_by_cafe_and_key(lake: Lake) -> None:
    written = visits(DAY, count=5).with_columns(
        at=pl.lit(datetime(2026, 11, 23, 7, 0, 0, 123456, tzinfo=UTC)), share=pl.lit(0.1)
    )
    lake.replace_partition(VISITS, DAY, written.reverse(), commit={})
    read = lake.read(VISITS)
    assert_frame_equal(read, written.sort("cafe", "visit"))
    assert dict(read.schema) == polars_schema(VISITS)


def test_replacing_a_day_leaves_the_others_and_an_empty_frame_empties_it(lake: Lake) -> None:
    lake.replace_partition(VISITS, DAY, visits(DAY, count=3), commit={})
    before = lake.replace_partition(VISITS, NEXT, visits(NEXT, count=2), commit={})
    assert lake.replace_partition(VISITS, DAY, visits(DAY, count=1, generation=1), commit={}) == before + 1
    assert lake.read(VISITS, days=[DAY])["generation"].to_list() == [1]
    lake.replace_partition(VISITS, DAY, empty_frame(VISITS), commit={})
    assert lake.read(VISITS)["day"].unique().to_list() == [NEXT]
    assert lake.read(VISITS, days=[DAY]).height == 0
    assert lake.read(VISITS, days=[]).height == 0


def test_a_commit_says_which_run_made_it(lake: Lake, location: str) -> None:
    lake.replace_partition(VISITS, DAY, visits(DAY, count=1), commit={"run": "r-1", "code": "abc"})
    (entry,) = DeltaTable(f"{location}/{VISITS.name}").history(1)
    assert (entry["run"], entry["code"]) == ("r-1", "abc")


def test_some_columns_of_some_days_are_read_in_the_requested_order(lake: Lake) -> None:
    lake.replace_partition(VISITS, DAY, visits(DAY, count=2), commit={})
    lake.replace_partition(VISITS, NEXT, visits(NEXT, count=2), commit={})
    read = lake.read(VISITS, days=[NEXT], columns=["at", "visit", "day"])
    assert read.columns == ["at", "visit", "day"]
    assert read["day"].to_list() == [NEXT, NEXT]


def test_a_snapshot_keeps_its_moment_and_takes_parameters(lake: Lake) -> None:
    first = lake.replace_partition(VISITS, DAY, visits(DAY, count=4), commit={})
    with lake.snapshot(VISITS, SESSIONS) as snapshot:
        lake.replace_partition(VISITS, DAY, visits(DAY, count=9, generation=1), commit={})
        counted = snapshot.sql("SELECT count(*) AS n FROM visits WHERE cafe = ? AND day = ?", ["aurora", DAY])
        assert counted["n"].to_list() == [2]
        named = snapshot.sql("SELECT max(generation) AS g FROM visits WHERE cafe = $cafe", {"cafe": "aurora"})
        assert named["g"].to_list() == [0]
        assert snapshot.versions == {"visits": first, "sessions": None}


def test_an_unknown_table_is_not_found_among_python_variables(lake: Lake) -> None:
    sessions = visits(DAY, count=1)
    assert sessions.height == 1
    with lake.snapshot(VISITS) as snapshot, pytest.raises(Exception, match="sessions"):
        snapshot.sql("SELECT * FROM sessions")


def test_a_column_that_a_table_gains_is_empty_in_older_days(lake: Lake) -> None:
    lake.replace_partition(VISITS, DAY, visits(DAY, count=2), commit={})
    wider = Table(
        VISITS.name,
        VISITS.row,
        VISITS.key,
        (*VISITS.columns, Column("mood", "text", "Mood.", required=False)),
    )
    assert lake.read(wider)["mood"].to_list() == [None, None]
    rows = visits(NEXT, count=1).with_columns(mood=pl.lit("glad"))
    lake.replace_partition(wider, NEXT, rows, commit={})
    assert lake.read(wider)["mood"].to_list() == [None, None, "glad"]
    assert lake.read(wider, days=[DAY])["mood"].to_list() == [None, None]
    assert dict(lake.read(wider).schema) == polars_schema(wider)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.drop("cafe"), "is missing cafe"),
        (lambda frame: frame.with_columns(mood=pl.lit(1)), "unknown columns mood"),
        (lambda frame: frame.with_columns(pl.col("visit").cast(pl.String)), "visit: expected Int64, found String"),
        (lambda frame: frame.with_columns(pl.col("share").cast(pl.String)), "share: expected Float64, found String"),
        (
            lambda frame: frame.with_columns(at=pl.lit(datetime(2026, 1, 1))),
            r"at: expected Datetime\(.*UTC.*\), found Datetime",
        ),
        (lambda frame: frame.with_columns(aspects=pl.lit([1])), r"aspects: expected List\(String\), found List"),
        (lambda frame: frame.with_columns(cafe=pl.lit(None, pl.String)), "cafe: 4 of 4 rows are empty"),
        (lambda frame: frame.with_columns(visit=pl.lit(7)), "3 of 4 rows too many for its key"),
        (lambda frame: frame.with_columns(day=pl.lit(NEXT)), "4 rows of other days"),
        (lambda frame: frame.with_columns(visit=pl.col("visit").cast(pl.UInt64) + 2**63), "beyond 64 bits"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused_and_nothing_is_written(change, said: str, lake: Lake) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LakeSchemaError, match=said):
        lake.replace_partition(VISITS, DAY, change(visits(DAY, count=4)), commit={})
    assert lake.version(VISITS) is None


def test_lossless_casts_are_made() -> None:
    narrow = visits(DAY, count=2).with_columns(
        pl.col("visit").cast(pl.UInt8),
        pl.col("share").cast(pl.Float32),
        pl.col("cafe").cast(pl.Categorical),
        at=pl.lit(None),
    )
    assert dict(conform(VISITS, narrow.select(reversed(narrow.columns))).schema) == polars_schema(VISITS)


@pytest.mark.parametrize("entry", [0, -1], ids=["the oldest entry", "the newest entry"])
def test_a_damaged_log_is_reported_without_quoting_rows(entry: int, lake: Lake, location: str) -> None:
    lake.replace_partition(VISITS, DAY, visits(DAY, count=1), commit={})
    logs = sorted((Path(location) / "visits" / "_delta_log").glob("*.json"))
    logs[entry].write_text("{")
    with pytest.raises(LakeDamaged, match="visits"):
        lake.read(VISITS)


def test_a_missing_file_is_reported_as_damage_with_a_remedy(lake: Lake, location: str) -> None:
    lake.replace_partition(VISITS, DAY, visits(DAY, count=1), commit={})
    for file in (Path(location) / "visits").glob("day=*/*.parquet"):
        file.unlink()
    with pytest.raises(LakeDamaged, match="Rebuild the days"):
        lake.read(VISITS)


def test_a_writer_that_always_loses_gives_up_with_a_clear_error(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from deltalake.exceptions import CommitFailedError

    pauses: list[float] = []
    patient = Lake("/nowhere", pause=pauses.append)

    def conflict(*_: object, **__: object) -> None:
        raise CommitFailedError("another transaction")

    monkeypatch.setattr("storage.lake.write_deltalake", conflict)
    with pytest.raises(LakeUnavailable, match="other writers were first") as caught:
        patient.replace_partition(VISITS, DAY, visits(DAY, count=1), commit={})
    assert caught.value.retryable
    assert len(pauses) == ATTEMPTS


def _writer(location: str, days: list[date], *, times: int, generation: int, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            *("-m", "tests.storage.lake_rows", location, ",".join(day.isoformat() for day in days)),
            *(str(times), str(count), str(generation)),
        ],
        cwd=CHECKOUT,
    )


def test_the_second_of_two_first_writers_overwrites_the_first(lake: Lake, location: str) -> None:
    class Slow(Lake):
        """Another writer fills the day between this one's creating the table and its writing."""

        def _create(self, table: Table) -> DeltaTable:
            created = super()._create(table)
            lake.replace_partition(VISITS, DAY, visits(DAY, count=7, generation=1), commit={})
            return created

    Slow(location, pause=lambda _: None).replace_partition(VISITS, DAY, visits(DAY, count=5, generation=2), commit={})
    frame = lake.read(VISITS)
    assert (frame.height, set(frame["generation"])) == (5, {2})


@pytest.mark.processes
@pytest.mark.parametrize("same", [True, False], ids=["the same day", "different days"])
def test_concurrent_writers_never_mix_and_readers_never_see_half(same: bool, location: str) -> None:
    count, times = 200, 8
    days = [[DAY], [DAY if same else NEXT]]
    writers = [_writer(location, day, times=times, generation=1000 * n, count=count) for n, day in enumerate(days)]
    lake, reads = Lake(location), 0
    try:
        while any(writer.poll() is None for writer in writers):
            frame = lake.read(VISITS)
            for (_, rows), generations in (
                (key, part["generation"].n_unique())
                for key, part in (((day, part.height), part) for (day,), part in frame.group_by("day"))
            ):
                assert rows == count, "a torn or doubled day"
                assert generations == 1, "two writes in one day"
            reads += 1
    finally:
        for writer in writers:
            writer.wait(60)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert reads > 0
    assert (lake.version(VISITS) or 0) >= 2 * times, "an accepted write left no version"
    final = lake.read(VISITS)
    assert final.height == (count if same else 2 * count)


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_the_lake_works_the_same_in_an_object_store(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ACCESS_KEY_ID": "pilot",
        "AWS_SECRET_ACCESS_KEY": "pilot",
        "AWS_REGION": "eu-north-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    httpx.put(f"{s3}/lake", content=b"", timeout=DEADLINE_SECONDS).raise_for_status()
    lake = Lake("s3://lake/pilot")
    assert lake.version(VISITS) is None
    lake.replace_partition(VISITS, DAY, visits(DAY, count=3), commit={})
    lake.replace_partition(VISITS, NEXT, visits(NEXT, count=2), commit={})
    lake.replace_partition(VISITS, DAY, visits(DAY, count=1, generation=1), commit={})
    assert_frame_equal(
        lake.read(VISITS),
        pl.concat([visits(DAY, count=1, generation=1), visits(NEXT, count=2).sort("cafe", "visit")]),
    )
    delta = lake.delta(VISITS)
    assert delta is not None
    (other,) = (uri for uri in delta.file_uris() if f"day={NEXT}" in uri)
    obstore.delete(obstore.store.S3Store("lake", client_options={"allow_http": True}), other.removeprefix("s3://lake/"))
    # A read of one day fetches no other day's files.
    assert_frame_equal(lake.read(VISITS, days=[DAY]), visits(DAY, count=1, generation=1))
    with pytest.raises(LakeDamaged):
        lake.read(VISITS)
