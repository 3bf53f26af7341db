"""The suites by table, and the one function that judges a frame with one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from pilot.cafes import Cafes
from pilot.errors import PilotError
from pilot.tables import JUDGEMENTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS
from quality.engine import run
from quality.feedback_rules import feedback_rules
from quality.judgement_rules import judgement_rules
from quality.results import SuiteResult
from quality.rules import Evidence, Rule
from quality.session_rules import session_rules
from quality.signal_rules import signal_rules

if TYPE_CHECKING:
    import pandas as pd

SUITES: dict[str, Callable[[Cafes], Iterable[Rule]]] = {
    SESSIONS.name: session_rules,
    SCORED_FEEDBACK.name: feedback_rules,
    SESSION_SIGNALS.name: signal_rules,
    JUDGEMENTS.name: judgement_rules,
}


class UnknownSuite(PilotError):
    """There is no suite for this table."""


def rules(table: str, *, cafes: Cafes) -> tuple[Rule, ...]:
    """Return a table's rules.

    Raises:
        UnknownSuite: the table has none.
    """
    if table not in SUITES:
        raise UnknownSuite(f"There is no suite for {table!r}.", remedy=f"There are suites for {', '.join(SUITES)}.")
    return tuple(SUITES[table](cafes))


def validate(table: str, frame: pd.DataFrame, *, references: Mapping[str, pd.DataFrame], cafes: Cafes) -> SuiteResult:
    """Judge a table's rows of some business days.

    Args:
        table: The table's name.
        frame: Its rows.
        references: The rows of the same days of the tables that it is held against, by name.
        cafes: The cafés.

    Raises:
        UnknownSuite: the table has none.
    """
    judged = run(rules(table, cafes=cafes), frame=frame, evidence=Evidence(references=references, cafes=cafes))
    return SuiteResult(table=table, expectations=judged)
