"""A second host probes from outside, buffers results while the edge is away, and delivers them once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient

from operations.seeding import seed
from operations.watch.probes.delivery import RefusedProbes, rebase
from operations.watch.probes.outpost import (
    BATCH_HEADER,
    MAX_REQUESTS,
    PAGES_PATH,
    RESULTS_PATH,
    NothingToProbe,
    Outpost,
)
from operations.watch.probes.pages import Page
from pilot.identifiers import new_identifier
from pipelines.figures.probes import probe_parts
from storage.home import Home
from storage.landing.days import read_day
from tests.events import MORNING, probes, whole_visit
from voice_edge.clock import SystemClock
from voice_edge.doors.rates import RATES, Rates
from voice_edge.http.probe_routes import probe_routes
from voice_edge.http.probe_service import ProbeService

TOKEN = "a-long-secret-of-the-second-host"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
BASE = "http://outside"


class Edge(httpx.BaseTransport):
    """An edge that can be away, and whose answers can be lost."""

    def __init__(self, home: Home) -> None:
        self.away = self.answers_are_lost = False
        app = FastAPI()
        rates = Rates(secret=b"s" * 32, clock=SystemClock())
        app.include_router(probe_routes(ProbeService(home, clock=lambda: NOW), token=TOKEN, rates=rates))

        @app.get("/c/{code}")
        def page(code: str) -> HTMLResponse:
            return HTMLResponse("Café Aurora, Malmö Huset, Göteborg Café")

        self._client = TestClient(app, base_url=BASE)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        answer = self._client.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        if self.answers_are_lost and request.method == "POST":
            raise httpx.ReadTimeout("lost")
        return httpx.Response(answer.status_code, content=answer.content, headers=dict(answer.headers))


@pytest.fixture(autouse=True)
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the WebSocket probe at once: the fake edge has none."""

    def refused(*_: Any, **__: Any) -> None:
        raise OSError("refused")

    monkeypatch.setattr("operations.watch.probes.probing.connect", refused)


@pytest.fixture
def edge(home: Home) -> Edge:
    seed(home)
    return Edge(home)


@pytest.fixture
def outpost(edge: Edge, tmp_path: Path) -> Iterator[Outpost]:
    with httpx.Client(transport=edge) as client:
        yield made(client, tmp_path)


def made(client: httpx.Client, tmp_path: Path, *, token: str = TOKEN) -> Outpost:
    return Outpost(BASE, token=token, folder=tmp_path / "buffer", client=client, clock=lambda: NOW)


def landed(home: Home) -> pl.DataFrame:
    """Return a row for each café of each probe in the landing of probes; no other landing has any."""
    assert home.segments().fingerprints() == {}
    segments = home.probe_segments()
    frames = [part for day in segments.fingerprints() for part in probe_parts(read_day(segments, day).frame)]
    return pl.concat(frames).select("cafe", "target", "ok", "edge", "simulated")


def test_a_round_lands_at_once_under_its_own_replica(outpost: Outpost, home: Home) -> None:
    assert outpost.round() == 0
    seen = landed(home)
    assert set(seen["edge"]) == {"probe"}
    pages = seen.filter(target="customer_page")
    assert sorted(pages["cafe"]) == ["aurora", "goteborg", "malmohuset"]
    assert pages["ok"].all()
    segments = home.probe_segments()
    assert {name.replica for day in segments.fingerprints() for name in segments.list(day)} == {"probe"}


def test_cafes_with_the_same_result_share_an_event(outpost: Outpost, home: Home) -> None:
    outpost.round()
    segments = home.probe_segments()
    (day,) = segments.fingerprints()
    assert read_day(segments, day).frame.height == 3
    assert landed(home).height == 9


