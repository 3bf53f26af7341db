"""Each kind of failure of each target is a failed probe with its own name, and counts as downtime."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from operations.system import free_port
from operations.watch.probes import probing
from operations.watch.probes.pages import Page
from operations.watch.probes.prober import Prober
from operations.watch.probes.probing import ProbeResult, open_client, run_probe
from operations.watch.probes.round import ProbeRound
from operations.watch.probes.targets import Target, local_targets, public_targets
from pilot.cafes import parse_cafes
from pilot.events import Probe
from pilot.settings import Settings
from pipelines.figures.uptime import uptime
from tests.events import raw_events
from tests.operations.watch.test_watch import FakeLog
from tests.waiting import DEADLINE_SECONDS

ROOT = Path(__file__).parents[4]
CAFES = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
EVERY_SECONDS = 30
SOON_SECONDS = 0.3
ACCEPT_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3

Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def answering(answer: Answer, *, port: int = 0) -> Iterator[str]:
    """Listen on a port and pass each request to `answer`; hang up at the end."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as listener:

        def accept() -> None:
            while not done.is_set():
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(caller,), daemon=True).start()

        def serve(caller: socket.socket) -> None:
            with caller:
                try:
                    request = caller.recv(65_536)
                    answer(caller, request)
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def http(status: int, body: str = "", **headers: str) -> Answer:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body.encode())}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    whole = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
    return lambda caller, _: caller.sendall(whole)


def silent(caller: socket.socket, request: bytes) -> None:
    caller.recv(1)  # Until the caller gives up.


def hang_up(caller: socket.socket, request: bytes) -> None:
    return


def babble(caller: socket.socket, request: bytes) -> None:
    caller.sendall(b"+OK ready\r\n\r\n")


def upgrade_and_fall_silent(caller: socket.socket, request: bytes) -> None:
    """Open the socket like a proxy in front of a dead edge: nothing is answered."""
    found = re.search(rb"sec-websocket-key: (\S+)", request, re.IGNORECASE)
    assert found
    accepted = base64.b64encode(hashlib.sha1(found[1] + ACCEPT_KEY).digest()).decode()
    head = ("HTTP/1.1 101 X", "upgrade: websocket", "connection: upgrade", f"sec-websocket-accept: {accepted}")
    caller.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    while caller.recv(4_096):
        pass


def probe_once(target: str, base: str) -> Probe:
    with open_client() as client:
        calls = {
            "customer_page": partial(
                probing.customer_page, Page("aurora", "Café Aurora", f"{base}/c/BCDFGH"), client=client
            ),
            "websocket": partial(probing.websocket, base),
            "receipt": partial(probing.receipt, base, client=client),
            "dashboards": partial(probing.dashboards, base, client=client),
            "ollama": partial(probing.ollama, base, client=client),
        }
        return run_probe(target, calls[target], every_seconds=EVERY_SECONDS)


EVERY_TARGET = ("customer_page", "websocket", "receipt", "dashboards", "ollama")


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("customer_page", http(200, "<h1>Caf&eacute; Aurora</h1>")),
        ("receipt", http(404, "no such receipt", x_robots_tag="noindex")),
        ("receipt", http(429, "busy", x_robots_tag="noindex")),
        ("dashboards", http(200, "ok")),
        ("ollama", http(200, '{"version":"0.9.1"}')),
    ],
)
def test_a_correct_answer_is_up_without_a_failure(target: str, answer: Answer) -> None:
    with answering(answer) as base:
        seen = probe_once(target, base)
    assert (seen.ok, seen.failure) == (True, "")


@pytest.mark.parametrize("target", EVERY_TARGET)
def test_a_closed_port_is_unreachable(target: str) -> None:
    seen = probe_once(target, f"http://127.0.0.1:{free_port()}")
    assert (seen.ok, seen.failure, seen.status) == (False, "unreachable", None)


@pytest.mark.parametrize("target", EVERY_TARGET)
def test_a_server_that_never_answers_times_out(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "TIMEOUT_SECONDS", SOON_SECONDS)
    with answering(silent) as base:
        seen = probe_once(target, base)
    assert (seen.ok, seen.failure, seen.status) == (False, "timed_out", None)


@pytest.mark.parametrize("answer", [hang_up, babble])
@pytest.mark.parametrize("target", EVERY_TARGET)
def test_a_hang_up_or_another_protocol_is_broken_off(target: str, answer: Answer) -> None:
    with answering(answer) as base:
        seen = probe_once(target, base)
    assert (seen.ok, seen.failure, seen.status) == (False, "broken_off", None)


