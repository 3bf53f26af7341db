"""Decides overdue rewards from the landing, with the assets' function, and expires vouchers.

A guest is waiting at the till while Dagster may be down, busy with a backfill or slow. A decision is made only once, so
both paths may reach the same session.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog

from payouts.deciding import decide_scored
from pilot.business_days import days_between
from pilot.errors import PilotError
from pilot.events import PROBER_REPLICAS
from pilot.lake_tables.tables import FINGERPRINTS, SESSIONS
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.signals.duplicates import HISTORY_DAYS
from pipelines.signals.fingerprints import fingerprints
from pipelines.signals.session_signals import reward_effects, session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS
from quality.gate import quarantined
from storage.home import Home
from storage.landing.days import read_day
from storage.store.privacy import tombstones
from storage.store.rewards import undecided, vouchers
from storage.store.rewards.decisions import WATCH, Decision

PATIENCE = timedelta(seconds=25)  # The assets need about 14 s; the guest is promised the answer within 60.
MAX_AGE = timedelta(days=2)
RETRY_AFTER = timedelta(minutes=5)  # For a session that cannot be decided yet, because its trial slot is unknown.

_log = structlog.get_logger("operations.watch")


def decide_day(home: Home, day: date, *, now: datetime) -> list[Decision]:
    """Decide a business day's undecided sessions from the landing; return the new decisions.

    Args:
        home: The home.
        day: The business day.
        now: The current time, aware.

    Raises:
        PilotError: landing, lake or store is unavailable; nothing is decided.
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
        turns=said,
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
        signals=reward_effects(signals),
        quarantined=quarantined(lake, days=[day]),
        cafes=cafes,
        secret=secret,
        decided_by=WATCH,
    )


class OverdueRewards:
    """Decides the days of overdue receipts; errors are logged and the next run tries again."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._tried: dict[date, tuple[frozenset[str], datetime]] = {}

    def __call__(self) -> None:
        """Run once."""
        try:
            self._run()
        except (PilotError, OSError) as error:
            _log.error("rewards cannot be decided", reason=type(error).__name__)

    def _run(self) -> None:
        now = self._clock()
        waiting = undecided.sessions_by_day(self._home.store(), sent_after=now - MAX_AGE, sent_before=now - PATIENCE)
        self._tried = {day: attempt for day, attempt in self._tried.items() if day in waiting}
        for day, session_ids in waiting.items():
            tried, at = self._tried.get(day, (frozenset[str](), now - RETRY_AFTER))
            if session_ids <= tried and now - at < RETRY_AFTER:
                continue
            self._tried[day] = (session_ids, now)
            if new := decide_day(self._home, day, now=now):
                _log.warning("rewards decided in place of the assets", day=day.isoformat(), decided=len(new))


class VoucherExpiry:
    """Expires vouchers past their validity, so that their liability is booked; errors are logged."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> None:
        """Run once."""
        try:
            if expired := vouchers.expire_due(self._home.store()):
                _log.info("vouchers expired", count=expired)
        except (PilotError, OSError) as error:
            _log.error("vouchers cannot be expired", reason=type(error).__name__)
