"""The technical alerts from their causes to Slack, through Prometheus and Alertmanager."""

from __future__ import annotations

import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from benchmarks.alerts.causes import Causes, small_disk
from benchmarks.alerts.installation import Installation
from operations.alerting.alertmanager import AlertmanagerServer, Receiver
from operations.monitoring.__main__ import FOLDER
from operations.monitoring.targets import Target, targets_text
from operations.system import RUN_FOLDER

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.operations.monitoring.hosts import tls_host
from tests.operations.monitoring.stack import TOKEN, Stack, running_stack

# A minute of a `for:` lasts three seconds, one of a window six: with a scrape each two seconds a window has samples.
HOLD_SECONDS, WINDOW_SECONDS = 3, 6
SETTLED_SECONDS = 50.0
ARRIVED_SECONDS = 180.0
ROUND_SECONDS = 0.5
CAUSES = {
    "voice_response_slow": "answers shown after 4.5 s instead of 2.5 s",
    "error_rate_high": "51 of 1 000 requests fail instead of 49",
    "payment_failures": "3 of 100 payouts failed instead of 2",
    "service_down": "the sign-in is stopped; before it, for less than the time",
    "database_trouble": "3 connects to a PostgreSQL that is away instead of 2",
    "certificate_expiring": "a certificate of 6.9 days instead of 7.1",
    "disk_filling": "a mounted disk 82 % full instead of 78 %",
    "memory_high": "14 % of memory available instead of 16 % (a stand-in exporter)",
    "dashboard_slow": "pages of 14 s instead of 9 s",
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One alert's row.

    Attributes:
        name: The alert.
        cause: The cause that was made.
        took: Until the receiver had it; empty if it never did.
        silent: Whether nothing came just below the threshold.
    """

    name: str
    cause: str
    took: str
    silent: bool


def quick_rules() -> str:
    """Return the deployment's generated rules with shorter windows: the same expressions and thresholds."""
    rules: dict[str, Any] = yaml.safe_load((FOLDER / "rules.yml").read_text())
    for group in rules["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule["expr"] = re.sub(r"\[(\d+)m\]", lambda each: f"[{int(each[1]) * WINDOW_SECONDS}s]", rule["expr"])
            if "for" in rule:
                rule["for"] = f"{int(rule['for'].removesuffix('s')) // 60 * HOLD_SECONDS}s"
    return str(yaml.safe_dump(rules))


def prove(folder: Path) -> list[Arrival]:
    """Return a row for each alert."""
    if missing := [each for each in ("prometheus", "prometheus-alertmanager") if shutil.which(each) is None]:
        sys.exit(f"Not installed: {', '.join(missing)}. python scripts/engines.py installs them.")
    with ExitStack() as parts:
        installation = parts.enter_context(Installation.running(folder / "installation"))
        receiver = Receiver(installation.home.root / RUN_FOLDER, clock=lambda: datetime.now(UTC))
        webhook = parts.enter_context(AlertmanagerServer(receiver, token=TOKEN, port=0))
        causes = Causes(parts.enter_context(small_disk(folder)))
        for each in (*causes.processes, causes.host):
            each.start()
            parts.callback(each.stop)
        hosts, authority = _hosts(folder, parts)
        stack = parts.enter_context(
            running_stack(
                folder,
                processes=[each.target for each in causes.processes],
                hosts=[hosts["7.1"]],
                webhook=webhook.url,
                authority=authority,
                rules=quick_rules(),
            )
        )
        target = Target(causes.host.target.address, service="host", process="host")
        (folder / "targets" / "node-host.json").write_text(targets_text([target]))
        parts.enter_context(_rounds(installation))
        early = _below(causes, stack, installation)
        began = time.monotonic()
        causes.make()
        (folder / "targets" / "hosts.json").write_text(_as_json([hosts["6.9"]]))
        arrived = _arrivals(installation, causes.about(), began=began)
    return [
        Arrival(name, cause, f"{arrived[name]:.0f} s" if name in arrived else "", name not in early)
        for name, cause in CAUSES.items()
    ]


def _hosts(folder: Path, parts: ExitStack) -> tuple[dict[str, dict[str, Any]], Path]:
    """Serve a host for each age of a certificate; return their targets and both authorities."""
    found, certificates = {}, []
    for days in ("7.1", "6.9"):
        own = folder / f"host-{days}"
        own.mkdir()
        port, certificate = parts.enter_context(tls_host(own, days=float(days)))
        certificates.append(certificate.read_bytes())
        labels = {"__param_module": "https", "probe": "host"}
        found[days] = {"targets": [f"https://127.0.0.1:{port}/"], "labels": labels}
    authority = folder / "authority.pem"
    authority.write_bytes(b"".join(certificates))
    return found, authority


def _as_json(hosts: list[dict[str, Any]]) -> str:
    import json

    return json.dumps(hosts)


@contextmanager
def _rounds(installation: Installation) -> Iterator[None]:
    """Run the router's rounds; the watch runs one each five seconds."""
    over = threading.Event()

    def turn() -> None:
        while not over.wait(ROUND_SECONDS):
            installation.turn()

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _below(causes: Causes, stack: Stack, installation: Installation) -> set[str]:
    """Stay just below every threshold; return the alerts that came nevertheless."""
    causes.fail_connects(2)
    causes.fill_disk(0.78)
    deadline = time.monotonic() + SETTLED_SECONDS
    time.sleep(SETTLED_SECONDS / 2)
    causes.entrance.stop()
    time.sleep(HOLD_SECONDS)  # Half of what fires.
    causes.entrance.start()
    while time.monotonic() < deadline:
        time.sleep(1.0)
    fired = {
        each["metric"]["alertname"]
        for each in stack.query('ALERTS{alertstate="firing"}')
        if causes.about().get(each["metric"]["alertname"], "") in each["metric"]["subject"]
    }
    return (fired | installation.arrived(about=causes.about())) & set(CAUSES)


def _arrivals(installation: Installation, about: Mapping[str, str], *, began: float) -> dict[str, float]:
    """Return the seconds until each alert reached the receiver."""
    found: dict[str, float] = {}
    while len(found) < len(CAUSES) and time.monotonic() - began < ARRIVED_SECONDS:
        time.sleep(0.2)
        for name in installation.arrived(about=about) & set(CAUSES):
            found.setdefault(name, time.monotonic() - began)
    return found
