"""An erasure proceeds place by place, waits for readers, and is done when a search finds nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from operations.erasure.carry_out import GRACE, RECHECK, carry_out, due
from operations.erasure.home_lock import HomeLocked, home_lock
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import RAW_EVENTS, SESSIONS, TURNS
from pilot.settings import Settings
from pipelines.feedback.sessions import sessions as sessions_of
from pipelines.feedback.turns import turns as turns_of
from storage.erasure.everywhere import find_everywhere
from storage.erasure.files_beside import pieces, spellings
from storage.erasure.landing_lines import sessions_lines
from storage.home import LOG_FOLDER, Home, open_home
from storage.landing.days import read_day
from storage.landing.log_lines import log_line
from storage.landing.segments import publish
from storage.store.privacy import erasures, tombstones
from storage.store.privacy.erasures import PlaceResult
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from tests.events import MORNING, Story, whole_visit

DAY = date(2026, 11, 23)
WORDS = "Kanelbullens glasyr smakade tvål och fiolerna spelade falskt i hörnet."


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "hem ö"))


@pytest.fixture
def gone(home: Home) -> Story:
    """A session in the landing, in several versions of the lake and in the store, beside another one."""
    story = Story().opens().starts().consents().says(WORDS, mode="text").completes()
    publish(home.segments(), [*story.events, *whole_visit().events], replica="edge1", identifier=new_identifier())
    for _ in range(3):
        build(home)
    receipts.save(
        home.store(),
        Receipt("h" * 64, "BCD234", story.session_id, "aurora", DAY, "sv", False, MORNING, 71, True, "2026-11"),
    )
    return story


def build(home: Home) -> None:
    raw = read_day(home.segments(), DAY).frame
    lake = home.lake()
    lake.replace_partition(RAW_EVENTS, DAY, raw, commit={})
    lake.replace_partition(SESSIONS, DAY, sessions_of(raw, as_of=MORNING + timedelta(hours=3)), commit={})
    lake.replace_partition(TURNS, DAY, turns_of(raw), commit={})


def places_of(home: Home, session: str) -> dict[str, list[str]]:
    marks = {
        "words": {spelling for piece in pieces(WORDS) for spelling in spellings(piece)},
        "session": spellings(session),
    }
    return find_everywhere(home.root, marks, leave_out=("store.sqlite", "store.sqlite-wal", "store.sqlite-shm"))


def request_erasure(home: Home, story: Story) -> None:
    tombstones.add(home.store(), session_id=story.session_id, actor="guest", reason="asked on the receipt")


def state(home: Home, story: Story) -> tuple[str, dict[str, PlaceResult]]:
    erasure = erasures.find(home.store(), story.session_id)
    assert erasure is not None
    return erasure.state, dict(erasure.places)


def test_two_steps_erase_a_session_from_every_byte_of_the_home(home: Home, gone: Story) -> None:
    before = places_of(home, gone.session_id)
    assert len(before["words"]) > 3
    request_erasure(home, gone)
    now = datetime.now(UTC)
    carry_out(home, now=now)
    assert state(home, gone)[0] == "rewritten"
    assert home.lake().read(TURNS).filter(pl.col("session_id") == gone.session_id).height == 0
    assert places_of(home, gone.session_id)["words"] != []  # Old versions: a page may still be reading them.
    assert due(home, now=now) == []
    carry_out(home, now=now + GRACE + timedelta(seconds=5))
    assert state(home, gone) == (
        "done",
        {
            "landing": PlaceResult("erased"),
            "lake": PlaceResult("erased"),
            "store": PlaceResult("pseudonymised"),
            "beside": PlaceResult("searched"),
            "backups": PlaceResult("exported"),
        },
    )
    assert places_of(home, gone.session_id) == {"words": [], "session": []}
    assert home.lake().read(SESSIONS).height == 1
    receipt = receipts.by_hash(home.store(), "h" * 64)
    assert receipt is not None
    assert (receipt.preliminary_score, receipt.preliminary_eligible) == (None, None)


def test_without_grace_one_call_erases_a_session(home: Home, gone: Story) -> None:
    request_erasure(home, gone)
    carry_out(home, now=datetime.now(UTC), grace=timedelta(0))
    assert state(home, gone)[0] == "done"
    assert places_of(home, gone.session_id) == {"words": [], "session": []}


def test_a_rebuild_without_the_tombstone_is_detected_and_undone(home: Home, gone: Story) -> None:
    raw = read_day(home.segments(), DAY).frame
    request_erasure(home, gone)
    now = datetime.now(UTC)
    carry_out(home, now=now)
    home.lake().replace_partition(TURNS, DAY, turns_of(raw), commit={})
    carry_out(home, now=now + GRACE * 2)
    assert state(home, gone)[0] == "asked"
    carry_out(home, now=now + GRACE * 3)
    carry_out(home, now=now + GRACE * 6)
    assert state(home, gone)[0] == "done"
    assert places_of(home, gone.session_id)["words"] == []


def test_a_recheck_erases_what_a_replica_publishes_late(home: Home, gone: Story) -> None:
    request_erasure(home, gone)
    now = datetime.now(UTC)
    carry_out(home, now=now, grace=timedelta(0))
    publish(home.segments(), gone.events, replica="edge9", identifier=new_identifier())
    assert places_of(home, gone.session_id)["words"] != []
    carry_out(home, now=now, grace=timedelta(0))
    assert state(home, gone)[0] == "done"
    carry_out(home, now=now, grace=timedelta(0), recheck=RECHECK)
    assert state(home, gone)[0] == "done"
    assert places_of(home, gone.session_id)["words"] == []


def test_log_lines_and_records_that_name_the_session_are_blotted_in_place(home: Home, gone: Story) -> None:
    request_erasure(home, gone)
    records = home.root / ".run" / "urgent.ndjson"
    records.write_text(f'{{"session_id": "{gone.session_id}", "kinds": ["allergy"]}}\n{{"other": 1}}\n', "utf-8")
    with (home.root / ".logs" / "edge.log").open("a", encoding="utf-8") as log:
        log.write(f"started\nsession {gone.session_id} heard {WORDS}\n")
        log.flush()
        carry_out(home, now=datetime.now(UTC))
        log.write("goes on\n")
    lines = (home.root / ".logs" / "edge.log").read_text("utf-8").splitlines()
    assert (lines[0], set(lines[1]), lines[2]) == ("started", {"-"}, "goes on")
    assert records.read_text("utf-8").splitlines()[1] == '{"other": 1}'
    assert "allergy" not in records.read_text("utf-8")


def test_words_in_an_unexpected_file_keep_the_erasure_open_and_name_the_file(home: Home, gone: Story) -> None:
    leak = home.root / ".dagster" / "leak.bin"
    leak.write_bytes(WORDS.encode("utf-16-le"))
    request_erasure(home, gone)
    now = datetime.now(UTC)
    carry_out(home, now=now, grace=timedelta(0))
    carry_out(home, now=now, grace=timedelta(0))
    assert state(home, gone)[0] == "rewritten"
    assert state(home, gone)[1]["beside"] == PlaceResult("files_left", (".dagster/leak.bin",))
    leak.unlink()
    carry_out(home, now=now, grace=timedelta(0))
    assert state(home, gone)[0] == "done"


def test_an_erasure_fails_while_another_process_holds_the_lock(home: Home, gone: Story) -> None:
    request_erasure(home, gone)
    with home_lock(home.root), pytest.raises(HomeLocked):
        carry_out(home, now=datetime.now(UTC))
    assert state(home, gone)[0] == "asked"


def test_pieces_are_whole_words_and_never_a_single_short_word() -> None:
    assert pieces("ja") == []
    assert pieces("ja tack") == ["ja tack"]
    assert pieces("Kaffet var gott men kön var lång i dag") == ["Kaffet var gott men", "kön var lång i dag"]


def test_the_last_step_does_not_land_the_rest_of_a_dead_replicas_log(home: Home, gone: Story) -> None:
    request_erasure(home, gone)
    now = home.store().now()
    carry_out(home, now=now)
    dead = home.root / LOG_FOLDER / "edge7"
    dead.mkdir(parents=True)
    (dead / f"{new_identifier()}.log").write_bytes(b"".join(log_line(event) for event in gone.events[-4:]))
    carry_out(home, now=now + 2 * GRACE)
    assert state(home, gone)[0] == "asked"
    for later in (2 * GRACE, 4 * GRACE):
        carry_out(home, now=now + later)
    assert state(home, gone)[0] == "done"
    assert not sessions_lines(home.segments(), DAY, gone.session_id)
