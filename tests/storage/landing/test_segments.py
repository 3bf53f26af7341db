"""Segments in a folder and in an object store: created once, told by their checksum, listed by day."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from moto.s3.responses import S3Response
from moto.server import ThreadedMotoServer

from pilot.identifiers import new_identifier
from pilot.settings import Settings
from storage.errors import CorruptSegment, LandingUnavailable
from storage.home import open_home
from storage.landing.day_folders import SETTLED_AFTER_SECONDS
from storage.landing.folder_segments import STALE_TEMPORARY_SECONDS, FolderSegments
from storage.landing.object_segments import LISTED_AGAIN_SECONDS, ObjectDays, ObjectSegments
from storage.landing.salvage import salvage
from storage.landing.segments import SegmentName, Segments, publish
from tests.storage.recorded import MONDAY_MORNING, TUESDAY_MORNING, utterances
from tests.waiting import DEADLINE_SECONDS

MONDAY, TUESDAY = MONDAY_MORNING.date(), TUESDAY_MORNING.date()
BUCKET = "landing"


@pytest.fixture(scope="module")
def object_store() -> Iterator[str]:
    # Moto checks If-None-Match and then writes; the service itself does both at once.
    atomic, put = threading.Lock(), S3Response.put_object

    def put_alone(response: S3Response) -> Any:
        with atomic:
            return put(response)

    with patch.object(S3Response, "put_object", put_alone):
        yield from _served()


def _served() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "object store"])
def landing(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Segments:
    if request.param == "folder":
        return FolderSegments(tmp_path / "landing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("object_store"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "pilot")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pilot")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    _make_bucket(BUCKET)
    home = open_home(Settings(home=tmp_path, landing_url=f"s3://{BUCKET}/{new_identifier()}"))
    return home.segments()


def _make_bucket(name: str) -> None:
    httpx.put(f"{os.environ['AWS_ENDPOINT_URL']}/{name}", content=b"", timeout=DEADLINE_SECONDS).raise_for_status()


def a_segment(day: date = MONDAY, count: int = 2) -> tuple[SegmentName, bytes]:
    at = MONDAY_MORNING if day == MONDAY else TUESDAY_MORNING
    body = b"".join(event.line() for event in utterances(count, at=at))
    return SegmentName.of(body, day=day, replica="edge1", identifier=new_identifier(at=at)), body


def test_a_segment_is_read_back_as_it_was_put(landing: Segments) -> None:
    name, body = a_segment()
    assert landing.put(name, body) is True
    assert landing.read(name) == body
    assert landing.list(MONDAY) == [name]
    assert landing.list(TUESDAY) == []


def test_a_second_put_of_a_name_changes_nothing_and_says_so(landing: Segments) -> None:
    name, body = a_segment()
    assert landing.put(name, body) is True
    assert landing.put(name, b"something else") is False
    assert landing.read(name) == body


def test_exactly_one_of_several_racing_puts_succeeds(landing: Segments) -> None:
    name, body = a_segment()
    start = threading.Barrier(8)
    made: list[bool] = []

    def put() -> None:
        start.wait(10)
        made.append(landing.put(name, body))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 7 + [True]
    assert landing.read(name) == body


def test_a_days_fingerprint_changes_with_every_segment_and_only_that_days(landing: Segments) -> None:
    assert landing.fingerprints() == {}
    landing.put(*a_segment(MONDAY))
    first = landing.fingerprints()
    assert set(first) == {MONDAY}
    landing.put(*a_segment(TUESDAY))
    second = landing.fingerprints()
    assert second[MONDAY] == first[MONDAY]
    landing.put(*a_segment(MONDAY))
    third = landing.fingerprints()
    assert third[MONDAY] != second[MONDAY]
    assert third[TUESDAY] == second[TUESDAY]
    assert landing.fingerprints() == third


def test_a_damaged_segment_names_itself_both_checksums_and_what_to_do(landing: Segments) -> None:
    name, body = a_segment()
    damaged = body.replace("Kön".encode(), b"Kan ")
    landing.put(name, damaged)
    with pytest.raises(CorruptSegment) as caught:
        landing.read(name)
    said = str(caught.value)
    assert name.path in said
    assert f"expected checksum {name.checksum}" in said
    assert f"found {caught.value.found}" in said
    assert "salvage" in said
    assert "Kan" not in said


def test_salvage_keeps_the_whole_lines_and_sets_the_damaged_segment_aside(landing: Segments) -> None:
    name, body = a_segment(count=3)
    first, second, third = body.splitlines(keepends=True)
    landing.put(name, first + second[:40] + b"\n" + third)
    saved = salvage(landing, name)
    assert saved is not None
    assert (saved.lines_kept, saved.lines_lost) == (2, 1)
    assert saved.republished is not None
    assert landing.list(MONDAY) == [saved.republished]
    assert landing.read(saved.republished) == first + third


def test_salvage_leaves_a_whole_segment_alone(landing: Segments) -> None:
    name, body = a_segment()
    landing.put(name, body)
    assert salvage(landing, name) is None
    assert landing.list(MONDAY) == [name]


def test_salvage_of_a_segment_without_a_whole_line_leaves_the_day_empty(landing: Segments) -> None:
    name, _ = a_segment()
    landing.put(name, b"\x00" * 300)
    saved = salvage(landing, name)
    assert saved is not None
    assert (saved.lines_kept, saved.republished) == (0, None)
    assert landing.list(MONDAY) == []


def test_publishing_without_a_log_makes_one_segment_a_day_and_none_the_second_time(landing: Segments) -> None:
    events = [*utterances(2), *utterances(2, at=TUESDAY_MORNING)]
    identifier = new_identifier()
    names = publish(landing, events, replica="simulator", identifier=identifier)
    assert [name.day for name in names] == [MONDAY, TUESDAY]
    before = landing.fingerprints()
    assert publish(landing, events, replica="simulator", identifier=identifier) == names
    assert landing.fingerprints() == before


def test_an_object_store_that_is_away_is_a_retryable_error_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "pilot")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    away = ObjectSegments("s3://landing/pilot")
    with pytest.raises(LandingUnavailable, match="PILOT_LANDING_URL") as caught:
        away.put(*a_segment())
    assert caught.value.retryable
    assert "hush" not in str(caught.value)


def test_a_bucket_that_does_not_exist_is_named_as_such(object_store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", object_store)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "pilot")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pilot")
    with pytest.raises(LandingUnavailable, match="s3://missing/pilot"):
        ObjectSegments("s3://missing/pilot").put(*a_segment())


@pytest.mark.parametrize("path", ["day=2026-13-01/a-b.ndjson", "notes.txt", "day=2026-11-23/.x.tmp", ".scratch/x"])
def test_files_that_are_not_segments_are_ignored(path: str, tmp_path: Path) -> None:
    landing = FolderSegments(tmp_path / "landing")
    stranger = tmp_path / "landing" / path
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text("x")
    assert landing.list(MONDAY) == []
    assert landing.fingerprints() == {}
    assert SegmentName.parse(path) is None


def test_a_name_is_its_path_and_back() -> None:
    name, _ = a_segment()
    assert SegmentName.parse(name.path) == name


def test_half_written_files_of_dead_processes_are_swept_and_young_ones_are_left(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    FolderSegments(landing)
    half = landing / ".scratch" / ".edge1.tmp"
    half.write_text("half")
    now = half.stat().st_mtime
    FolderSegments(landing, wall_clock=lambda: now + STALE_TEMPORARY_SECONDS - 1)
    assert half.exists()
    FolderSegments(landing, wall_clock=lambda: now + STALE_TEMPORARY_SECONDS + 1)
    assert not half.exists()


def test_a_full_disk_is_a_retryable_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing = FolderSegments(tmp_path / "landing")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("storage.folders.write_fully", full)
    with pytest.raises(LandingUnavailable, match="No space left"):
        landing.put(*a_segment())
    assert list((tmp_path / "landing" / ".scratch").iterdir()) == []


class Listings:
    """Counts which day folders are listed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.days: list[str] = []
        real = os.scandir

        def scandir(path: Any) -> Any:
            if Path(path).name.startswith("day="):
                self.days.append(Path(path).name)
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)


