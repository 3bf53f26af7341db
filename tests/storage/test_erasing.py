"""Erasure removes a session, and nothing else, from the landing and every version of the lake."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import SESSION_SIGNALS, TABLES, TURNS
from storage.erasure.lake_rows import KEYS, LISTS, days_with_sessions, erase_rows
from storage.erasure.lake_versions import files_with_sessions, purge
from storage.erasure.landing_lines import erase_from_day, erase_from_logs
from storage.home import Home
from storage.lake import Lake, empty_frame
from storage.landing.append_log import AppendLog
from storage.landing.days import read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.log_lines import log_line
from storage.landing.salvage import salvage
from storage.landing.segments import SegmentName, publish
from storage.store.engine import Store
from storage.store.privacy import day_states, erasures, tombstones
from storage.store.privacy.erasures import PlaceResult
from tests.events import MORNING, whole_visit

DAY = date(2026, 11, 23)
AT_ONCE = timedelta(0)
WORDS = b"Kardemummabullen var torr"


def holding(folder: Path, needle: bytes) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


# Landing


def test_a_segment_loses_the_erased_lines_and_keeps_every_other_byte(segments: FolderSegments, tmp_path: Path) -> None:
    gone, stays = whole_visit(), whole_visit(at=MORNING + timedelta(minutes=3))
    mixed = [event for pair in zip(gone.events, stays.events, strict=True) for event in pair]
    publish(segments, mixed, replica="edge1", identifier=new_identifier())
    alone = publish(segments, stays.events[:1], replica="edge2", identifier=new_identifier())
    done = erase_from_day(segments, DAY, [gone.session_id])
    assert (done.files, done.lines) == (1, len(gone.events))
    assert alone[0] in segments.list(DAY)
    lines = b"".join(segments.read(name) for name in segments.list(DAY) if name != alone[0])
    assert lines == b"".join(event.line() for event in stays.events)
    assert holding(tmp_path, gone.session_id.encode()) == []
    assert erase_from_day(segments, DAY, [gone.session_id]).files == 0


def test_a_damaged_segment_keeps_only_lines_certain_to_be_others(segments: FolderSegments, tmp_path: Path) -> None:
    gone, stays = whole_visit(), whole_visit(at=MORNING + timedelta(minutes=3))
    (name,) = publish(segments, [*gone.events, *stays.events], replica="edge1", identifier=new_identifier())
    path = tmp_path / "landing" / name.path
    lines = path.read_bytes().splitlines(keepends=True)
    flipped = gone.session_id[:-1] + ("0" if gone.session_id[-1] != "0" else "1")
    lines[5] = lines[5].replace(gone.session_id.encode(), flipped.encode())  # its words under no known name
    lines[7] = lines[7][len(lines[7]) // 2 :]
    path.write_bytes(b"".join(lines))
    erase_from_day(segments, DAY, [gone.session_id])
    assert holding(tmp_path, flipped.encode()) == []
    assert read_day(segments, DAY).frame["session_id"].unique().to_list() == [stays.session_id]
    assert read_day(segments, DAY).faults == ()


def test_a_segment_set_aside_by_salvage_loses_the_erased_words(segments: FolderSegments, tmp_path: Path) -> None:
    gone = whole_visit()
    (name,) = publish(segments, gone.events, replica="edge1", identifier=new_identifier())
    path = tmp_path / "landing" / name.path
    path.write_bytes(path.read_bytes().replace(b'"schema":1', b'"schema":x', 1))
    assert salvage(segments, name) is not None
    assert holding(tmp_path / "landing" / "damaged", WORDS) != []
    erase_from_day(segments, DAY, [gone.session_id])
    assert holding(tmp_path, WORDS) == []
    assert segments.damaged() == []


def test_a_dead_replicas_log_is_published_and_a_running_replica_is_waited_for(home: Home) -> None:
    gone = whole_visit()
    dead = home.root / ".log" / "edge7"
    dead.mkdir(parents=True)
    (dead / f"{new_identifier(at=MORNING)}.log").write_bytes(b"".join(log_line(event) for event in gone.events))
    log = AppendLog(logs=home.root / ".log", replica="edge1", segments=home.segments())
    with log:
        log.append(gone.events[:1]).result(10)
        waiting = erase_from_logs(home.root / ".log", home.segments(), day=DAY, sessions=[gone.session_id])
        # The living replica looks for dead ones' logs itself: where it holds that one just now, it is waited for, too.
        assert set(waiting) - {"edge7"} == {"edge1"}
    assert erase_from_logs(home.root / ".log", home.segments(), day=DAY, sessions=[gone.session_id]) == []
    erase_from_day(home.segments(), DAY, [gone.session_id])
    assert holding(home.root, WORDS) == []


def test_a_damaged_log_keeps_other_sessions_whole_lines(home: Home) -> None:
    gone, stays = whole_visit(), whole_visit(at=MORNING + timedelta(minutes=1))
    folder = home.root / ".log" / "edge1" / "damaged"
    folder.mkdir(parents=True)
    kept = b"".join(log_line(event) for event in stays.events)
    broken = log_line(gone.events[4])[40:]
    (folder / f"{new_identifier(at=MORNING)}.log").write_bytes(log_line(gone.events[0]) + broken + kept)
    erase_from_logs(home.root / ".log", home.segments(), day=DAY, sessions=[gone.session_id])
    (left,) = folder.glob("*.log")
    assert left.read_bytes() == kept


# Lake


def turns(*said: tuple[str, str]) -> pl.DataFrame:
    rows = [
        {
            "day": DAY,
            "session_id": session,
            "turn": 1,
            "cafe": "aurora",
            "simulated": False,
            "language": "sv",
            "mode": "text",
            "committed_at": MORNING,
            "transcript": words,
            "heard": words,
            "edited": False,
            "low_confidence": False,
            "revisions": 1,
            "discarded_speculations": 0,
        }
        for session, words in said
    ]
    return pl.concat([empty_frame(TURNS), pl.DataFrame(rows, schema_overrides={})], how="diagonal_relaxed")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "sjön ö"))


def test_the_log_of_a_table_never_holds_a_guests_words(lake: Lake, tmp_path: Path) -> None:
    lake.replace_partition(TURNS, DAY, turns(("s1", "Hemligheten är bullen")), commit={})
    log = tmp_path / "sjön ö" / "turns" / "_delta_log"
    assert holding(log, b"Hemligheten") == []
    assert holding(log, "Hemligheten är".encode()) == []
    assert holding(log, b"aurora") != []


def test_rows_are_removed_from_every_version_and_the_rest_is_unchanged(lake: Lake, tmp_path: Path) -> None:
    for words in ("Ett", "Två", "Tre"):
        lake.replace_partition(TURNS, DAY, turns(("gone", words), ("stays", "Kvar")), commit={})
    assert days_with_sessions(lake, TURNS, ["gone"]) == [DAY]
    assert erase_rows(lake, ["gone"], commit={}) == {"turns": 1}
    assert len(files_with_sessions(lake, TURNS, ["gone"])) == 3
    assert purge(lake, TURNS, now=datetime.now(UTC)).waiting  # a reader may still hold the old list of files
    assert len(files_with_sessions(lake, TURNS, ["gone"])) == 3
    assert not purge(lake, TURNS, now=datetime.now(UTC) + timedelta(seconds=200)).waiting
    assert files_with_sessions(lake, TURNS, ["gone"]) == []
    assert lake.read(TURNS)["transcript"].to_list() == ["Kvar"]
    assert len(list((tmp_path / "sjön ö" / "turns").rglob("*.parquet"))) == 2  # one of rows, one checkpoint
    version = lake.version(TURNS)
    lake.replace_partition(TURNS, DAY, turns(("stays", "Nytt")), commit={})
    assert (lake.version(TURNS), lake.read(TURNS)["transcript"].to_list()) == (version + 1, ["Nytt"])


def test_a_snapshot_opened_before_a_purge_stays_readable_within_the_grace(lake: Lake) -> None:
    lake.replace_partition(TURNS, DAY, turns(("gone", "Ett"), ("stays", "Kvar")), commit={})
    with lake.snapshot(TURNS) as before:
        erase_rows(lake, ["gone"], commit={})
        purge(lake, TURNS, now=datetime.now(UTC) + timedelta(seconds=100))
        assert before.sql("SELECT count(*) AS n FROM turns")["n"].item() == 2


def test_a_dead_writers_file_is_deleted_once_no_commit_can_name_it(lake: Lake, tmp_path: Path) -> None:
    lake.replace_partition(TURNS, DAY, turns(("stays", "Kvar")), commit={})
    orphan = tmp_path / "sjön ö" / "turns" / f"day={DAY}" / "part-0-dead.parquet"
    turns(("gone", "Ett")).drop("day").write_parquet(orphan)
    later = datetime.now(UTC) + timedelta(seconds=200)
    purge(lake, TURNS, now=datetime.now(UTC))
    assert purge(lake, TURNS, now=later).waiting
    assert files_with_sessions(lake, TURNS, ["gone"]) != []
    assert not purge(lake, TURNS, now=later + timedelta(hours=1)).waiting
    assert not orphan.exists()


def test_an_erasure_beside_a_rebuild_of_the_same_day_loses_no_row(lake: Lake) -> None:
    lake.replace_partition(TURNS, DAY, turns(("gone", "Ett"), ("stays", "Kvar")), commit={})
    seen = []

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        seen.append(frame.height)
        if len(seen) == 1:  # another writer commits between the look and the write
            lake.replace_partition(TURNS, DAY, turns(("gone", "Ett"), ("stays", "Kvar"), ("new", "Ny")), commit={})
        return frame.filter(pl.col("session_id") != "gone")

    lake.change_partition(TURNS, DAY, change, commit={})
    assert seen == [2, 3]
    assert sorted(lake.read(TURNS)["session_id"]) == ["new", "stays"]


def test_another_sessions_signal_no_longer_names_the_erased_one(lake: Lake) -> None:
    later = DAY + timedelta(days=3)
    row = {
        "day": later,
        "session_id": "copy",
        "cafe": "aurora",
        "simulated": False,
        "signal": "copied",
        "severity": "hold",
        "related": ["gone", "other"],
        "counts": "{}",
        "signals_version": "1",
    }
    frame = pl.concat([empty_frame(SESSION_SIGNALS), pl.DataFrame([row])], how="diagonal_relaxed")
    lake.replace_partition(SESSION_SIGNALS, later, frame, commit={})
    erase_rows(lake, ["gone"], commit={})
    assert lake.read(SESSION_SIGNALS)["related"].to_list() == [["other"]]


def test_erasure_covers_every_column_that_can_name_other_sessions() -> None:
    named = {(name, column) for name, column in (*LISTS.items(), *KEYS.items())}
    found = {
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if column.name in ("related", "row_key") or (column.name.endswith("session_id") and column.name != "session_id")
    }
    assert found == named


# Store


def test_a_tombstone_starts_an_erasure_that_is_tracked_to_its_end(store: Store) -> None:
    session = new_identifier(at=MORNING)
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    tombstones.add(store, session_id=session, actor="guest", reason="asked")
    (asked,) = erasures.pending(store)
    assert (asked.state, asked.day, asked.attempts) == ("asked", DAY, 0)
    assert asked.late(now=asked.asked_at + timedelta(hours=25))
    erasures.record_progress(store, asked, state="rewritten", places={"lake": PlaceResult("rewritten")})
    (rewritten,) = erasures.pending(store)
    erasures.record_progress(store, rewritten, state="done", places={"lake": PlaceResult("erased")})
    done = erasures.find(store, session)
    assert done is not None
    assert (done.state, done.attempts, dict(done.places)) == ("done", 2, {"lake": PlaceResult("erased")})
    assert not done.late(now=asked.asked_at + timedelta(hours=25))
    assert erasures.pending(store) == []
    assert [each.session_id for each in tombstones.all_tombstones(store)] == [session]


def test_a_redacted_day_never_reopens(store: Store) -> None:
    day_states.put(store, DAY, "closed", actor="test", reason="report")
    assert day_states.closed_or_redacted(store) == {DAY: "closed"}
    day_states.put(store, DAY, "open", actor="test", reason="late counts")
    assert day_states.of(store, [DAY]) == {DAY: "open"}
    day_states.put(store, DAY, "redacted", actor="test", reason="time to live")
    with pytest.raises(day_states.DayRedacted, match="redacted"):
        day_states.put(store, DAY, "open", actor="test", reason="please")


def test_the_stores_own_file_forgets_what_was_deleted(home: Home) -> None:
    store = home.store()
    day_states.put(store, DAY, "closed", actor="test", reason="Q" * 300)
    day_states.put(store, DAY, "open", actor="test", reason="")
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_log")
    assert erasures.wipe_pages(store)
    assert holding(home.root, b"Q" * 300) == []


def test_rewritten_segments_have_valid_names(segments: FolderSegments) -> None:
    gone, stays = whole_visit(), whole_visit(at=MORNING + timedelta(minutes=3))
    publish(segments, [*gone.events, *stays.events], replica="edge1", identifier=new_identifier())
    before = segments.fingerprints()
    erase_from_day(segments, DAY, [gone.session_id])
    (name,) = segments.list(DAY)
    assert SegmentName.parse(name.path) == name
    assert json.loads(segments.read(name).splitlines()[0])["session_id"] == stays.session_id
    assert segments.fingerprints() != before
