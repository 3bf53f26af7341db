"""Days with verdicts in a lake, as the suites write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from storage.lake import Lake, polars_schema

JUDGED_AT = datetime(2026, 11, 23, 13, 25, tzinfo=UTC)
SESSION = "01a20770-2d2e-7460-84a2-99ce35374870"


def write_verdicts(lake: Lake, day: date, *, broken: bool = False) -> None:
    """Write a day's verdicts on three tables; on a broken day one table stops and one warns."""
    verdicts = [
        ("sessions", "unique:session_id", "stop", True, 0),
        ("sessions", "volume_within_band:0.2:3", "warn", not broken, None),
        ("turns", "stages_in_order", "stop", not broken, 1 if broken else 0),
        ("uptime", "at_least:probes:0", "stop", True, 0),
    ]
    rows = [
        {"day": day, "table_name": table, "expectation": name, "severity": severity, "passed": passed, "rows": 40}
        | {"breaking": breaking, "table_version": 3, "judged_at": JUDGED_AT}
        for table, name, severity, passed, breaking in verdicts
    ]
    apart = [
        {"day": day, "table_name": "turns", "cafe": "aurora", "simulated": True, "row_key": f"{SESSION} 2"}
        | {"expectation": verdicts[2][1], "severity": "stop", "reason": "sent_ms", "judged_at": JUDGED_AT}
    ]
    for table, frame in ((QUALITY_VERDICTS, rows), (QUARANTINE, apart if broken else [])):
        written = pl.DataFrame(frame, schema=polars_schema(table), orient="row")
        lake.replace_partition(table, day, written, commit={})
