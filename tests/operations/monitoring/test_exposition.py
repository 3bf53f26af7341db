"""A process answers Prometheus on its own port, and no browser; each replica is listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy.exc import OperationalError

from operations.monitoring.exposition import MetricsServer, serve_metrics
from operations.monitoring.request_metrics import CountRequests, RequestMetrics
from operations.monitoring.targets import Target, read_targets, targets_text
from operations.system import edge_replica, free_port, make_system, processes
from pilot.settings import Settings, read_settings
from storage.errors import StoreAway
from storage.home import open_home
from storage.store import store_metrics
from storage.store.engine import Store, make_engine


@pytest.fixture
def served() -> Iterator[str]:
    registry, port = CollectorRegistry(), free_port()
    Counter("edge_things", "Things.", registry=registry).inc()
    server = serve_metrics(read_settings({"PILOT_METRICS_PORT": str(port)}), registry)
    assert isinstance(server, MetricsServer)
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


def test_a_process_answers_with_its_own_the_stores_and_the_processs_metrics(served: str) -> None:
    text = httpx.get(f"{served}/metrics").text
    for name in ("edge_things_total 1.0", 'pilot_store_troubles_total{kind="locked"}', "process_cpu_seconds_total"):
        assert name in text
    assert httpx.get(f"{served}/other").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"X-Forwarded-For": "1.2.3.4"},
     {"Host": "rebound.example"}],
    ids=lambda headers: next(iter(headers)),
)  # fmt: skip
def test_a_browser_and_a_proxy_are_refused(served: str, headers: dict[str, str]) -> None:
    assert httpx.get(f"{served}/metrics", headers=headers).status_code == 403


def test_a_process_whose_port_is_taken_runs_on_without_metrics(served: str) -> None:
    port = served.rpartition(":")[2]
    assert serve_metrics(read_settings({"PILOT_METRICS_PORT": port})) is None
    assert serve_metrics(read_settings({})) is None


async def test_requests_are_counted_by_status_and_health_is_not() -> None:
    registry = CollectorRegistry()

    async def app(scope: dict, receive: object, send: object) -> None:
        if scope["path"] == "/broken":
            raise RuntimeError
        await send({"type": "http.response.start", "status": 404, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

    counting = CountRequests(app, metrics=RequestMetrics(registry))  # type: ignore[arg-type]
    transport = httpx.ASGITransport(counting, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        for path in ("/c/ABC", "/health/ready", "/broken"):
            await client.get(path)

    def count(code: str) -> float | None:
        return registry.get_sample_value("pilot_http_requests_total", {"code": code, "method": "GET"})

    assert (count("404"), count("500"), count("200")) == (1, 1, None)


def test_targets_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    targets = [Target("127.0.0.1:1", "edge", "edge"), Target("127.0.0.1:2", "edge", "edge2")]
    (tmp_path / "t.json").write_text(targets_text(targets))
    assert read_targets(tmp_path / "t.json") == targets
    (tmp_path / "t.json").write_text("[1]")
    assert read_targets(tmp_path / "t.json") == read_targets(tmp_path / "none.json") == []


def test_each_replica_has_a_port_of_its_own(tmp_path: Path) -> None:
    system = make_system(open_home(Settings(home=tmp_path / "home")), environment={})
    specs = [*(spec for spec in processes(system) if spec.metrics), edge_replica(system, 2)]
    named = {spec.name: spec.metrics for spec in specs if spec.metrics}
    assert set(named) == {"edge", "entrance", "dashboards", "watch", "edge2"}
    assert len({each.address for each in named.values()}) == len(named)
    assert named["edge2"].service == "edge"
    for spec in specs:
        assert spec.metrics is not None
        assert spec.metrics.address.endswith(f":{spec.environment['PILOT_METRICS_PORT']}")
    assert json.loads(targets_text(named.values()))[0]["labels"]["service"] == "edge"


def troubles(kind: str) -> float:
    return store_metrics.REGISTRY.get_sample_value("pilot_store_troubles_total", {"kind": kind}) or 0.0


def test_a_store_that_cannot_be_reached_counts_as_a_failed_connect() -> None:
    store, before = Store(make_engine(f"postgresql://u:p@127.0.0.1:{free_port()}/none")), troubles("connect_failed")
    with pytest.raises(StoreAway), store.reading():
        pass
    assert troubles("connect_failed") == before + 1


def test_a_lock_and_an_exhausted_pool_are_counted_apart(tmp_path: Path) -> None:
    store, locked = Store(make_engine(f"sqlite:///{tmp_path / 'a.db'}")), troubles("locked")
    with pytest.raises(StoreAway), store.begin():
        busy = OperationalError("BEGIN", {}, sqlite3_busy())
        raise busy
    assert troubles("locked") == locked + 1
    assert store_metrics.trouble_of("DeadlockDetected", sqlite_error="") == "locked"
    assert store_metrics.trouble_of("OperationalError", sqlite_error="") == "connect_failed"
    slow = troubles("slow_wait")
    store_metrics.time_wait(store_metrics.SLOW_WAIT_SECONDS)
    store_metrics.time_wait(store_metrics.SLOW_WAIT_SECONDS + 0.1)
    assert troubles("slow_wait") == slow + 1
    store.close()


def sqlite3_busy() -> Exception:
    import sqlite3

    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorname = "SQLITE_BUSY"
    return error