def changed_at(folder: Path, moment: float) -> None:
    os.utime(folder, (moment, moment))


def test_a_settled_day_is_not_listed_again_until_its_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_home(Settings(home=tmp_path))
    names = [a_segment(MONDAY), a_segment(TUESDAY)]
    for each in names:
        home.segments().put(*each)
    folders = {name.day: home.root / "landing" / name.folder for name, _ in names}
    for folder in folders.values():
        changed_at(folder, folder.stat().st_mtime - SETTLED_AFTER_SECONDS - 1)
    listings = Listings(monkeypatch)
    first = home.segments().fingerprints()
    assert sorted(listings.days) == sorted(name.folder for name, _ in names)
    assert home.segments().fingerprints() == first
    assert len(listings.days) == 2
    home.segments().put(*a_segment(MONDAY))
    second = home.segments().fingerprints()
    assert listings.days[2:] == [names[0][0].folder]
    assert second[MONDAY] != first[MONDAY]
    assert second[TUESDAY] == first[TUESDAY]
    home.segments().remove(names[1][0])
    assert set(home.segments().fingerprints()) == {MONDAY}


def test_a_day_that_changed_a_moment_ago_is_listed_again_since_its_time_may_not_move(tmp_path: Path) -> None:
    now = MONDAY_MORNING.timestamp()
    landing = FolderSegments(tmp_path / "landing", wall_clock=lambda: now)
    name, body = a_segment(MONDAY)
    landing.put(name, body)
    changed_at(tmp_path / "landing" / name.folder, now - 1)
    first = landing.fingerprints()
    landing.put(*a_segment(MONDAY))
    changed_at(tmp_path / "landing" / name.folder, now - 1)
    assert landing.fingerprints() != first


def test_an_older_day_is_listed_again_only_after_a_while_or_an_own_change(
    object_store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", object_store)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "pilot")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pilot")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    _make_bucket(BUCKET)
    url, clock = f"s3://{BUCKET}/{new_identifier()}", [0.0]
    mine = ObjectSegments(url, days=ObjectDays(clock=lambda: clock[0]))
    others = ObjectSegments(url)
    old = [MONDAY - timedelta(days=back) for back in (3, 2)]
    for day in (*old, MONDAY, TUESDAY):
        mine.put(*a_segment_of(day))
    first = mine.fingerprints()
    assert list(first) == [*old, MONDAY, TUESDAY]
    for day in (old[0], TUESDAY):
        others.put(*a_segment_of(day))
    second = mine.fingerprints()
    assert second[TUESDAY] != first[TUESDAY]
    assert second[old[0]] == first[old[0]]
    clock[0] += LISTED_AGAIN_SECONDS
    third = mine.fingerprints()
    assert third[old[0]] != first[old[0]]
    name, body = a_segment_of(old[1])
    mine.put(name, body)
    assert mine.fingerprints()[old[1]] != third[old[1]]
    mine.remove(name)
    assert mine.fingerprints() == third


def a_segment_of(day: date) -> tuple[SegmentName, bytes]:
    body = f"{new_identifier()}\n".encode()
    return SegmentName.of(body, day=day, replica="edge1", identifier=new_identifier()), body
