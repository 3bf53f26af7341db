"""Reports urgent feedback (allergy, injury, harassment, safety) once, as a link, never in words.

It has two sources, of the last two weeks: dangers that the edge saved while the guest was talking (`danger_reports`,
read at each run), and sent feedback that the scorer flagged (`scored_feedback.flags`, read whenever the table has a new
version). The watch reports in its log and in a file of records, which a channel to people can read. The file also
prevents a second report of the same kind: after a restart, or when a guest sends the feedback after reporting a danger.
A further kind of danger in the same talk is reported when it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from operations.record_lines import append_record
from operations.watch.alerts.table_watcher import TableWatcher
from pilot.business_days import business_day
from pilot.errors import PilotError
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.scoring.urgent import URGENT
from storage.lake import Lake
from storage.snapshot import Snapshot
from storage.store.cafes.danger_reports import DangerReport, reports_since
from storage.store.engine import Store

RECORDS_NAME = "urgent.ndjson"
PREFIX = "urgent_"
UNKNOWN_KIND = "urgent_safety"  # An edge of a newer version may report further kinds.
DAYS = 14  # A cut-off edge delivers late; its feedback is still reported.

_log = structlog.get_logger("operations.watch")


@dataclass(frozen=True, slots=True)
class UrgentFeedback:
    """Feedback that a café's manager should read now.

    Attributes:
        session_id: The session; with each kind, the record's keys.
        cafe: The café.
        day: The business day.
        kinds: allergy, injury, harassment, safety.
        sent_at: When the guest sent it, or reported the danger.
        reported_at: When the watch reported it; older records have `told_at` instead.
        link: The page with its words, for authorised readers.
    """

    session_id: str
    cafe: str
    day: str
    kinds: tuple[str, ...]
    sent_at: str
    reported_at: str
    link: str


class UrgentWatcher(TableWatcher):
    """Reports each kind of danger or urgent feedback of a session once."""

    def __init__(
        self,
        lake: Lake,
        *,
        open_store: Callable[[], Store],
        folder: Path,
        pages_url: str,
        simulated: bool,
        clock: Callable[[], datetime],
    ) -> None:
        """Initialise the watcher.

        Args:
            lake: The lake.
            open_store: Returns the store.
            folder: The folder of its records.
            pages_url: The address of the managers' pages.
            simulated: Whether to read simulated guests, as in a demo, instead of real ones.
            clock: Returns the current time, aware.
        """
        self._open_store = open_store
        records = folder / RECORDS_NAME
        super().__init__(
            lake, SCORED_FEEDBACK, days=DAYS, records=records, pages_url=pages_url, simulated=simulated, clock=clock
        )

    def __call__(self) -> None:
        """Run once: dangers first, even if the lake cannot be read."""
        try:
            self._report_dangers(now=self._clock())
        except (PilotError, OSError) as error:
            _log.error("reported dangers cannot be read", reason=type(error).__name__)
        super().__call__()

    def _report_dangers(self, *, now: datetime) -> None:
        first = business_day(now) - timedelta(days=DAYS - 1)
        by_session: dict[str, list[DangerReport]] = {}
        for each in reports_since(self._open_store(), first, simulated=self._simulated):
            by_session.setdefault(each.session_id, []).append(each)
        for session_id, dangers in by_session.items():
            kinds = self._new_kinds(session_id, (URGENT.get(each.kind, UNKNOWN_KIND) for each in dangers))
            first_new = next((each for each in dangers if _kind(URGENT.get(each.kind, UNKNOWN_KIND)) in kinds), None)
            if first_new is None:
                continue
            self._report(
                UrgentFeedback(
                    session_id=session_id,
                    cafe=first_new.cafe,
                    day=first_new.day.isoformat(),
                    kinds=kinds,
                    sent_at=first_new.reported_at.isoformat(),
                    reported_at=now.isoformat(),
                    link=self._answer_link(session_id, cafe=first_new.cafe, day=first_new.day),
                )
            )

    def _report_new(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        rows = snapshot.sql(
            "select day, session_id, cafe, completed_at, flags from scored_feedback "
            "where list_contains(?, day) and simulated = ? and flags is not null order by completed_at, session_id",
            [days, self._simulated],
        ).iter_rows()
        for day, session_id, cafe, sent_at, flags in rows:
            kinds = self._new_kinds(session_id, (flag for flag in flags if flag.startswith(PREFIX)))
            if kinds:
                self._report(
                    UrgentFeedback(
                        session_id=session_id,
                        cafe=cafe,
                        day=day.isoformat(),
                        kinds=kinds,
                        sent_at=sent_at.isoformat(),
                        reported_at=now.isoformat(),
                        link=self._answer_link(session_id, cafe=cafe, day=day),
                    )
                )

    def _record_keys(self, record: dict[str, Any]) -> list[str]:
        session_id = record.get("session_id")
        if session_id is None:
            return []
        kinds = record.get("kinds")
        # An older record without kinds reports them all.
        return [session_id] if kinds is None else [_key(session_id, kind) for kind in kinds]

    def _new_kinds(self, session_id: str, flags: Iterable[str]) -> tuple[str, ...]:
        """Return the kinds of a session's flags that no record reports, each once."""
        if session_id in self.reported:
            return ()
        kinds = dict.fromkeys(_kind(flag) for flag in flags)
        return tuple(kind for kind in kinds if _key(session_id, kind) not in self.reported)

    def _answer_link(self, session_id: str, *, cafe: str, day: date) -> str:
        """Return the address of the café's day, at the session's answer if it is sent."""
        return f"{self.link(cafe, day)}#svar-{session_id}"

    def _report(self, urgent: UrgentFeedback) -> None:
        append_record(self._records, asdict(urgent))
        self.reported.update(_key(urgent.session_id, kind) for kind in urgent.kinds)
        _log.warning("urgent feedback", cafe=urgent.cafe, kinds=list(urgent.kinds), link=urgent.link)


def _kind(flag: str) -> str:
    return flag.removeprefix(PREFIX)


def _key(session_id: str, kind: str) -> str:
    return f"{session_id} {kind}"
