"""Runs Prometheus, Alertmanager, blackbox and node exporter on the deployment's own files.

Only addresses, paths and durations of the files are changed, so that a test takes seconds.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from operations.monitoring.__main__ import FOLDER
from operations.monitoring.targets import Target, targets_text
from operations.system import free_port
from tests.waiting import until

RETENTION = "--storage.tsdb.retention.time=45d"
TOKEN = "a-token-of-the-watch-for-this-test"
STARTED_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack.

    Attributes:
        prometheus: Prometheus' address.
    """

    prometheus: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series that an expression selects now; fail if Prometheus refuses it."""
        answer = httpx.get(f"{self.prometheus}/api/v1/query", params={"query": expression}, trust_env=False).json()
        assert answer["status"] == "success", (expression, answer)
        result = answer["data"]["result"]
        assert isinstance(result, list)
        return result

    def runtime(self) -> dict[str, Any]:
        """Return how Prometheus runs."""
        return dict(httpx.get(f"{self.prometheus}/api/v1/status/runtimeinfo", trust_env=False).json()["data"])

    def targets(self) -> list[dict[str, Any]]:
        """Return the targets that Prometheus scrapes."""
        answer = httpx.get(f"{self.prometheus}/api/v1/targets", trust_env=False).json()
        return list(answer["data"]["activeTargets"])


@contextmanager
def running_stack(
    folder: Path,
    *,
    processes: Sequence[Target],
    hosts: Sequence[dict[str, Any]],
    webhook: str,
    authority: Path,
    rules: str = "",
) -> Iterator[Stack]:
    """Run the four programs within a `with` block.

    Args:
        folder: For files and data.
        processes: The pilot's processes.
        hosts: The probed hosts, as in targets/hosts.json.
        webhook: The address of the alerts' receiver.
        authority: The certificate of the authority that the hosts' certificates are of.
        rules: The file of rules; empty for the deployment's, evaluated each second.
    """
    ports = {name: free_port() for name in ("prometheus", "alertmanager", "blackbox", "node")}
    targets = folder / "targets"
    targets.mkdir()
    (folder / "token").write_text(TOKEN)
    (targets / "hosts.json").write_text(json.dumps(list(hosts)))
    (targets / "pilot.json").write_text(targets_text(processes))
    for name in ("alertmanager", "blackbox", "node"):
        found = Target(f"127.0.0.1:{ports[name]}", service=name, process=name)
        (targets / f"{name}.json").write_text(targets_text([found]))
    (folder / "rules.yml").write_text(rules or _quick_rules())
    (folder / "prometheus.yml").write_text(
        _quick((FOLDER / "prometheus.yml").read_text())
        .replace("/etc/pilot/targets", str(targets))
        .replace("blackbox:9115", f"127.0.0.1:{ports['blackbox']}")
        .replace("127.0.0.1:9090", f"127.0.0.1:{ports['prometheus']}")
    )
    (folder / "alertmanager.yml").write_text(
        _quick((FOLDER / "alertmanager.yml").read_text())
        .replace("http://127.0.0.1:8502/alertmanager", webhook)
        .replace("/etc/pilot/alertmanager-token", str(folder / "token"))
    )
    blackbox = yaml.safe_load((FOLDER / "blackbox.yml").read_text())
    for module in blackbox["modules"].values():
        own = module[module["prober"]].setdefault("tls_config", {})
        own |= {"ca_file": str(authority), "server_name": "localhost"}
    (folder / "blackbox.yml").write_text(yaml.safe_dump(blackbox))
    prometheus = f"http://127.0.0.1:{ports['prometheus']}/prometheus"
    alertmanager = f"http://127.0.0.1:{ports['alertmanager']}/alertmanager"
    commands = {
        "blackbox": (
            "prometheus-blackbox-exporter", f"--config.file={folder / 'blackbox.yml'}",
            f"--web.listen-address=127.0.0.1:{ports['blackbox']}",
        ),
        "node": ("prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{ports['node']}"),
        "alertmanager": (
            "prometheus-alertmanager", f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}", f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
            f"--web.external-url={alertmanager}/", "--cluster.listen-address=",
        ),
        "prometheus": (
            "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
            RETENTION, f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
            f"--web.external-url={prometheus}/", "--rules.alert.resend-delay=1s",
        ),
    }  # fmt: skip
    with ExitStack() as running:
        for name, command in commands.items():
            running.enter_context(_program(command, log=folder / f"{name}.log", folder=folder))
        for url in (f"{prometheus}/-/ready", f"{alertmanager}/-/ready"):
            until(lambda url=url: _answers(url), seconds=STARTED_SECONDS, what=url, every=0.1)  # type: ignore[misc]
        yield Stack(prometheus)


def _quick(text: str) -> str:
    """Return a configuration with intervals of about a second, and without names of containers."""
    text = re.sub(r"(_interval|group_wait): \d+[sm]", r"\1: 1s", text)
    # A busy machine answers a scrape late.
    text = re.sub(r"(scrape_interval|scrape_timeout): \d+s", r"\1: 2s", text)
    config = yaml.safe_load(text)
    for job in config.get("scrape_configs", []):
        job.pop("dns_sd_configs", None)
    config["scrape_configs"] = [each for each in config.get("scrape_configs", []) if each["job_name"] != "logs"]
    if not config["scrape_configs"]:
        del config["scrape_configs"]
    if "alerting" in config:
        config["alerting"]["alertmanagers"] = [
            {"path_prefix": "/alertmanager", **each}
            for each in config["alerting"]["alertmanagers"]
            if "dns_sd_configs" not in each
        ]
    return str(yaml.safe_dump(config))


def _quick_rules() -> str:
    """Return the rules evaluated each second, that hold for seconds instead of minutes."""
    rules = yaml.safe_load((FOLDER / "rules.yml").read_text())
    for group in rules["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = f"{int(rule['for'].removesuffix('s')) // 60}s"
    return str(yaml.safe_dump(rules))


@contextmanager
def _program(command: Sequence[str], *, log: Path, folder: Path) -> Iterator[None]:
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder) as running,
    ):
        try:
            yield
        finally:
            running.terminate()
            running.wait(timeout=STARTED_SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