def test_an_edge_of_an_earlier_version_gets_an_event_for_each_cafe(
    outpost: Outpost, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = ProbeService(home, clock=lambda: NOW).pages()
    del plan["shared"]
    monkeypatch.setattr(ProbeService, "pages", lambda _: plan)
    outpost.round()
    segments = home.probe_segments()
    (day,) = segments.fingerprints()
    assert read_day(segments, day).frame.height == 9
    assert landed(home).height == 9


def test_a_cafe_that_was_removed_meanwhile_is_left_out_of_a_shared_probe(home: Home) -> None:
    (event,) = of("probe", cafe="elsewhere")
    event.data.update(cafes=["elsewhere", "aurora", "goteborg"], durations_ms=[1.0, 2.0, 3.0])
    assert ProbeService(home, clock=lambda: NOW).accept(batch(event), batch=new_identifier()) == 1
    assert landed(home).sort("cafe")["cafe"].to_list() == ["aurora", "goteborg"]
    segments = home.probe_segments()
    (row,) = read_day(segments, event.day).frame.rows(named=True)
    assert json.loads(row["data"])["durations_ms"] == [2.0, 3.0]


def test_rounds_wait_while_the_edge_is_away_and_record_the_outage(outpost: Outpost, edge: Edge, home: Home) -> None:
    outpost.round()
    edge.away = True
    assert [outpost.round(), outpost.round()] == [1, 2]
    edge.away = False
    assert outpost.round() == 0
    pages = landed(home).filter(target="customer_page", cafe="aurora")
    assert sorted(pages["ok"]) == [False, False, True, True]


def test_a_delivery_with_a_lost_answer_is_repeated_and_counts_once(outpost: Outpost, edge: Edge, home: Home) -> None:
    edge.answers_are_lost = True
    assert outpost.round() == 1
    first = landed(home).height
    assert outpost.deliver() == 1
    edge.answers_are_lost = False
    assert outpost.deliver() == 0
    assert landed(home).height == first


def test_an_outpost_that_never_reached_the_edge_has_nothing_to_probe(edge: Edge, tmp_path: Path) -> None:
    with httpx.Client(transport=edge) as client:
        with pytest.raises(NothingToProbe, match="status 401"):
            made(client, tmp_path, token="wrong").round()
        edge.away = True
        with pytest.raises(NothingToProbe, match="ConnectError"):
            made(client, tmp_path).round()


def test_the_edge_requires_the_token_and_a_valid_batch(edge: Edge, home: Home) -> None:
    with httpx.Client(transport=edge, base_url=BASE) as client:
        assert client.get(PAGES_PATH).status_code == 401
        assert client.post(RESULTS_PATH, content=b"{}", headers={"authorization": "Bearer x"}).status_code == 401
        known = {"authorization": f"Bearer {TOKEN}", BATCH_HEADER: new_identifier()}
        assert client.post(RESULTS_PATH, content=b"{}", headers=known).status_code == 422
        assert client.post(RESULTS_PATH, content=b"x" * 2_000_001, headers=known).status_code == 413
    assert home.probe_segments().fingerprints() == home.segments().fingerprints() == {}


def batch(*events: Any) -> bytes:
    return b"".join(event.line() for event in events)


def of(prober: str, *, at: datetime = MORNING, **changed: Any) -> list[Any]:
    return [event.model_copy(update={"edge": prober, **changed}) for event in probes(start=at, outcomes=[True])]


@pytest.mark.parametrize(
    "body",
    [
        batch(*whole_visit().events),
        batch(*of("watch")),
        batch(*of("probe"), *of("probe2")),
        batch(*of("probe", cafe="elsewhere")),
        batch(*of("probe", simulated=True)),
        batch(*of("probe", at=NOW + timedelta(hours=1))),
        batch(*of("probe", at=NOW - timedelta(days=40))),
        b"",
        b"not json\n",
    ],
)
def test_a_batch_with_anything_but_a_second_hosts_probes_is_refused(home: Home, body: bytes) -> None:
    with pytest.raises(RefusedProbes):
        ProbeService(home, clock=lambda: NOW).accept(body, batch=new_identifier())
    assert home.probe_segments().fingerprints() == home.segments().fingerprints() == {}


def test_a_batch_without_an_identifier_is_refused(home: Home) -> None:
    with pytest.raises(RefusedProbes):
        ProbeService(home, clock=lambda: NOW).accept(batch(*of("probe")), batch="1")


def test_pages_get_the_address_of_the_edge_for_the_second_host() -> None:
    pages = (Page("aurora", "Café Aurora", "http://127.0.0.1:8000/c/BCD234"),)
    assert rebase(pages, base="https://x.se/")[0].url == "https://x.se/c/BCD234"


def waiting(tmp_path: Path, rounds: list[list[Any]]) -> Path:
    """Write rounds to the outpost's buffer; return the folder."""
    folder = tmp_path / "buffer"
    folder.mkdir(exist_ok=True)
    for number, events in enumerate(rounds):
        name = new_identifier(at=MORNING + timedelta(seconds=30 * number))
        (folder / f"{name}.ndjson").write_bytes(batch(*events))
    return folder


def rounds_of(count: int, **changed: Any) -> list[list[Any]]:
    return [
        [each.model_copy(update=changed) for each in of("probe", at=MORNING + timedelta(seconds=number))]
        for number in range(count)
    ]


def test_refused_probes_are_set_aside_one_by_one_and_delay_no_others(
    edge: Edge, outpost: Outpost, home: Home, tmp_path: Path
) -> None:
    rounds = rounds_of(8)
    gone, long_ago = rounds_of(1, cafe="elsewhere")[0], of("probe", at=NOW - timedelta(days=40))
    rounds[2] += gone
    rounds[5] = [*long_ago, *rounds[5]]
    good = sum(map(len, rounds)) - len(gone) - len(long_ago)
    folder = waiting(tmp_path, rounds)
    assert outpost.deliver() == 0
    assert landed(home).height == good
    aside = [line for path in folder.glob("*.refused") for line in path.read_bytes().splitlines()]
    assert sorted(json.loads(line)["event_id"] for line in aside) == sorted(
        event.event_id for event in (*gone, *long_ago)
    )


def test_a_long_outage_is_delivered_in_batches_of_accepted_size(
    edge: Edge, outpost: Outpost, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = rounds_of(40)
    # The same ratio as 40 rounds of 32 cafés to 2 MB.
    monkeypatch.setattr("operations.watch.probes.outpost.MAX_BATCH_BYTES", 5 * len(batch(*rounds[0])))
    monkeypatch.setattr("voice_edge.http.probe_routes.MAX_BATCH_BYTES", 5 * len(batch(*rounds[0])))
    waiting(tmp_path, rounds)
    assert outpost.deliver() == 0
    assert landed(home).height == sum(map(len, rounds))


def test_a_smaller_limit_at_the_edge_halves_the_batches(
    edge: Edge, outpost: Outpost, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = rounds_of(40)
    monkeypatch.setattr("voice_edge.http.probe_routes.MAX_BATCH_BYTES", 3 * len(batch(*rounds[0])))
    waiting(tmp_path, rounds)
    assert outpost.deliver() == 0
    assert landed(home).height == sum(map(len, rounds))


@pytest.mark.parametrize("status", [401, 503])
def test_a_temporary_failure_sets_nothing_aside(tmp_path: Path, status: int) -> None:
    requests = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status)

    folder = waiting(tmp_path, rounds_of(3))
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        assert made(client, tmp_path).deliver() == 3
    assert len(requests) == 1
    assert not list(folder.glob("*.refused"))


def test_a_delivery_stops_after_its_maximum_of_requests(tmp_path: Path) -> None:
    requests = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(422)

    waiting(tmp_path, rounds_of(MAX_REQUESTS * 2))
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        assert made(client, tmp_path).deliver() > 0
    assert len(requests) == MAX_REQUESTS


def test_guesses_of_the_token_are_limited_and_the_right_one_is_still_accepted(edge: Edge) -> None:
    def status(token: str, method: str = "GET", path: str = PAGES_PATH) -> int:
        request = httpx.Request(method, BASE + path, headers={"authorization": f"Bearer {token}"})
        return edge.handle_request(request).status_code

    most = RATES["probes_unknown"].times
    statuses = [status(f"guess{n}") for n in range(most)] + [status("guess", "POST", RESULTS_PATH)]
    assert statuses == [401] * most + [429]
    assert status(TOKEN) == 200
