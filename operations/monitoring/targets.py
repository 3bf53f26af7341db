"""The processes that answer Prometheus, as a file in its file_sd format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = "prometheus"
NAME = "targets.json"


@dataclass(frozen=True, slots=True)
class Target:
    """One process's metrics.

    Attributes:
        address: Host and port.
        service: Its service: all replicas of the edge are of the service `edge`.
        process: Its name under the supervisor.
    """

    address: str
    service: str
    process: str


def targets_text(targets: Iterable[Target]) -> str:
    """Return the content of a file_sd file."""
    groups = [
        {"targets": [each.address], "labels": {"service": each.service, "process": each.process}} for each in targets
    ]
    return json.dumps(groups, indent=1)


def read_targets(path: Path) -> list[Target]:
    """Return the targets of a file_sd file; none if it is missing or written by something else."""
    try:
        groups = json.loads(path.read_text(encoding="utf-8"))
        return [
            Target(str(address), str(labels["service"]), str(labels.get("process", address)))
            for group in groups
            for labels in [group["labels"]]
            for address in group["targets"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
