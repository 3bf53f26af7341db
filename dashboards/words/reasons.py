"""The reasons for missing verdicts: the key of each reason's words, and the remedying command."""

from __future__ import annotations

from typing import get_args

from dashboards.reading.kpi_figures import KpiFigure
from pilot.kpis import Reason

REASONS: tuple[str, ...] = get_args(Reason)
SHOWN_BY_THE_INTERVAL = "on_both_sides"
EARLIER_VERSION = "earlier_version"  # a row whose sentence the upkeep could not convert

# The reasons that a person can act on, most urgent first.
GAPS: tuple[Reason, ...] = (
    "never_came",
    "no_probes",
    "unprobed",
    "no_count",
    "no_customers",
    "more_than_customers",
    "not_started",
    "no_voice",
    "no_payouts",
)

COMMANDS: dict[str, str] = {
    "no_count": "pilot counts report {cafe} {day} {count}",
    "no_customers": "pilot counts report {cafe} {day} {count}",
    "more_than_customers": "pilot counts report {cafe} {day} {count}",
    "no_voice": "pilot journey {cafe} --mode voice --language en",
    "no_probes": "pilot watch",
    "unprobed": "pilot health",
    "never_came": "pilot journey {cafe} --mode voice --language en",
}


def reason(figure: KpiFigure) -> str:
    """Return the code of the figure's first reason; empty if the verdict needs no explanation."""
    code = figure.why.split(",")[0]
    if code in ("", SHOWN_BY_THE_INTERVAL):
        return ""
    return code if code in REASONS else EARLIER_VERSION
