"""Alerts of what happens once: lines like those of `alert_records`, with the assets and the days.

A run fails once, an odd hour has been: nothing is ever over, and each line is `firing`. Names, figures and days only:
never what a guest said, and no exception's message, which might quote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from operations.record_lines import append_record
from operations.watch.alerts.alert_records import Alert

RECORDS_NAME = "alerts.ndjson"


def report(folder: Path, alert: Alert, *, at: datetime, assets: Sequence[str], days: Sequence[str]) -> None:
    """Append an alert's line to the records in `folder`.

    Args:
        folder: The home's run folder.
        alert: The alert.
        at: When it happened, or was seen.
        assets: The assets that it is about.
        days: The business days that it is about.
    """
    record = {**asdict(alert), "state": "firing", "at": at.isoformat(), "assets": list(assets), "days": list(days)}
    append_record(folder / RECORDS_NAME, record)
