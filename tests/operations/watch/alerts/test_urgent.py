"""Urgent feedback and reported dangers are reported once, as a link, never in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from structlog.testing import capture_logs

from operations.watch.alerts.urgent import PREFIX, RECORDS_NAME, UrgentWatcher
from pilot.business_days import business_day, session_day
from pilot.cafes import parse_cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.language.labels import DANGERS
from pipelines.scoring.urgent import URGENT
from storage.errors import StoreAway
from storage.lake import Lake
from storage.store.cafes.danger_reports import DangerReport, add_report
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.privacy import tombstones
from tests.events import MORNING, Story, raw_events, whole_visit

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
ALLERGY = "Jag fick en allergisk reaktion av kakan, det stod inget om nötter på skylten."


def scored(*stories: Story) -> pl.DataFrame:
    raw = raw_events(*stories)
    return scored_feedback(sessions(raw, as_of=NOON), turns(raw), cafes=CAFES)


def urgent_story(*, at: datetime = MORNING, simulated: bool = False) -> Story:
    return Story("goteborg", at=at, simulated=simulated).opens().starts().consents().says(ALLERGY).completes()


def watcher(lake: Lake, folder: Path, *, now: datetime = NOON, simulated: bool = False) -> UrgentWatcher:
    return UrgentWatcher(
        lake,
        open_store=lambda: open_store(sqlite_url(folder / "store.sqlite")),
        folder=folder,
        pages_url="https://x.se/",
        simulated=simulated,
        clock=lambda: now,
    )


def write(lake: Lake, frame: pl.DataFrame) -> None:
    lake.replace_partition(SCORED_FEEDBACK, MORNING.date(), frame, commit={})


def danger(story: Story, *, turn: int = 1, kind: str = "allergy", at: datetime = MORNING) -> DangerReport:
    """Return the report of a danger that the edge saves during a talk."""
    day = session_day(story.session_id)
    return DangerReport(story.session_id, turn, "goteborg", day, story.simulated, kind, "now", "guest", at)


def reported(folder: Path) -> list[dict]:
    path = folder / RECORDS_NAME
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_urgent_feedback_is_reported_once_with_a_link_and_without_words(lake: Lake, tmp_path: Path) -> None:
    story = urgent_story()
    write(lake, scored(story, whole_visit()))
    running = watcher(lake, tmp_path)
    running()
    running()
    write(lake, scored(story, whole_visit(at=MORNING + timedelta(minutes=3))))
    running()
    (record,) = reported(tmp_path)
    assert (record["cafe"], record["kinds"], record["session_id"]) == ("goteborg", ["allergy"], story.session_id)
    assert record["reported_at"] == NOON.isoformat()
    assert record["link"] == f"https://x.se/?kafe=goteborg&dag=2026-11-23#svar-{story.session_id}"
    assert "nötter" not in json.dumps(record, ensure_ascii=False)


def test_a_restart_and_a_half_written_line_repeat_no_report(lake: Lake, tmp_path: Path) -> None:
    write(lake, scored(urgent_story()))
    watcher(lake, tmp_path)()
    with (tmp_path / RECORDS_NAME).open("a") as records:
        records.write('{"session_id": "019')
    watcher(lake, tmp_path)()
    assert len((tmp_path / RECORDS_NAME).read_text().splitlines()) == 2


def test_a_record_in_the_older_format_prevents_a_second_report(lake: Lake, tmp_path: Path) -> None:
    story = urgent_story()
    write(lake, scored(story))
    (tmp_path / RECORDS_NAME).write_text(
        json.dumps({"session_id": story.session_id, "told_at": NOON.isoformat()}) + "\n"
    )
    watcher(lake, tmp_path)()
    assert [each["session_id"] for each in reported(tmp_path)] == [story.session_id]


def test_simulated_feedback_is_reported_in_a_demo_only(lake: Lake, tmp_path: Path) -> None:
    write(lake, scored(urgent_story(simulated=True)))
    watcher(lake, tmp_path)()
    assert reported(tmp_path) == []
    watcher(lake, tmp_path, simulated=True)()
    assert len(reported(tmp_path)) == 1


def test_late_feedback_is_reported_for_two_weeks(lake: Lake, tmp_path: Path) -> None:
    write(lake, scored(urgent_story()))
    watcher(lake, tmp_path, now=NOON + timedelta(days=14))()
    assert reported(tmp_path) == []
    watcher(lake, tmp_path, now=NOON + timedelta(days=13))()
    assert len(reported(tmp_path)) == 1
    assert business_day(NOON) == MORNING.date()


def test_an_unreadable_lake_reports_nothing_and_raises_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "lake" / "scored_feedback" / "_delta_log"
    broken.mkdir(parents=True)
    (broken / "00000000000000000000.json").write_text("{")
    watcher(Lake(str(tmp_path / "lake")), tmp_path)()
    assert reported(tmp_path) == []


# Dangers reported during a talk


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(sqlite_url(tmp_path / "store.sqlite"))
    yield opened
    opened.close()


def test_a_danger_is_reported_at_the_next_run_once_and_before_any_feedback(
    lake: Lake, store: Store, tmp_path: Path
) -> None:
    running, story = watcher(lake, tmp_path), urgent_story()
    running()
    assert reported(tmp_path) == []
    add_report(store, danger(story))
    with capture_logs() as logs:
        running()
        running()
        watcher(lake, tmp_path)()
    (record,) = reported(tmp_path)
    assert record == {
        "session_id": story.session_id,
        "cafe": "goteborg",
        "day": "2026-11-23",
        "kinds": ["allergy"],
        "sent_at": MORNING.isoformat(),
        "reported_at": NOON.isoformat(),
        "link": f"https://x.se/?kafe=goteborg&dag=2026-11-23#svar-{story.session_id}",
    }
    (warning,) = [each for each in logs if each["log_level"] == "warning"]
    assert (warning["event"], warning["cafe"], warning["kinds"]) == ("urgent feedback", "goteborg", ["allergy"])
    assert warning["link"] == record["link"]


def test_feedback_sent_after_its_danger_was_reported_is_not_reported_again(
    lake: Lake, store: Store, tmp_path: Path
) -> None:
    running, story, other = watcher(lake, tmp_path), urgent_story(), urgent_story(at=MORNING + timedelta(minutes=9))
    add_report(store, danger(story))
    running()
    write(lake, scored(story, other))
    running()
    watcher(lake, tmp_path)()
    assert [each["session_id"] for each in reported(tmp_path)] == [story.session_id, other.session_id]


def test_the_dangers_of_several_turns_are_one_report_with_each_kind_once(
    lake: Lake, store: Store, tmp_path: Path
) -> None:
    story = urgent_story()
    for turn, kind in enumerate(("breathing", "fire_or_gas", "collapse"), start=1):
        add_report(store, danger(story, turn=turn, kind=kind, at=MORNING + timedelta(seconds=turn)))
    watcher(lake, tmp_path)()
    (record,) = reported(tmp_path)
    assert record["kinds"] == ["injury", "safety"]
    assert record["sent_at"] == (MORNING + timedelta(seconds=1)).isoformat()


def test_a_later_danger_of_another_kind_is_a_report_of_its_own(lake: Lake, store: Store, tmp_path: Path) -> None:
    running, story = watcher(lake, tmp_path), urgent_story()
    add_report(store, danger(story))
    running()
    add_report(store, danger(story, turn=2, at=MORNING + timedelta(seconds=20)))  # the same once more
    running()
    add_report(store, danger(story, turn=3, kind="breathing", at=MORNING + timedelta(seconds=40)))
    running()
    running()
    watcher(lake, tmp_path)()
    write(lake, scored(story))
    running()
    first, second = reported(tmp_path)
    assert (first["kinds"], first["sent_at"]) == (["allergy"], MORNING.isoformat())
    assert (second["kinds"], second["sent_at"]) == (["injury"], (MORNING + timedelta(seconds=40)).isoformat())


@pytest.mark.parametrize("kind", [*DANGERS, "a_kind_of_a_newer_edge"])
def test_each_kind_of_danger_is_reported_as_the_scorer_flags_it(
    lake: Lake, store: Store, tmp_path: Path, kind: str
) -> None:
    add_report(store, danger(urgent_story(), kind=kind))
    watcher(lake, tmp_path)()
    (record,) = reported(tmp_path)
    assert [PREFIX + each for each in record["kinds"]] == [URGENT.get(kind, "urgent_safety")]


def test_simulated_dangers_are_reported_in_a_demo_only(lake: Lake, store: Store, tmp_path: Path) -> None:
    real, simulated = urgent_story(), urgent_story(simulated=True)
    for each in (real, simulated):
        add_report(store, danger(each))
    watcher(lake, tmp_path)()
    assert [each["session_id"] for each in reported(tmp_path)] == [real.session_id]
    (tmp_path / RECORDS_NAME).unlink()
    watcher(lake, tmp_path, simulated=True)()
    assert [each["session_id"] for each in reported(tmp_path)] == [simulated.session_id]


def test_a_danger_of_an_erased_session_is_not_reported(lake: Lake, store: Store, tmp_path: Path) -> None:
    story = urgent_story()
    add_report(store, danger(story))
    tombstones.add(store, session_id=story.session_id, actor="guest", reason="asked")
    watcher(lake, tmp_path)()
    assert reported(tmp_path) == []


def test_a_danger_is_reported_while_the_lake_cannot_be_read(store: Store, tmp_path: Path) -> None:
    broken = tmp_path / "lake" / "scored_feedback" / "_delta_log"
    broken.mkdir(parents=True)
    (broken / "00000000000000000000.json").write_text("{")
    add_report(store, danger(urgent_story()))
    watcher(Lake(str(tmp_path / "lake")), tmp_path)()
    assert len(reported(tmp_path)) == 1


def test_urgent_feedback_is_reported_while_the_store_is_away(lake: Lake, tmp_path: Path) -> None:
    def away() -> Store:
        raise StoreAway("The store does not answer.", remedy="Wait.")

    write(lake, scored(urgent_story()))
    UrgentWatcher(
        lake, open_store=away, folder=tmp_path, pages_url="https://x.se", simulated=False, clock=lambda: NOON
    )()
    assert len(reported(tmp_path)) == 1
