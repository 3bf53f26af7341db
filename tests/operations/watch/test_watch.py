"""The watch's rounds, pages and clockwork."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest

from operations.seeding import seed
from operations.system import free_port
from operations.watch import clockwork
from operations.watch.probes import probing
from operations.watch.probes.pages import Page, Pages
from operations.watch.probes.prober import Prober
from operations.watch.probes.probing import ProbeResult, open_client, run_probe
from operations.watch.probes.round import ProbeRound
from operations.watch.probes.targets import Target
from pilot.events import Event, Probe
from pilot.settings import Settings
from pipelines.figures.probes import probe_parts
from storage.errors import LandingUnavailable
from storage.home import Home, open_home
from storage.landing.days import read_day

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DEADLINE_SECONDS = 60.0


@contextmanager
def serving(body: str, *, status: int = 200, port: int = 0) -> Iterator[str]:
    """Serve one page at every address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/c/BCDFGH"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def probed(url: str) -> Probe:
    with open_client() as client:
        call = partial(probing.customer_page, Page("aurora", "Café Aurora", url), client=client)
        return run_probe("customer_page", call, every_seconds=30)


def test_a_page_with_its_cafes_name_is_up() -> None:
    with serving("<h1>Caf&eacute; Aurora</h1>") as url:
        seen = probed(url)
    assert (seen.ok, seen.status, seen.every_seconds) == (True, 200, 30)
    assert seen.duration_ms > 0


@pytest.mark.parametrize(("body", "status"), [("<h1>Another café</h1>", 200), ("<h1>Café Aurora</h1>", 503)])
def test_a_wrong_page_or_status_is_down(body: str, status: int) -> None:
    with serving(body, status=status) as url:
        seen = probed(url)
    assert (seen.ok, seen.status) == (False, status)
    assert seen.failure == {200: "wrong_answer", 503: "wrong_status"}[status]


def test_an_unreachable_page_is_a_failed_probe_and_no_error() -> None:
    seen = probed(f"http://127.0.0.1:{free_port()}/c/BCDFGH")
    assert (seen.ok, seen.status) == (False, None)


class FakeLog:
    """Records events, or refuses them like a full disk."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.events: list[Event] = []

    def append(self, events: Sequence[Event]) -> Future[None]:
        future: Future[None] = Future()
        if self.full:
            future.set_exception(LandingUnavailable("The disk is full.", remedy="Make room."))
        else:
            self.events += events
            future.set_result(None)
        return future


PAGES = (Page("aurora", "Café Aurora", "http://a"), Page("goteborg", "Göteborg Café", "http://g"))


def make_round(log: FakeLog, heartbeat: Path, *, simulated: bool = False) -> ProbeRound:
    pages = [
        Target("customer_page", (page.cafe,), partial(ProbeResult, "" if page.cafe == "aurora" else "wrong_status"))
        for page in PAGES
    ]
    prober = Prober(
        lambda: [*pages, Target("dashboards", ("aurora", "goteborg"), ProbeResult)],
        every_seconds=30,
        clock=lambda: NOW,
        simulated=simulated,
    )
    return ProbeRound(prober, log=log, heartbeat=heartbeat, clock=lambda: NOW)


def test_a_round_records_one_probe_a_page_and_writes_its_heartbeat(tmp_path: Path) -> None:
    log = FakeLog()
    make_round(log, tmp_path / "watch.json")()
    assert [(event.data["cafes"], event.event, event.data["target"], event.data["ok"]) for event in log.events] == [
        (["aurora"], "probe", "customer_page", True),
        (["goteborg"], "probe", "customer_page", False),
        (["aurora", "goteborg"], "probe", "dashboards", True),
    ]
    assert {event.day for event in log.events} == {date(2026, 11, 23)}
    assert {(event.edge, event.simulated) for event in log.events} == {("watch", False)}
    assert len({event.session_id for event in log.events}) == 3
    sign = json.loads((tmp_path / "watch.json").read_text())
    assert sign == {
        "at": NOW.isoformat(),
        "probed": 2,
        "failed": ["goteborg"],
        "away": ["customer_page"],
        "recorded": True,
    }


def test_a_round_on_a_full_disk_marks_its_heartbeat_as_not_recorded(tmp_path: Path) -> None:
    make_round(FakeLog(full=True), tmp_path / "watch.json")()
    assert json.loads((tmp_path / "watch.json").read_text())["recorded"] is False


def test_a_demos_probes_are_simulated(tmp_path: Path) -> None:
    log = FakeLog()
    make_round(log, tmp_path / "watch.json", simulated=True)()
    assert {event.simulated for event in log.events} == {True}


def test_pages_of_active_codes_are_cached_while_the_store_is_away(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = seed(home)
    pages = Pages(home)
    known = pages.current()
    assert [(page.cafe, page.url) for page in known] == [
        (code.cafe, f"{home.settings.public_url}/c/{code.code}") for code in issued
    ]

    def away() -> None:
        raise LandingUnavailable("away", remedy="wait")

    monkeypatch.setattr(home, "store", away)
    assert pages.current() == known


def test_the_clockwork_lands_failed_and_good_probes_of_the_real_pages(
    settings: Settings, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(home)
    home = open_home(settings.model_copy(update={"probe_seconds": 1}))
    stop = threading.Event()
    heartbeat = home.root / ".run" / "watch.json"
    rounds: queue.Queue[list[str]] = queue.Queue()  # The cafés that failed in each round.

    class ReportingRound(ProbeRound):
        def __call__(self) -> None:
            super().__call__()
            rounds.put(json.loads(heartbeat.read_text())["failed"])

    monkeypatch.setattr(clockwork, "ProbeRound", ReportingRound)
    thread = threading.Thread(target=partial(clockwork.keep_watching, home, stop=stop))
    thread.start()
    try:
        assert rounds.get(timeout=DEADLINE_SECONDS) == ["aurora", "goteborg", "malmohuset"]
        with serving("Café Aurora Malmö Huset", port=settings.edge_port):
            while rounds.get(timeout=DEADLINE_SECONDS) != ["goteborg"]:
                pass
    finally:
        stop.set()
        thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()
    segments = home.probe_segments()
    assert home.segments().fingerprints() == {}
    frames = [part for day in segments.fingerprints() for part in probe_parts(read_day(segments, day).frame)]
    probes = pl.concat(frames)
    assert set(probes["target"]) == {"customer_page", "websocket", "receipt", "dashboards"}
    oks = set(probes.filter(target="customer_page").select("cafe", "ok").iter_rows())
    assert {("aurora", False), ("aurora", True), ("goteborg", False)} <= oks
    assert ("goteborg", True) not in oks
