"""The pilot's five success metrics and their targets (the runbook's numbers)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kpi = Literal["participation", "completion", "voice_response", "uptime", "payment_success"]
Verdict = Literal["met", "missed", "cannot_tell", "missing"]


@dataclass(frozen=True, slots=True)
class Target:
    """A metric's target: met above `value`, or below it if `smaller_is_better`."""

    kpi: Kpi
    value: float
    unit: Literal["share", "seconds"]
    smaller_is_better: bool = False


TARGETS: dict[Kpi, Target] = {
    "participation": Target("participation", 0.10, "share"),
    "completion": Target("completion", 0.70, "share"),
    "voice_response": Target("voice_response", 2.0, "seconds", smaller_is_better=True),
    "uptime": Target("uptime", 0.995, "share"),
    "payment_success": Target("payment_success", 0.98, "share"),
}
