"""The gate before a batch: its rewards' days were judged after the rewards were decided, and are good.

Dagster judges the days every hour. Where it has not within `PATIENCE`, the watch judges them itself, so that payouts
do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from pilot.expectation_words import expectation_sentence
from pilot.money_tables import REWARDS
from pilot.tables import SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS
from quality.gate import Gate, gate
from storage.home import Home
from storage.store.payouts import awaiting

RESTS_ON = (SESSIONS, TURNS, SCORED_FEEDBACK, SESSION_SIGNALS, REWARDS)
PATIENCE = timedelta(minutes=75)
STOPS_NAMED = 3

Judge = Callable[[Home, Collection[date], datetime], None]

_log = structlog.get_logger("operations.watch")


def _judge(home: Home, days: Collection[date], now: datetime) -> None:
    from operations.quality_days import judge_and_keep  # Great Expectations takes seconds to import.

    judge_and_keep(home, sorted(days), now=now)


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the gate has looked at.

    Attributes:
        days: The days of the rewards that are claimed, each with the last moment that one of those was decided at.
        why: What stands in the way, in words; empty where nothing does.
    """

    days: Mapping[date, datetime]
    why: str


class MoneyGate:
    """Says what stands in the way of a batch."""

    def __init__(self, home: Home, *, judge: Judge = _judge) -> None:
        self._home = home
        self._judge = judge
        self._unjudged_since: datetime | None = None

    def look(self, rail: str, *, simulated: bool, now: datetime) -> GateVerdict:
        """Look at the days of what is claimed now; what is claimed later has passed no gate."""
        days = awaiting.decided_days(self._home.store(), rail=rail, simulated=simulated)
        found = self._verdicts(days)
        unjudged = [each for one in found for each in one.unjudged]
        if not unjudged:
            self._unjudged_since = None
        else:
            self._unjudged_since = self._unjudged_since or now
            if now - self._unjudged_since >= PATIENCE:
                _log.warning("days judged in the assets' place", days=[each.isoformat() for each in unjudged])
                self._unjudged_since = now  # not at each look, should it come to nothing
                self._judge(self._home, unjudged, now)
                found = self._verdicts(days)
                unjudged = [each for one in found for each in one.unjudged]
        stops = [each for one in found for each in one.stops]
        named = [f"{each.day} {each.table}: {expectation_sentence(each.expectation)}" for each in stops[:STOPS_NAMED]]
        named += [f"{each} was not judged since its rewards were decided" for each in unjudged]
        return GateVerdict(days, "; ".join(named))

    def _verdicts(self, days: dict[date, datetime]) -> list[Gate]:
        return [
            gate(self._home.lake(), RESTS_ON, days=[day], judged_since=decided) for day, decided in sorted(days.items())
        ]
