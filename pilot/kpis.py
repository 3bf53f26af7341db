"""The pilot's success metrics, each defined once: figure, interval, target, unit and decimals.

Tables, expectations and pages iterate over `KPIS`, so a new metric needs only an entry here and its words. No engine is
used: metrics are computed from `DayFacts`, which `pipelines.figures.kpis` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["met", "missed", "cannot_tell", "missing"]
Unit = Literal["share", "seconds"]
IntervalKind = Literal["wilson", "p95", "census"]
Reason = Literal[
    "no_count",  # no customer count was reported
    "no_customers",  # the café reported no customers
    "more_than_customers",  # more sessions were started than customers reported: the count is wrong
    "not_started",  # no session was started
    "still_open",  # every started session is still open
    "no_voice",  # no voice turn was recorded
    "too_few_turns",  # too few voice turns to bound the p95
    "never_came",  # more than 5 % of the answers are missing, so the p95 is infinite
    "no_probes",  # the service was not probed
    "unprobed",  # too much of the time was not probed; details: unprobed_share, allowed_share
    "no_payouts",  # no payout has ended
    "on_both_sides",  # the interval contains the target
    "no_figures",  # no day has a figure
    "too_few_days",  # too few days to estimate their variance; details: cafe_days, required_cafe_days
    "too_much_missing",  # too many café-days with guests have no figure; details: missing_share, allowed_share
    "too_early",  # the pilot's first week is not over
    "not_over",  # uptime is decided by the whole pilot, which is not over
]


@dataclass(frozen=True, slots=True)
class ServiceSeconds:
    """The seconds that the customer page was up, down and unknown, and the probes behind them."""

    probes: int
    up: float
    down: float
    unknown: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """The counts of one café and day from which the metrics are measured.

    Attributes:
        started: Sessions started.
        completed: Sessions completed.
        open: Sessions started and not yet decided.
        customers: Customers reported; None without a report.
        voice_seconds: Seconds to the first words shown of each voice turn; infinite if none were shown.
        voice_within_target: Voice turns answered within the target.
        service: The customer page's seconds; None if it has no row.
        paid: Rewards paid or redeemed.
        failed: Rewards that failed for good.
    """

    started: int = 0
    completed: int = 0
    open: int = 0
    customers: int | None = None
    voice_seconds: Sequence[float] = ()
    voice_within_target: int = 0
    service: ServiceSeconds | None = None
    paid: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric's counts on one day, before interval and verdict.

    Attributes:
        numerator: The counted part.
        denominator: The count of the whole.
        samples: The values behind a p95.
        unknown: The unobserved part of a census, in the denominator's unit.
        missing_reason: The reason for a missing figure; None if there is a figure.
        verdict: The verdict if the figure is missing: `cannot_tell` only for facts that contradict each other.
    """

    numerator: float | None = None
    denominator: float | None = None
    samples: Sequence[float] = ()
    unknown: float = 0.0
    missing_reason: Reason | None = None
    verdict: Verdict = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One success metric.

    Attributes:
        code: Its name in tables and words.
        measure: Its counts on one café's day.
        interval: wilson (a share of trials), p95 (of samples, by their order) or census (the value itself).
        target: Met above it, or below it if `smaller_is_better`.
        unit: share or seconds.
        smaller_is_better: The target's direction.
        decimals: Displayed decimals; of a share, those of its percentage.
        target_decimals: The target's own decimals.
        axis_step: A chart's axis begins at a multiple of this below the lowest value; at 0 if None.
    """

    code: str
    measure: Callable[[DayFacts], Measure]
    interval: IntervalKind
    target: float
    unit: Unit
    smaller_is_better: bool = False
    decimals: int = 1
    target_decimals: int = 0
    axis_step: float | None = None


def _participation(facts: DayFacts) -> Measure:
    """Count sessions started among customers; without a customer count there is no figure."""
    started, customers = facts.started, facts.customers
    if customers is None:
        return Measure(numerator=started, missing_reason="no_count")
    if started > customers or customers == 0:
        if not started:
            return Measure(numerator=started, denominator=customers, missing_reason="no_customers")
        return Measure(
            numerator=started, denominator=customers, missing_reason="more_than_customers", verdict="cannot_tell"
        )
    return Measure(numerator=started, denominator=customers)


def _completion(facts: DayFacts) -> Measure:
    """Count sessions completed among those started and decided."""
    decided = facts.started - facts.open
    if decided == 0:
        missing_reason: Reason = "still_open" if facts.started else "not_started"
        return Measure(numerator=facts.completed, denominator=decided, missing_reason=missing_reason)
    return Measure(numerator=facts.completed, denominator=decided)


def _voice_response(facts: DayFacts) -> Measure:
    """Collect the seconds from the end of speech to the first words shown."""
    if not facts.voice_seconds:
        return Measure(numerator=0, denominator=0, missing_reason="no_voice")
    turns = len(facts.voice_seconds)
    return Measure(numerator=facts.voice_within_target, denominator=turns, samples=facts.voice_seconds)


def _uptime(facts: DayFacts) -> Measure:
    """Sum the time up among the time known."""
    service = facts.service
    if service is None or service.probes == 0:
        return Measure(missing_reason="no_probes")
    known = service.up + service.down
    if known == 0:
        return Measure(numerator=service.up, denominator=known, missing_reason="no_probes")
    return Measure(numerator=service.up, denominator=known, unknown=service.unknown)


def _payment_success(facts: DayFacts) -> Measure:
    """Count rewards paid or redeemed among paid and failed ones; unknown and expired ones are left out."""
    decided = facts.paid + facts.failed
    return Measure(numerator=facts.paid, denominator=decided) if decided else Measure(missing_reason="no_payouts")


KPIS: dict[str, Kpi] = {
    kpi.code: kpi
    for kpi in (
        Kpi(code="participation", measure=_participation, interval="wilson", target=0.10, unit="share"),
        Kpi(code="completion", measure=_completion, interval="wilson", target=0.70, unit="share", axis_step=0.2),
        Kpi(
            code="voice_response",
            measure=_voice_response,
            interval="p95",
            target=2.0,
            unit="seconds",
            smaller_is_better=True,
            decimals=2,
        ),
        # The target of 99.5 % needs two decimals to differ from 99.6 %.
        Kpi(
            code="uptime",
            measure=_uptime,
            interval="census",
            target=0.995,
            unit="share",
            decimals=2,
            target_decimals=1,
            axis_step=0.005,
        ),
        Kpi(
            code="payment_success",
            measure=_payment_success,
            interval="wilson",
            target=0.98,
            unit="share",
            axis_step=0.1,
        ),
    )
}
