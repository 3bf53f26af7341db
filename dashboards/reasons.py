"""Why a metric has no verdict, in the reader's words, and what to do about it."""

from __future__ import annotations

from dashboards.reading.kpi_figures import KpiFigure
from pipelines import kpis

REASONS: dict[str, str] = {
    kpis.NO_COUNT: "no_count",
    kpis.NO_CUSTOMERS: "no_customers",
    kpis.MORE_THAN_CUSTOMERS: "more_than_customers",
    kpis.NOT_STARTED: "not_started",
    kpis.STILL_OPEN: "still_open",
    kpis.NO_VOICE: "no_voice",
    kpis.TOO_FEW_TURNS: "too_few_turns",
    kpis.NEVER_CAME: "never_came",
    kpis.NO_PROBES: "no_probes",
    kpis.NO_PAYOUTS: "no_payouts",
    kpis.ON_BOTH_SIDES: "",  # The interval beside it says so already.
}
UNPROBED = "unprobed"

# What somebody can do something about, in the order to do it.
GAPS = (
    "never_came",
    "no_probes",
    UNPROBED,
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
    """Return the key of the reason's words; empty where the verdict needs no explanation."""
    if not figure.why:
        return ""
    if figure.kpi == "uptime" and figure.value is not None:
        return UNPROBED
    return REASONS.get(figure.why.split("; ")[0], "")
