"""Alerts of runs that failed: lines like those of `operations.watch.alert_records`, with the assets and the days.

A run fails once, so that nothing is ever over: each line is `firing`. Names, figures and days only: never what a guest
said, and no exception's message, which might quote it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from operations.watch.alert_records import Alert

RECORDS_NAME = "alerts.ndjson"


def tell(folder: Path, alert: Alert, *, at: datetime, assets: Sequence[str], days: Sequence[str]) -> None:
    """Append an alert's line to the records in `folder`.

    Args:
        folder: The home's run folder.
        alert: The alert.
        at: When the run failed.
        assets: The assets that were not built.
        days: The business days that it was for.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    record = {**asdict(alert), "state": "firing", "at": at.isoformat(), "assets": list(assets), "days": list(days)}
    with (folder / RECORDS_NAME).open("a", encoding="utf-8") as records:
        records.write(json.dumps(record, ensure_ascii=False) + "\n")
