"""The team's technical figures, one line a minute in a file for each business day, for 45 days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from operations.monitoring.expressions.evaluator import parse
from operations.monitoring.expressions.samples import Samples
from operations.monitoring.rules.technical_alerts import CPU, DISK, MEMORY, PAGE_P95, PENDING, VOICE_P95
from operations.record_lines import append_record, records_of
from pilot.business_days import business_day

FOLDER = "technical"
KEPT_DAYS = 45

_EDGE_REQUESTS = 'pilot_http_requests_total{service="edge"}'
_EDGE_FAILED = 'pilot_http_requests_total{service="edge",code=~"5.."}'
_REQUEST_P95 = 'histogram_quantile(0.95, sum by (le) (rate(pilot_http_request_seconds_bucket{service="edge"}[5m])))'
# Each figure with its expression; of several series the highest counts.
FIGURES: Mapping[str, str] = {
    "requests_a_minute": f"sum(increase({_EDGE_REQUESTS}[1m]))",
    "failed_share": f"(sum(rate({_EDGE_FAILED}[1m])) or vector(0)) / (sum(rate({_EDGE_REQUESTS}[1m])) > 0)",
    "request_p95_seconds": _REQUEST_P95,
    "voice_p95_seconds": VOICE_P95,
    "page_p95_seconds": PAGE_P95,
    "processor_share": CPU,
    "memory_share": MEMORY,
    "disk_share": DISK,
    "queue": f"max({PENDING})",
}


@dataclass(frozen=True, slots=True)
class MinuteFigures:
    """The figures of one minute; a figure without a measurement is missing.

    Attributes:
        at: When they were computed, UTC.
        values: By the names of `FIGURES`.
    """

    at: datetime
    values: Mapping[str, float]


class MinuteFiguresLog:
    """Appends a line each minute, and removes the days out of their time."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder / FOLDER
        self._expressions = {name: parse(text) for name, text in FIGURES.items()}
        self._day: date | None = None

    @property
    def reads(self) -> Mapping[str, float]:
        """Return the metrics that the figures read, each with the seconds that they read back."""
        found: dict[str, float] = {}
        for expression in self._expressions.values():
            for name, seconds in expression.reads.items():
                found[name] = max(seconds, found.get(name, 0.0))
        return found

    def append(self, samples: Samples, *, now: datetime) -> None:
        """Compute and append the figures of this minute."""
        values: dict[str, float] = {}
        for name, expression in self._expressions.items():
            found = [each for each in expression(samples, at=now.timestamp()).values() if each == each]
            if found:
                values[name] = round(max(found), 4)
        day = business_day(now)
        append_record(self._folder / f"{day}.ndjson", {"at": now.isoformat(), **values})
        if day != self._day:
            self._remove_old(day)
            self._day = day

    def _remove_old(self, today: date) -> None:
        oldest = today - timedelta(days=KEPT_DAYS)
        for path in self._folder.glob("*.ndjson"):
            if path.stem < oldest.isoformat():
                path.unlink()


def minute_figures(run_folder: Path, day: date) -> list[MinuteFigures]:
    """Return the figures of a business day, oldest first; none if the watch did not run."""
    found = []
    for record in records_of(run_folder / FOLDER / f"{day}.ndjson"):
        try:
            at = datetime.fromisoformat(record["at"])
        except (KeyError, TypeError, ValueError):
            continue
        values = {name: float(record[name]) for name in FIGURES if isinstance(record.get(name), int | float)}
        found.append(MinuteFigures(at, values))
    return found