@pytest.mark.parametrize("status", [403, 500, 503])
@pytest.mark.parametrize("target", EVERY_TARGET)
def test_a_wrong_status_is_recorded_with_the_failure(target: str, status: int) -> None:
    with answering(http(status, "ok", x_robots_tag="noindex")) as base:
        seen = probe_once(target, base)
    assert (seen.ok, seen.failure, seen.status) == (False, "wrong_status", status)


@pytest.mark.parametrize(
    ("target", "answer", "status"),
    [
        ("customer_page", http(200, "<h1>It works!</h1>"), 200),
        ("receipt", http(404, "a proxy's own page"), 404),
        ("dashboards", http(200, "starting"), 200),
        ("ollama", http(200, "{}"), 200),
        ("ollama", http(200, '["0.9.1"]'), 200),
        ("ollama", http(200, "<h1>not JSON</h1>"), 200),
    ],
)
def test_the_right_status_with_wrong_content_is_down(target: str, answer: Answer, status: int) -> None:
    with answering(answer) as base:
        seen = probe_once(target, base)
    assert (seen.ok, seen.failure, seen.status) == (False, "wrong_answer", status)


def test_a_page_instead_of_the_socket_is_a_wrong_status() -> None:
    with answering(http(200, "<h1>It works!</h1>")) as base:
        seen = probe_once("websocket", base)
    assert (seen.ok, seen.failure, seen.status) == (False, "wrong_status", 200)


def test_a_socket_without_a_pong_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = threading.Event()

    def answer(caller: socket.socket, request: bytes) -> None:
        opened.set()
        upgrade_and_fall_silent(caller, request)

    monkeypatch.setattr(probing, "TIMEOUT_SECONDS", 2.0)
    with answering(answer) as base:
        seen = probe_once("websocket", base)
    assert opened.is_set()
    assert (seen.ok, seen.failure, seen.status) == (False, "timed_out", None)


def run_round(settings: Settings, pages: tuple[Page, ...]) -> tuple[FakeLog, pl.DataFrame]:
    """Run one round over every target; return the recorded events and the day's uptime."""
    log = FakeLog()
    with open_client() as client:
        targets = [*public_targets(pages, client=client), *local_targets(pages, settings=settings, client=client)]
        prober = Prober(lambda: targets, every_seconds=EVERY_SECONDS, clock=lambda: NOW, simulated=False)
        ProbeRound(prober, log=log, heartbeat=settings.home / "watch.json", clock=lambda: NOW)()
    as_of = NOW + timedelta(minutes=5)
    return log, uptime(raw_events(log.events), day=NOW.date(), as_of=as_of, cafes=CAFES)


def of_aurora(table: pl.DataFrame) -> dict[str, tuple[float, float]]:
    rows = table.filter(pl.col("cafe") == "aurora").select("target", "up_s", "down_s")
    return {target: (up, down) for target, up, down in rows.iter_rows()}


def test_each_failed_target_counts_its_own_downtime_and_no_others(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(
        update={"home": tmp_path, "interviewer": "ollama", "ollama_url": f"http://127.0.0.1:{free_port()}"}
    )
    with answering(http(200, "<h1>Caf&eacute; Aurora</h1>")) as base:
        log, table = run_round(settings, (Page("aurora", "Café Aurora", f"{base}/c/BCDFGH"),))
    assert {event.data["target"]: event.data["failure"] for event in log.events} == {
        "customer_page": "",
        "websocket": "wrong_status",
        "receipt": "wrong_status",
        "dashboards": "unreachable",
        "ollama": "unreachable",
    }
    assert of_aurora(table) == {
        "customer_page": (EVERY_SECONDS, 0.0),
        "websocket": (0.0, EVERY_SECONDS),
        "receipt": (0.0, EVERY_SECONDS),
        "dashboards": (0.0, EVERY_SECONDS),
        "ollama": (0.0, EVERY_SECONDS),
    }


def test_the_language_model_is_probed_only_if_one_is_used(settings: Settings) -> None:
    pages = (Page("aurora", "Café Aurora", "http://a/c/BCDFGH"),)
    with open_client() as client:
        scripted = [one.name for one in local_targets(pages, settings=settings, client=client)]
    assert scripted == ["dashboards"]


def test_sixty_four_probes_of_a_hanging_edge_wait_concurrently() -> None:
    """Each waits for its whole timeout; with fewer threads a round would overlap the next."""
    most = 64
    together = threading.Barrier(most)

    def hang() -> ProbeResult:
        together.wait(DEADLINE_SECONDS)
        return ProbeResult("timed_out")

    targets = [Target("customer_page", (f"cafe{number}",), hang) for number in range(most)]
    events = Prober(lambda: targets, every_seconds=EVERY_SECONDS, clock=lambda: NOW, simulated=False)()
    (event,) = events
    assert event.data["failure"] == "timed_out"
    assert len(event.data["cafes"]) == most
