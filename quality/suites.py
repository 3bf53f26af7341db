"""The suites by table, and the function that validates a frame with one. Every table has a suite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from pilot.cafes import Cafes
from pilot.errors import PilotError
from pilot.lake_tables.insight_tables import THEMES, VOICE_LATENCY, VOLUME_ANOMALIES
from pilot.lake_tables.payout_tables import LEDGER_AUDIT, PAYMENTS, PAYOUT_BATCHES, PAYOUTS
from pilot.lake_tables.report_tables import BUSINESS_IMPACT, CAPACITY_PLAN, PILOT_REPORT
from pilot.lake_tables.retention_table import RETENTION
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pilot.lake_tables.tables import (
    CUSTOMER_COUNTS,
    FINGERPRINTS,
    JUDGEMENTS,
    PILOT_KPIS,
    PROBES,
    RAW_EVENTS,
    REWARD_PARITY,
    REWARDS,
    SCORED_FEEDBACK,
    SESSION_SIGNALS,
    SESSIONS,
    TABLES,
    TURNS,
    UPTIME,
    Table,
)
from quality.anomaly_rules import anomaly_rules
from quality.engine import run
from quality.event_rules import event_rules
from quality.feedback_rules import feedback_rules
from quality.figure_rules import customer_count_rules, kpi_rules, probe_rules, uptime_rules
from quality.fingerprint_rules import fingerprint_rules
from quality.insight_rules import latency_rules, theme_rules
from quality.judgement_rules import judgement_rules
from quality.payment_rules import batch_rules, ledger_rules, payment_rules, payout_rules
from quality.report_rules import capacity_rules, impact_rules, report_rules
from quality.results import SuiteResult
from quality.retention_rules import retention_rules
from quality.reward_rules import parity_rules, reward_rules
from quality.rules import Evidence, Rule, cafe_in_file, declaration_rules
from quality.satisfaction_rules import satisfaction_rules, theme_daypart_rules
from quality.session_rules import session_rules
from quality.signal_rules import signal_rules
from quality.turn_rules import turn_rules

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Suite:
    """A table's expectations.

    Attributes:
        rules: Its rules, from the cafés.
        references: The tables that it is compared with.
    """

    rules: Callable[[Cafes], Iterable[Rule]]
    references: tuple[Table, ...] = ()


OWN: dict[str, Suite] = {
    RAW_EVENTS.name: Suite(event_rules),
    SESSIONS.name: Suite(session_rules, (RAW_EVENTS, TURNS)),
    TURNS.name: Suite(turn_rules, (SESSIONS,)),
    SCORED_FEEDBACK.name: Suite(feedback_rules, (SESSIONS,)),
    FINGERPRINTS.name: Suite(fingerprint_rules, (SESSIONS,)),
    SESSION_SIGNALS.name: Suite(signal_rules, (SESSIONS, SCORED_FEEDBACK)),
    JUDGEMENTS.name: Suite(judgement_rules, (SESSIONS,)),
    CUSTOMER_COUNTS.name: Suite(customer_count_rules, (SESSIONS,)),
    PROBES.name: Suite(probe_rules),
    UPTIME.name: Suite(uptime_rules),
    PILOT_KPIS.name: Suite(kpi_rules, (SESSIONS,)),
    PAYMENTS.name: Suite(payment_rules),
    PAYOUT_BATCHES.name: Suite(batch_rules, (PAYOUTS,)),
    PAYOUTS.name: Suite(payout_rules),
    LEDGER_AUDIT.name: Suite(ledger_rules),
    THEMES.name: Suite(theme_rules, (SCORED_FEEDBACK,)),
    SATISFACTION.name: Suite(satisfaction_rules, (SCORED_FEEDBACK,)),
    THEME_DAYPARTS.name: Suite(theme_daypart_rules, (SCORED_FEEDBACK,)),
    VOICE_LATENCY.name: Suite(latency_rules, (TURNS,)),
    VOLUME_ANOMALIES.name: Suite(anomaly_rules, (SESSIONS,)),
    PILOT_REPORT.name: Suite(report_rules),
    BUSINESS_IMPACT.name: Suite(impact_rules),
    CAPACITY_PLAN.name: Suite(capacity_rules),
    RETENTION.name: Suite(retention_rules),
    REWARDS.name: Suite(reward_rules, (SESSIONS,)),
    REWARD_PARITY.name: Suite(parity_rules),
}


class UnknownSuite(PilotError):
    """There is no suite for this table."""


def suite_of(table: str) -> Suite:
    """Return a table's suite: its own, or else that of its declaration.

    Raises:
        UnknownSuite: there is no such table.
    """
    if table in OWN:
        return OWN[table]
    if table not in TABLES:
        raise UnknownSuite(f"There is no suite for {table!r}.", remedy=f"There are suites for {', '.join(TABLES)}.")
    return Suite(lambda cafes: _from_declaration(TABLES[table], cafes))


def rules(table: str, *, cafes: Cafes) -> tuple[Rule, ...]:
    """Return a table's rules.

    Raises:
        UnknownSuite: there is no such table.
    """
    return tuple(suite_of(table).rules(cafes))


def validate(
    table: str,
    frame: pd.DataFrame,
    *,
    references: Mapping[str, pd.DataFrame],
    cafes: Cafes,
    day: date | None = None,
    settled: bool = False,
    past: bool = False,
    frozen: bool = False,
    whole: Mapping[str, pd.DataFrame] | None = None,
) -> SuiteResult:
    """Validate a table's rows of some business days.

    Args:
        table: The table's name.
        frame: Its rows.
        references: The same days' rows of the suite's references, by name.
        cafes: The cafés.
        day: The business day; None if the frame is not of one day.
        settled: Whether the day is over.
        past: Whether it is before today: the cafés' file may have changed since.
        frozen: Whether it is closed or redacted.
        whole: Counts of all the day's rows if the frames are a cut (`quality.day_cut`).

    Raises:
        UnknownSuite: there is no such table.
    """
    evidence = Evidence(references=references, cafes=cafes, day=day, settled=settled, whole=whole or {}, frozen=frozen)
    chosen = [_of_past(rule) if past else rule for rule in rules(table, cafes=cafes)]
    return SuiteResult(table=table, expectations=run(chosen, frame=frame, evidence=evidence))


def _of_past(rule: Rule) -> Rule:
    return replace(rule, severity="warn") if rule.by_todays_file else rule


def _from_declaration(table: Table, cafes: Cafes) -> Iterable[Rule]:
    yield from declaration_rules(table)
    if "cafe" in table.names:
        yield cafe_in_file(cafes)
