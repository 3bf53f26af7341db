"""Reports urgent feedback (allergy, injury, harassment, safety) once, as a link, never in words.

The scorer flags it by a list of words (`scored_feedback.flags`). The watch reads the last two weeks whenever the table
has a new version, and reports in its log and in a file of records, which a channel to people can read. The file also
prevents a second report after a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import structlog

from operations.record_lines import append_record
from operations.watch.alerts.table_watcher import TableWatcher
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.lake import Lake
from storage.snapshot import Snapshot

RECORDS_NAME = "urgent.ndjson"
PREFIX = "urgent_"
DAYS = 14  # A cut-off edge delivers late; its feedback is still reported.

_log = structlog.get_logger("operations.watch")


@dataclass(frozen=True, slots=True)
class UrgentFeedback:
    """Feedback that a café's manager should read now.

    Attributes:
        session_id: The session; the record's key.
        cafe: The café.
        day: The business day.
        kinds: allergy, injury, harassment, safety.
        sent_at: When the guest sent it.
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
    """Reports each urgent feedback once."""

    def __init__(
        self, lake: Lake, *, folder: Path, pages_url: str, simulated: bool, clock: Callable[[], datetime]
    ) -> None:
        """Initialise the watcher with its records in `folder`; see `TableWatcher` for the other arguments."""
        records = folder / RECORDS_NAME
        super().__init__(
            lake, SCORED_FEEDBACK, days=DAYS, records=records, pages_url=pages_url, simulated=simulated, clock=clock
        )

    def _report_new(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        rows = snapshot.sql(
            "select day, session_id, cafe, completed_at, flags from scored_feedback "
            "where list_contains(?, day) and simulated = ? and flags is not null order by completed_at, session_id",
            [days, self._simulated],
        ).iter_rows()
        for day, session_id, cafe, sent_at, flags in rows:
            kinds = tuple(flag.removeprefix(PREFIX) for flag in flags if flag.startswith(PREFIX))
            if kinds and session_id not in self.reported:
                self._report(
                    UrgentFeedback(
                        session_id=session_id,
                        cafe=cafe,
                        day=day.isoformat(),
                        kinds=kinds,
                        sent_at=sent_at.isoformat(),
                        reported_at=now.isoformat(),
                        link=f"{self.link(cafe, day)}#svar-{session_id}",
                    )
                )

    def _record_key(self, record: dict[str, Any]) -> str | None:
        return record.get("session_id")

    def _report(self, urgent: UrgentFeedback) -> None:
        append_record(self._records, asdict(urgent))
        self.reported.add(urgent.session_id)
        _log.warning("urgent feedback", cafe=urgent.cafe, kinds=list(urgent.kinds), link=urgent.link)
