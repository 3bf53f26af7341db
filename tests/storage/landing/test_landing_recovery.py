"""A replica is killed anywhere; after a restart nothing acknowledged is lost and nothing is doubled."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilot.events import parse_event
from storage.landing.append_log import AppendLog, Cadence
from storage.landing.days import read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.log_lines import log_line
from storage.landing.publisher import publish_log
from storage.landing.segments import Segments
from tests.storage.recorded import CHECKOUT, MONDAY_MORNING, TUESDAY_MORNING, ids, utterances

DAYS = (MONDAY_MORNING.date(), TUESDAY_MORNING.date())
Order = dict[str, object]
Report = dict[str, list[str]]


@pytest.fixture(scope="module")
def dying_replica() -> Iterator[Callable[[Order], Report]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.landing.dying_replica"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def obey(order: Order) -> Report:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            report: Report = json.loads(process.stdout.readline())
            return report

        yield obey
        process.stdin.close()


def _restart(folder: Path) -> FolderSegments:
    segments = FolderSegments(folder / "landing")
    AppendLog(logs=folder / "log", replica="edge1", segments=segments, cadence=Cadence(adopt_seconds=3600)).close()
    assert not list((folder / "log" / "edge1").glob("*.log"))
    return segments


def _landed(segments: Segments) -> list[str]:
    return [
        parse_event(line).event_id
        for day in DAYS
        for name in segments.list(day)
        for line in segments.read(name).splitlines()
    ]


orders = st.one_of(
    st.fixed_dictionaries(
        {
            "failpoint": st.sampled_from(["written", "synced", "put", "deleted"]),
            "nth": st.integers(1, 6),
            "batches": st.integers(1, 6),
            "publish": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {"acknowledgements": st.integers(1, 60), "batches": st.integers(1, 20), "publish": st.booleans()}
    ),
)


@pytest.mark.processes
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=orders)
def test_killed_anywhere_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    order: Order, dying_replica: Callable[[Order], Report]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = dying_replica({**order, "folder": folder})
        landed = _landed(_restart(Path(folder)))
        assert [event for event, times in Counter(landed).items() if times > 1] == []
        assert set(report["acknowledged"]) <= set(landed)
        # What was written and not acknowledged may land: at most the one batch that was on its way.
        assert len(landed) <= len(report["acknowledged"]) + 3


@pytest.mark.processes
@pytest.mark.parametrize(
    ("failpoint", "nth", "already_published"),
    [
        pytest.param("written", 2, 0, id="after the write, before the sync"),
        pytest.param("synced", 2, 0, id="after the sync, before the acknowledgement"),
        pytest.param("put", 1, 1, id="between the puts of two days"),
        pytest.param("put", 2, 2, id="after the last put, before the log file is deleted"),
        pytest.param("deleted", 1, 2, id="after the log file is deleted"),
    ],
)
def test_each_named_point_is_survived(
    failpoint: str, nth: int, already_published: int, tmp_path: Path, dying_replica: Callable[[Order], Report]
) -> None:
    report = dying_replica(
        {"failpoint": failpoint, "nth": nth, "batches": 3, "publish": False, "folder": str(tmp_path)}
    )
    assert report["killed"]
    segments = FolderSegments(tmp_path / "landing")
    before = [name for day in DAYS for name in segments.list(day)]
    assert len(before) == already_published
    _restart(tmp_path)
    landed = _landed(segments)
    assert len(landed) == len(set(landed))
    # A killed process leaves what it wrote to the system: also what it had not yet synced or acknowledged.
    assert len(landed) == (6 if failpoint in ("written", "synced") else 9)
    assert set(report["acknowledged"]) <= set(landed)
    assert set(before) <= {name for day in DAYS for name in segments.list(day)}


@given(data=st.data())
@settings(max_examples=40)
def test_a_tail_torn_at_any_byte_is_cut_before_publishing(data: st.DataObject) -> None:
    events = [*utterances(2), *utterances(1, at=TUESDAY_MORNING)]
    acknowledged, torn = b"".join(log_line(event) for event in events[:2]), log_line(events[2])
    length = data.draw(st.integers(0, len(torn) - 1))
    with tempfile.TemporaryDirectory() as folder:
        segments = FolderSegments(Path(folder) / "landing")
        path = Path(folder) / "01a20a2d-ffda-73f3-856d-ddfcf892e07c.log"
        path.write_bytes(acknowledged + torn[:length])
        publish_log(path, segments=segments, replica="edge1")
        assert _landed(segments) == ids(events[:2])
        assert not path.exists()


def test_whole_lines_of_a_damaged_log_are_published_and_the_file_is_kept(tmp_path: Path) -> None:
    events = utterances(3)
    segments = FolderSegments(tmp_path / "landing")
    path = tmp_path / "01a20a2d-ffda-73f3-856d-ddfcf892e07c.log"
    lines = [log_line(event) for event in events]
    path.write_bytes(lines[0] + lines[1].replace(b"lang", b"Iang").replace("lång".encode(), b"kort ") + lines[2])
    publish_log(path, segments=segments, replica="edge1")
    assert _landed(segments) == [events[0].event_id, events[2].event_id]
    assert (tmp_path / "damaged" / path.name).exists()


def test_an_event_sent_again_after_a_crash_is_one_event_to_every_reader(tmp_path: Path) -> None:
    events = utterances(2)
    segments = FolderSegments(tmp_path / "landing")
    for _ in range(2):
        with AppendLog(logs=tmp_path / "log", replica="edge1", segments=segments) as log:
            log.append(events).result(10)
    day = read_day(segments, DAYS[0])
    assert day.frame["event_id"].to_list() == ids(events)
    assert day.duplicates == 2


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from storage.errors import LandingUnavailable
from storage.landing.append_log import AppendLog
from storage.landing.folder_segments import FolderSegments
from tests.storage.recorded import utterances

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
segments = FolderSegments(folder / "landing")
with AppendLog(logs=folder / "log", replica="edge1", segments=segments) as log:
    first, refused, after = utterances(1), utterances(40), utterances(1)
    log.append(first).result(10)
    (soft, hard) = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        log.append(refused).result(10)
    except LandingUnavailable as error:
        assert error.retryable, error
    else:
        raise SystemExit("the write was not refused")
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    log.append(after).result(10)
print(first[0].event_id, after[0].event_id)
"""


@pytest.mark.processes
def test_a_write_that_the_system_refuses_halfway_leaves_no_half_batch(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert sorted(_landed(FolderSegments(tmp_path / "landing"))) == sorted(done.stdout.splitlines()[-1].split())
