"""The expectation of each café's daily volume, against its band; `volume_anomalies` is finer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilot.cafes import Cafe
from pilot.lake_tables.tables import SESSIONS
from pilot.opening_hours import hours_on
from quality.rules import Evidence, Rule

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

LEAST_OF_BAND = 0.2  # multiple of the band's lower end; less suggests a missing sign
MOST_OF_BAND = 3.0  # multiple of its upper end; more suggests automated sending


def volume_rule() -> Rule:
    """Return the rule about each café's completed sessions; it only warns."""
    return Rule(
        f"volume_within_band:{LEAST_OF_BAND:g}:{MOST_OF_BAND:g}",
        fact=_within_reach,
        severity="warn",
        of_rows=False,
    )


def _within_reach(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    import pandas as pd

    completed = evidence.counts(SESSIONS, of=frame, where=lambda rows: rows["outcome"] == "completed")
    counts = {key: int(count) for key, count in completed.items()}
    reached = []
    for cafe in evidence.cafes.cafe:
        band = cafe.expected_feedbacks_per_day
        for simulated in (False, True):
            count = counts.get((cafe.id, simulated), 0)
            # Test clients have no expected volume, and a day in progress may still reach it.
            least = band.low * LEAST_OF_BAND if _should_reach(cafe, evidence, simulated=simulated) else 0
            reached.append(least <= count <= band.high * MOST_OF_BAND)
    return pd.Series(reached, dtype=bool)


def _should_reach(cafe: Cafe, evidence: Evidence, *, simulated: bool) -> bool:
    if simulated or not evidence.settled or evidence.day is None:
        return False
    return evidence.day >= evidence.cafes.pilot.first_day and _open(cafe, evidence.day)


def _open(cafe: Cafe, day: date) -> bool:
    return hours_on(cafe, day).window is not None
