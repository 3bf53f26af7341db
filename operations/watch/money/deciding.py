"""Rewards that wait too long: the watch decides on them itself, from the landing, by the function that the assets use.

A guest stands at the till; Dagster may be away, busy with a backfill or just slow. A decision is made once, so it does
no harm when both paths come to the same session.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog

from payouts.deciding import decide_scored
from pilot.business_days import days_between
from pilot.errors import PilotError
from pilot.events import PROBER_REPLICAS
from pilot.tables import FINGERPRINTS, SCORED_FEEDBACK, SESSIONS
from pipelines.scored_feedback import scored_feedback
from pipelines.sessions import sessions
from pipelines.signals.duplicates import HISTORY_DAYS
from pipelines.signals.fingerprints import fingerprints
from pipelines.signals.session_signals import by_session, session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS
from pipelines.turns import turns
from quality.gate import quarantined
from storage.home import Home
from storage.landing.days import read_day
from storage.store.privacy import tombstones
from storage.store.rewards import decisions, vouchers
from storage.store.rewards.decisions import WATCH, Decision

PATIENCE = timedelta(seconds=25)  # The assets need about 14 s; the guest is promised the answer within 60.
LONGEST_AGO = timedelta(days=2)
AGAIN_AFTER = timedelta(minutes=5)  # What cannot be decided yet (its trial slot is not known) is not asked each time.

_log = structlog.get_logger("operations.watch")


def decide_day(home: Home, day: date, *, now: datetime) -> list[Decision]:
    """Decide on a business day's undecided sessions as the landing has them; return the new decisions.

    Args:
        home: The home.
        day: The business day.
        now: The moment that the sessions are judged at, aware.

    Raises:
        PilotError: landing, lake or store are away; nothing is decided.
    """
    cafes, lake, secret = home.cafes(), home.lake(), home.secret()
    erased = tombstones.for_day(home.store(), day)
    landed = read_day(home.segments(), day, erased=erased, without=PROBER_REPLICAS).frame
    of_day = sessions(landed, as_of=now)
    said = turns(landed)
    scored = scored_feedback(of_day, said, cafes=cafes)
    before = list(days_between(day - timedelta(days=HISTORY_DAYS), day - timedelta(days=1)))
    signals = session_signals(
        day,
        sessions=of_day,
        history=lake.read(SESSIONS, days=before, columns=HISTORY_COLUMNS),
        fingerprints=fingerprints(of_day, said, key=secret),
        earlier_fingerprints=lake.read(FINGERPRINTS, days=before),
        scored=scored,
        cafes=cafes,
    )
    return decide_scored(
        home.store(),
        scored=scored,
        sessions=of_day,
        signals=by_session(signals),
        quarantined=quarantined(lake, SCORED_FEEDBACK, days=[day]),
        cafes=cafes,
        secret=secret,
        decided_by=WATCH,
    )


class WaitingRewards:
    """Looks for receipts whose decision is overdue, and decides on their days."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._tried: dict[date, tuple[frozenset[str], datetime]] = {}

    def __call__(self) -> None:
        """Look once; what fails is logged, and the next look comes."""
        try:
            self._look()
        except (PilotError, OSError) as error:
            _log.error("rewards cannot be decided", reason=type(error).__name__)

    def _look(self) -> None:
        now = self._clock()
        waiting = decisions.awaited(self._home.store(), sent_after=now - LONGEST_AGO, sent_before=now - PATIENCE)
        self._tried = {day: tried for day, tried in self._tried.items() if day in waiting}
        for day, session_ids in waiting.items():
            asked, at = self._tried.get(day, (frozenset[str](), now - AGAIN_AFTER))
            if session_ids <= asked and now - at < AGAIN_AFTER:
                continue
            self._tried[day] = (session_ids, now)
            if new := decide_day(self._home, day, now=now):
                _log.warning("rewards decided in the assets' place", day=day.isoformat(), decided=len(new))


class LapsingVouchers:
    """Marks the vouchers whose time is over, so that what is owed for them is booked."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> None:
        """Look once; what fails is logged, and the next look comes."""
        try:
            if lapsed := vouchers.expire_due(self._home.store()):
                _log.info("vouchers lapsed", count=lapsed)
        except (PilotError, OSError) as error:
            _log.error("vouchers cannot be looked at", reason=type(error).__name__)
