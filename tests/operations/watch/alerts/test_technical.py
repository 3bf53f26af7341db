"""The watch samples processes, host and certificates, and reports technical alerts in virtual time."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge

from operations.hosts.names import PublicHost
from operations.monitoring.minute_figures import KEPT_DAYS, MinuteFiguresLog, minute_figures
from operations.monitoring.rules.technical_alerts import TECHNICAL_ALERTS
from operations.monitoring.scaling_advice import scaling_advice
from operations.monitoring.targets import FOLDER, NAME, targets_text
from operations.record_lines import records_of
from operations.switches.scaling import Room
from operations.system import RUN_FOLDER
from operations.watch.alerts.technical import RECORDS_NAME, TechnicalWatcher
from pilot.business_days import business_day
from pilot.settings import read_settings
from storage.home import Home, open_home
from tests.operations.monitoring.demo_metrics import Process
from tests.operations.monitoring.hosts import tls_host

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GIGABYTE = 2**30
HostFigures = list[tuple[str, Mapping[str, str], float]]


class Minutes:
    """A watch in virtual time, with one process and a host whose figures the test sets."""

    def __init__(self, home: Home, process: Process, **more: object) -> None:
        self.now = START
        self.home = home
        self.memory, self.disk = 50.0, 500.0
        self.watch = TechnicalWatcher(
            home,
            CollectorRegistry(),
            clock=lambda: self.now,
            of_host=self.of_host,
            **more,  # type: ignore[arg-type]
        )
        path = home.root / RUN_FOLDER / FOLDER / NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(targets_text([process.target]))

    def of_host(self) -> HostFigures:
        mount = {"mountpoint": "/srv", "fstype": "ext4"}
        return [
            ("node_memory_MemAvailable_bytes", {}, self.memory),
            ("node_memory_MemTotal_bytes", {}, 100.0),
            ("node_filesystem_avail_bytes", mount, self.disk),
            ("node_filesystem_size_bytes", mount, 1000.0),
        ]

    def run(self, minutes: int, *, disk_by_minute: float = 0.0) -> list[tuple[str, str, str]]:
        """Let minutes pass; return name, subject and state of each line reported so far, without absences."""
        for _ in range(minutes):
            for _ in range(4):
                self.now += timedelta(seconds=15)
                self.watch.sample()
            self.disk += disk_by_minute
            self.watch.evaluate()
        return [
            (each["name"], each["subject"], each["state"])
            for each in self.lines()
            if each["name"] not in ("service_absent", "metrics_absent")
        ]

    def lines(self) -> list[dict[str, str]]:
        return list(records_of(self.home.root / RUN_FOLDER / RECORDS_NAME))


@pytest.fixture
def process() -> Iterator[Process]:
    registry = CollectorRegistry()
    Gauge("edge_sessions_open", "Open.", registry=registry)
    made = Process("edge", registry)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(read_settings({"PILOT_HOME": str(tmp_path / "home")}))


def test_a_stopped_process_is_reported_after_two_minutes_and_resolved(home: Home, process: Process) -> None:
    minutes = Minutes(home, process)
    assert minutes.run(3) == []
    process.stop()
    assert minutes.run(2) == []
    assert minutes.run(1) == [("service_down", "edge", "firing")]
    process.start()
    assert minutes.run(1)[-1] == ("service_down", "edge", "resolved")
    minutes.watch.close()


def test_a_replica_that_was_removed_is_not_reported_as_down(home: Home, process: Process) -> None:
    minutes = Minutes(home, process)
    minutes.run(1)
    process.stop()  # It stops before it leaves the list.
    minutes.now += timedelta(seconds=15)
    minutes.watch.sample()
    (home.root / RUN_FOLDER / FOLDER / NAME).write_text(targets_text([]))
    assert minutes.run(6) == []
    minutes.watch.close()


def test_services_without_a_process_are_reported_as_absent(home: Home, process: Process) -> None:
    minutes = Minutes(home, process)
    minutes.run(3)
    absent = {each["subject"] for each in minutes.lines() if each["name"] == "service_absent"}
    assert absent == {"entrance", "dashboards"}
    minutes.watch.close()


def test_a_filling_disk_says_when_it_is_full(home: Home, process: Process) -> None:
    minutes = Minutes(home, process)
    minutes.disk = 240.0
    assert minutes.run(60, disk_by_minute=-1.0)[0] == ("disk_filling", "/srv", "firing")
    text = next(each["text"] for each in minutes.lines() if each["name"] == "disk_filling")
    assert " of the disk at /srv is used; the limit is 80 %" in text and "it is full in 3 hours" in text
    minutes.watch.close()


def test_the_advice_of_a_scaling_alert_is_written_to_its_record(home: Home, process: Process) -> None:
    minutes = Minutes(home, process, advise=lambda alert: scaling_advice(alert.name, ROOMY))
    minutes.memory = 10.0
    assert minutes.run(6) == [("memory_high", "memory", "firing")]
    assert "Advice: pilot restart dashboards" in minutes.lines()[-1]["text"]
    minutes.watch.close()


ROOMY = Room(running=1, edge_bytes=GIGABYTE, available_bytes=6 * GIGABYTE, total_bytes=8 * GIGABYTE, cores=4)
SHORT = Room(running=1, edge_bytes=GIGABYTE, available_bytes=GIGABYTE, total_bytes=8 * GIGABYTE, cores=4)
SLIM = Room(running=2, edge_bytes=GIGABYTE, available_bytes=6 * GIGABYTE, total_bytes=8 * GIGABYTE, cores=2)


@pytest.mark.parametrize("name", ["cpu_high", "voice_response_scaling", "queue_long"])
def test_the_advice_names_the_command_and_whether_this_host_can_carry_it(name: str) -> None:
    assert scaling_advice(name, ROOMY).startswith("Advice: pilot scale edge=2; this host can carry it")
    assert "this host cannot carry 2 edges" in scaling_advice(name, SHORT)
    assert "pilot scale edge=3 fits the memory" in scaling_advice(name, SLIM)
    assert "Add a host" in scaling_advice(name, SLIM)


def test_every_scaling_alert_has_advice() -> None:
    advised = {each.name for each in TECHNICAL_ALERTS if each.scaling}
    assert advised == {"cpu_high", "memory_high", "voice_response_scaling", "queue_long"}


@pytest.mark.parametrize(("days", "expected"), [(6.9, ["localhost"]), (7.1, [])])
def test_the_served_certificate_of_each_host_is_read(
    home: Home, process: Process, tmp_path: Path, days: float, expected: list[str]
) -> None:
    with tls_host(tmp_path, days=days) as (port, authority):
        host = PublicHost("localhost", address="127.0.0.1", https_port=port)
        trust = ssl.create_default_context(cafile=str(authority))
        minutes = Minutes(home, process, hosts=lambda: (host,), trust=trust)
        minutes.now = datetime.now(UTC)
        minutes.watch.read_certificates()
        found = minutes.run(1)
    assert [subject for name, subject, _ in found if name == "certificate_expiring"] == expected
    minutes.watch.close()


def test_with_a_prometheus_the_watch_only_records_figures(tmp_path: Path, process: Process) -> None:
    settings = {"PILOT_HOME": str(tmp_path / "home"), "PILOT_PROMETHEUS_URL": "http://127.0.0.1:9090"}
    home = open_home(read_settings(settings))
    minutes = Minutes(home, process)
    minutes.memory = 1.0
    assert minutes.run(8) == []
    assert len(minute_figures(home.root / RUN_FOLDER, business_day(START))) == 8
    minutes.watch.close()


def test_figures_of_a_minute_are_removed_after_45_days(tmp_path: Path) -> None:
    folder = tmp_path / "technical"
    folder.mkdir()
    today = business_day(START)
    for back in (KEPT_DAYS - 1, KEPT_DAYS, KEPT_DAYS + 1):
        (folder / f"{today - timedelta(days=back)}.ndjson").write_text(json.dumps({"at": START.isoformat()}))
    from operations.monitoring.expressions.samples import Samples

    MinuteFiguresLog(tmp_path).append(Samples(), now=START)
    left = sorted(each.stem for each in folder.glob("*.ndjson"))
    assert left == sorted(str(today - timedelta(days=back)) for back in (KEPT_DAYS, KEPT_DAYS - 1, 0))
