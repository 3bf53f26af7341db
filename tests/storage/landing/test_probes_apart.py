"""A replica's probes are published beside the events of guests, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.events import Event, Probe, make_event
from pilot.identifiers import new_identifier
from storage.landing.append_log import AppendLog
from storage.landing.days import read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.log_lines import log_line, split_probes
from storage.landing.publisher import publish_log
from tests.storage.recorded import MONDAY_MORNING, ids, utterances

MONDAY = MONDAY_MORNING.date()


def probe() -> bytes:
    return a_probe().line()


def a_probe() -> Event:
    return make_event(
        Probe(target="websocket", ok=True, duration_ms=2.0, every_seconds=30, cafes=["aurora", "goteborg"]),
        event_id=new_identifier(at=MONDAY_MORNING),
        at=MONDAY_MORNING,
        session_id=new_identifier(at=MONDAY_MORNING),
        cafe="aurora",
        edge="watch",
        epoch=1,
        seq=0,
        simulated=True,
    )


@pytest.fixture
def probes(tmp_path: Path) -> FolderSegments:
    return FolderSegments(tmp_path / "probes")


def test_a_log_of_both_is_published_in_two_landings(
    segments: FolderSegments, probes: FolderSegments, tmp_path: Path
) -> None:
    said, probed = utterances(2), [a_probe(), a_probe()]
    with AppendLog(logs=tmp_path / "logs", replica="edge1", segments=segments, probes=probes) as log:
        log.append([said[0], probed[0], said[1], probed[1]]).result(10)
    assert read_day(segments, MONDAY).frame["event_id"].to_list() == ids(said)
    assert sorted(read_day(probes, MONDAY).frame["event_id"]) == sorted(ids(probed))


def test_a_log_that_is_published_again_after_a_crash_changes_nothing(
    segments: FolderSegments, probes: FolderSegments, tmp_path: Path
) -> None:
    path = tmp_path / f"{new_identifier()}.log"
    content = b"".join(log_line(event) for event in (*utterances(1), a_probe()))
    for _ in range(2):
        path.write_bytes(content)
        publish_log(path, segments=segments, replica="edge1", probes=probes)
    assert len(segments.list(MONDAY)) == len(probes.list(MONDAY)) == 1


def test_words_that_resemble_a_probe_stay_with_the_guests() -> None:
    (event,) = utterances(1, said='"event":"probe"')
    disguised = event.line().replace(b'"data":{', b'"data":{"event":"probe",')
    broken = b'{"event":"probe", "cafe": "aurora" and a guest\'s words\n'
    body = event.line() + disguised + broken
    assert split_probes(body) == (body, b"")


@given(st.lists(st.booleans(), max_size=8))
def test_every_line_is_in_exactly_one_landing_in_its_order(which: list[bool]) -> None:
    lines = [(probe() if each else utterances(1)[0].line(), each) for each in which]
    others, probed = split_probes(b"".join(line for line, _ in lines))
    assert others == b"".join(line for line, each in lines if not each)
    assert probed == b"".join(line for line, each in lines if each)
