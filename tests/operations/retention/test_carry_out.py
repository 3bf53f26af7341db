"""Expired data leaves every byte of the home for good, and the day's figures stay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from operations.backup.catalog import MANIFEST, damaged_backups
from operations.backup.make import make_backup
from operations.backup.restore import restore
from operations.retention.backups import delete_old_backups
from operations.retention.carry_out import GRACE, carry_out, due, waiting
from operations.watch.money.overdue_rewards import decide_day
from pilot.identifiers import new_identifier
from pilot.lake_tables.retention_table import RETENTION
from pilot.lake_tables.tables import (
    CUSTOMER_COUNTS,
    FINGERPRINTS,
    PILOT_KPIS,
    RAW_EVENTS,
    REWARDS,
    SCORED_FEEDBACK,
    SESSIONS,
    TURNS,
    UPTIME,
)
from pilot.settings import Settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.figures.kpis import pilot_kpis
from pipelines.signals.fingerprints import fingerprints
from proving.erasure.proof import KEY
from proving.erasure.proof_guest import Guest, make_guest
from storage.erasure.everywhere import find_everywhere
from storage.home import LOG_FOLDER, Home, open_home
from storage.lake import empty_frame
from storage.landing.days import read_day
from storage.landing.log_lines import log_line
from storage.landing.segments import publish
from storage.store.privacy import day_states, expirations
from storage.store.rewards import decisions, reward_rows

SPOKE = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
DAY = SPOKE.date()
THEN = SPOKE + timedelta(hours=3)
AT_ONCE = timedelta(0)
LIMITS = {"words_days": 40, "devices_days": 20}
FIGURES = (SCORED_FEEDBACK, PILOT_KPIS, REWARDS)


def after(days: int) -> datetime:
    return datetime(2026, 11, 23, 3, 30, tzinfo=UTC) + timedelta(days=days)


@pytest.fixture
def home(tmp_path: Path, quick_passphrase: None) -> Home:
    return open_home(Settings(home=tmp_path / "hem", backup_key=KEY, **LIMITS))


@pytest.fixture
def guest(home: Home) -> Guest:
    """A guest of the day in every place, including old versions and damaged files."""
    one = make_guest(at=SPOKE)
    land(home, one)
    one.save(home)
    build(home)
    build(home)
    return one


def land(home: Home, guest: Guest) -> None:
    names = publish(home.segments(), guest.events, replica="edge1", identifier=new_identifier(at=SPOKE))
    body = bytearray(home.segments().read(names[0]))
    body[len(body) // 2] ^= 1
    home.segments().put_damaged(names[0], bytes(body))
    dead = home.root / LOG_FOLDER / "edge7"
    dead.mkdir(parents=True, exist_ok=True)
    (dead / f"{new_identifier(at=SPOKE)}.log").write_bytes(b"".join(log_line(each) for each in guest.events[-2:]))
    (dead / "damaged").mkdir(exist_ok=True)
    (dead / "damaged" / f"{new_identifier(at=SPOKE)}.log").write_bytes(bytes(body))


def build(home: Home) -> None:
    raw = read_day(home.segments(), DAY).frame
    of_day, said = sessions(raw, as_of=THEN), turns(raw)
    decide_day(home, DAY, now=THEN)
    kpis = pilot_kpis(
        day=DAY,
        as_of=THEN,
        cafes=home.cafes(),
        sessions=of_day,
        turns=said,
        uptime=empty_frame(UPTIME),
        customer_counts=empty_frame(CUSTOMER_COUNTS),
    )
    for table, frame in (
        (RAW_EVENTS, raw),
        (SESSIONS, of_day),
        (TURNS, said),
        (SCORED_FEEDBACK, scored_feedback(of_day, said, cafes=home.cafes())),
        (FINGERPRINTS, fingerprints(of_day, said, key=home.secret())),
        (REWARDS, reward_rows.of_day(home.store(), DAY)),
        (PILOT_KPIS, kpis),
    ):
        home.lake().replace_partition(table, DAY, frame, commit={})


def places_of(root: Path, guest: Guest, *marks: str) -> list[str]:
    searched = find_everywhere(root, {mark: guest.marks[mark] for mark in marks})
    return [place for places in searched.values() for place in places]


def remove(home: Home, *, now: datetime) -> None:
    for _ in range(2):
        carry_out(home, now=now, grace=AT_ONCE)
    home.store().close()


def test_expired_words_leave_every_byte_and_every_figure_stays(home: Home, guest: Guest) -> None:
    before = {table.name: home.lake().read(table) for table in FIGURES}
    said = home.lake().read(TURNS)
    held = " ".join(places_of(home.root, guest, "words"))
    for place in ("landing/day=", "landing/damaged", ".log/edge7", "lake/raw_events", "lake/turns"):
        assert place in held
    remove(home, now=after(40))
    assert places_of(home.root, guest, "words", "device") == []
    for table in FIGURES:
        assert_frame_equal(home.lake().read(table), before[table.name])
    assert home.lake().read(FINGERPRINTS).is_empty()
    left = home.lake().read(TURNS)
    assert set(left["transcript"]) == {""}
    figures = [name for name in TURNS.names if not TURNS.column(name).free_text]
    assert_frame_equal(left.select(figures), said.select(figures))
    assert day_states.of(home.store(), [DAY]) == {DAY: "redacted"}


def test_devices_expire_before_words(home: Home, guest: Guest) -> None:
    decided = decisions.find(home.store(), guest.session_id)
    remove(home, now=after(20))
    assert places_of(home.root, guest, "device") == []
    assert places_of(home.root, guest, "words") != []
    assert day_states.of(home.store(), [DAY]) == {DAY: "open"}
    assert home.lake().read(SESSIONS)["device_hash"].to_list() == [None]
    assert decisions.find(home.store(), guest.session_id) == decided
    lake = home.lake().read(SESSIONS), home.lake().read(RAW_EVENTS).drop("segment")
    build(home)  # A rebuild changes nothing: the landing contains no more than the lake.
    assert_frame_equal(home.lake().read(SESSIONS), lake[0])
    assert_frame_equal(home.lake().read(RAW_EVENTS).drop("segment"), lake[1])


def test_the_retention_table_records_each_removal_with_its_day_and_time(home: Home, guest: Guest) -> None:
    carry_out(home, now=after(40))
    books = home.lake().read(RETENTION)
    assert books["kind"].to_list() == ["devices", "words"]
    assert books["gone_at"].to_list() == [None, None]
    assert books["kept_days"].to_list() == [20, 40]
    assert (books["landing_lines"] > 0).all()
    assert (books["lake_rows"] > 0).all()
    carry_out(home, now=after(40) + GRACE + timedelta(days=1))
    later = home.lake().read(RETENTION)
    assert later["removed_at"].to_list() == books["removed_at"].to_list()
    assert later["gone_at"].null_count() == 0
    assert due(home, now=after(41)) == []
    assert waiting(home, now=after(41)) == []


@pytest.mark.parametrize(
    ("days", "kinds"), [(19, []), (20, ["devices"]), (39, ["devices"]), (40, ["words", "devices"])]
)
def test_due_removals_depend_on_the_day_only(home: Home, guest: Guest, days: int, kinds: list[str]) -> None:
    assert [each.kind for each in due(home, now=after(days))] == kinds


def test_late_events_of_a_redacted_day_are_removed_the_next_night(home: Home, guest: Guest) -> None:
    remove(home, now=after(40))
    late = make_guest(at=SPOKE + timedelta(minutes=5))
    publish(home.segments(), late.events, replica="edge2", identifier=new_identifier())
    assert [(each.kind, each.again) for each in due(home, now=after(41))] == [("words", True), ("devices", True)]
    remove(home, now=after(41))
    assert places_of(home.root, late, "words", "device") == []
    assert due(home, now=after(42)) == []


def test_words_rewritten_by_a_running_rebuild_are_found_and_removed(home: Home, guest: Guest) -> None:
    rows = home.lake().read(TURNS)
    carry_out(home, now=after(40))
    home.lake().replace_partition(TURNS, DAY, rows, commit={})
    later = after(40) + GRACE + timedelta(minutes=10)
    carry_out(home, now=later, grace=AT_ONCE)
    words = next(each for each in expirations.all_expirations(home.store()) if each.kind == "words")
    assert words.gone_at is None
    remove(home, now=later)
    assert places_of(home.root, guest, "words") == []
    words = next(each for each in expirations.all_expirations(home.store()) if each.kind == "words")
    assert words.gone_at == later


def test_a_restored_home_applies_limits_reached_since_its_backup(home: Home, guest: Guest, tmp_path: Path) -> None:
    old = make_backup(home, now=THEN)
    home.store().close()
    target = tmp_path / "restored"
    restore(old, target, settings=home.settings, now=after(40))
    assert places_of(target, guest, "words", "device") == []
    restored = open_home(home.settings.model_copy(update={"home": target}))
    assert restored.lake().read(SCORED_FEEDBACK).height == 1


def test_backups_expire_and_the_newest_too_as_guests_were_promised(home: Home) -> None:
    made = [make_backup(home, now=SPOKE + timedelta(days=days)).path.name for days in (0, 10, 20)]
    assert delete_old_backups(home.settings, now=SPOKE + timedelta(days=35)) == made[:1]
    assert delete_old_backups(home.settings, now=SPOKE + timedelta(days=365)) == made[1:]
    assert delete_old_backups(home.settings, now=SPOKE + timedelta(days=365)) == []


def test_a_backup_with_a_damaged_manifest_expires_by_the_time_in_its_name(home: Home) -> None:
    made = [make_backup(home, now=SPOKE + timedelta(days=days)).path for days in (0, 10, 20, 30)]
    (made[1] / MANIFEST).write_text("{", encoding="utf-8")
    assert delete_old_backups(home.settings, now=SPOKE + timedelta(days=35)) == [made[0].name]
    assert damaged_backups(made[0].parent) == [made[1]]
    assert delete_old_backups(home.settings, now=SPOKE + timedelta(days=45)) == [made[1].name]
    for path in made[2:]:
        (path / MANIFEST).write_text("{", encoding="utf-8")
    assert delete_old_backups(home.settings, now=SPOKE + timedelta(days=365)) == [path.name for path in made[2:]]


def test_a_stray_sound_file_is_removed_after_a_week(home: Home) -> None:
    stray = home.root / ".run" / "core dump"
    stray.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt ")
    written = datetime.fromtimestamp(stray.stat().st_mtime, UTC)
    assert due(home, now=written + timedelta(days=5)) == []
    remove(home, now=written + timedelta(days=8))
    assert not stray.exists()
    (expiration,) = expirations.all_expirations(home.store())
    assert (expiration.kind, expiration.files) == ("audio", 1)


def test_an_empty_day_is_never_due(home: Home) -> None:
    assert due(home, now=after(400)) == []
    assert carry_out(home, now=after(400)) == []


def test_a_removal_leaves_other_days_unchanged(home: Home, guest: Guest) -> None:
    other = make_guest(at=SPOKE + timedelta(days=1))
    publish(home.segments(), other.events, replica="edge1", identifier=new_identifier())
    next_day: date = DAY + timedelta(days=1)
    home.lake().replace_partition(TURNS, next_day, turns(read_day(home.segments(), next_day).frame), commit={})
    remove(home, now=after(40))
    assert places_of(home.root, other, "words") != []
    assert home.lake().read(TURNS, days=[next_day]).filter(pl.col("transcript") == "").is_empty()
