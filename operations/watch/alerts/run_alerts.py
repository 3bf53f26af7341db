"""Alerts of single events: lines like those of `alert_records`, with assets and days.

An event such as a failed run has no end, so each line is `firing`. Names, figures and days only: never a guest's words,
and no exception's message, which might quote them.
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
        at: Time of the event or of its detection.
        assets: The affected assets.
        days: The affected business days.
    """
    record = {**asdict(alert), "state": "firing", "at": at.isoformat(), "assets": list(assets), "days": list(days)}
    append_record(folder / RECORDS_NAME, record)
