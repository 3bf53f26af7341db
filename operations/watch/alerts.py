"""Alerts as lines of a file beside the watch's sign of life, from which whatever carries them to people takes them.

Figures, names and days only: never what a guest said, and no exception's message, which might quote it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

RECORDS_NAME = "alerts.ndjson"

Severity = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        alert: What kind it is, as the runbook's pages are named.
        severity: high (at once), medium (within an hour) or low (within four hours).
        at: When it was raised, ISO 8601.
        subject: What it is about: assets, a target, a café.
        days: The business days that it is about.
        detail: Where to look: a run, a reason by its name.
    """

    alert: str
    severity: Severity
    at: str
    subject: Sequence[str]
    days: Sequence[str]
    detail: str


def tell(folder: Path, alert: Alert) -> None:
    """Append an alert's line to the records in `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / RECORDS_NAME).open("a", encoding="utf-8") as records:
        records.write(json.dumps(asdict(alert), ensure_ascii=False) + "\n")
