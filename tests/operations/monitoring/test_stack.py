"""Real programs carry a cause to the receiver of alerts, and answer every panel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import promql_parser
import pytest

from operations.monitoring.__main__ import FOLDER
from operations.monitoring.expressions.evaluator import parse
from operations.monitoring.grafana.dashboards import DASHBOARDS
from operations.monitoring.rules.technical_alerts import TECHNICAL_ALERTS
from scripts.metrics_page import PAGE
from tests.operations.monitoring.demo_metrics import Process, demo_processes
from tests.operations.monitoring.hosts import Received, receiver, tls_host
from tests.operations.monitoring.stack import RETENTION, Stack, running_stack
from tests.waiting import until

pytestmark = [pytest.mark.prometheus, pytest.mark.processes]

ARRIVED_SECONDS = 60.0
EXPRESSIONS = sorted({query.expression for board in DASHBOARDS for panel in board.panels for query in panel.queries})


@dataclass(frozen=True, slots=True)
class Monitored:
    """The stack with what it watches and what received its alerts."""

    stack: Stack
    processes: dict[str, Process]
    received: Received
    host: str


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    folder = tmp_path_factory.mktemp("stack")
    with ExitStack() as running:
        port, authority = running.enter_context(tls_host(folder, days=3))
        webhook, received = running.enter_context(receiver())
        processes = running.enter_context(demo_processes(folder))
        hosts = [
            {"targets": [f"https://127.0.0.1:{port}/"], "labels": {"__param_module": "https", "probe": "host"}},
            {
                "targets": [f"127.0.0.1:{port}"],
                "labels": {"__param_module": "websocket_aurora_feedbackai_se", "probe": "websocket"},
            },
        ]
        stack = running.enter_context(
            running_stack(
                folder,
                processes=[each.target for each in processes.values()],
                hosts=hosts,
                webhook=webhook,
                authority=authority,
            )
        )
        yield Monitored(stack, processes, received, f"https://127.0.0.1:{port}/")


def test_all_targets_are_up_and_the_rules_are_loaded(monitored: Monitored) -> None:
    def up() -> bool:
        found = monitored.stack.targets()
        return len(found) == 10 and all(each["health"] == "up" for each in found)

    until(up, what="all targets up", every=0.2)
    until(lambda: bool(monitored.stack.query("ALERTS{alertname='watchdog'}")), what="the watchdog", every=0.2)


def test_prometheus_keeps_45_days(monitored: Monitored) -> None:
    """By the option that the page documents; Prometheus' default is 15 days."""
    assert monitored.stack.runtime()["storageRetention"] == "45d"
    assert RETENTION in PAGE.read_text(encoding="utf-8")


def test_every_panel_of_the_dashboards_is_answered_with_data(monitored: Monitored) -> None:
    left = set(EXPRESSIONS)

    def answered() -> bool:
        left.difference_update([each for each in left if monitored.stack.query(each)])
        return not left

    try:
        until(answered, seconds=ARRIVED_SECONDS, every=1)
    except AssertionError:
        pytest.fail(f"no data for {sorted(left)}")


def test_the_websocket_is_probed_without_waiting_for_its_end(monitored: Monitored) -> None:
    until(lambda: bool(monitored.stack.query('probe_success{probe="websocket"} == 1')), what="the probe", every=0.2)


def test_a_certificate_of_three_days_reaches_the_receiver(monitored: Monitored) -> None:
    def arrived() -> bool:
        return monitored.received.latest("certificate_expiring", monitored.host) is not None

    until(arrived, seconds=ARRIVED_SECONDS, what="the alert", every=0.1)
    alert = monitored.received.latest("certificate_expiring", monitored.host)
    assert alert is not None
    assert (alert["status"], alert["labels"]["severity"]) == ("firing", "medium")
    assert "expires in 3.0 days" in alert["annotations"]["text"] or "2.9" in alert["annotations"]["text"]
    assert monitored.received.refused == []


def test_a_stopped_service_reaches_the_receiver_and_is_resolved(monitored: Monitored) -> None:
    process, received = monitored.processes["entrance"], monitored.received

    def fires() -> bool:
        latest = received.latest("service_down", "entrance")
        return latest is not None and latest["status"] == "firing"

    process.stop()
    until(fires, seconds=ARRIVED_SECONDS, what="the alert", every=0.1)
    alert = received.latest("service_down", "entrance")
    assert alert is not None and alert["labels"]["severity"] == "high"
    assert alert["annotations"]["page"] == "docs/operations/alert-causes.md#service_down"
    process.start()

    def resolved() -> bool:
        latest = received.latest("service_down", "entrance")
        return latest is not None and latest["status"] == "resolved"

    until(resolved, seconds=ARRIVED_SECONDS, what="its end", every=0.1)


def test_the_watchdog_reaches_the_watch_which_alerts_when_it_stays_away(monitored: Monitored) -> None:
    until(lambda: monitored.received.latest("watchdog", "monitoring") is not None, what="the watchdog", every=0.2)


def test_every_metric_of_an_alert_exists(monitored: Monitored) -> None:
    """A rule on a misspelled metric would never fire, and no other test would notice."""
    names = {name for each in TECHNICAL_ALERTS for name in parse(each.expression).reads}

    def missing() -> set[str]:
        return {name for name in names if not monitored.stack.query(name)}

    until(lambda: not missing(), seconds=ARRIVED_SECONDS, what=f"metrics {missing()}", every=0.5)


def test_each_dashboard_has_its_address_and_every_expression_is_parsed() -> None:
    assert [each.uid for each in DASHBOARDS] == ["pilot-overview", "business-kpis", "system-metrics", "voice-analytics"]
    for board in DASHBOARDS:
        saved = json.loads((FOLDER / "grafana" / "dashboards" / f"{board.uid}.json").read_text())
        assert saved["uid"] == board.uid and saved["panels"]
        assert all(promql_parser.parse(target["expr"]) for panel in saved["panels"] for target in panel["targets"])


def test_amtool_routes_every_alert_to_the_watch() -> None:
    import subprocess

    config = str(Path(FOLDER / "alertmanager.yml"))
    check = subprocess.run(["amtool", "check-config", config], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr
    for name in {each.name for each in TECHNICAL_ALERTS}:
        command = ["amtool", "config", "routes", "test", f"--config.file={config}"]
        routed = subprocess.run(
            [*command, "--verify.receivers=watch", f"alertname={name}"], capture_output=True, text=True
        )
        assert routed.returncode == 0, routed.stdout + routed.stderr
