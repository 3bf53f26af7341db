"""What cannot wait: feedback that names an allergy, an injury, harassment or safety, told as a link, never in words.

The scorer flags it from a list of words (`scored_feedback.flags`). The watch looks at the last weeks whenever
the table has a new version, and says each one once: in its log, and in a file of records beside its sign of life, from
which whatever carries alerts to people can take them. What was told is remembered over restarts.
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
from pilot.tables import SCORED_FEEDBACK
from storage.lake import Lake
from storage.snapshot import Snapshot

RECORDS_NAME = "urgent.ndjson"
PREFIX = "urgent_"
DAYS = 14  # what an edge that was cut off brings back late is told late, but told

_log = structlog.get_logger("operations.watch")


@dataclass(frozen=True, slots=True)
class Urgent:
    """One feedback that a café's manager should read now.

    Attributes:
        session_id: The session; the record's key.
        cafe: The café.
        day: The business day.
        kinds: allergy, injury, harassment, safety.
        sent_at: When the guest sent it.
        told_at: When the watch told it.
        link: The page that shows its words to who may read them.
    """

    session_id: str
    cafe: str
    day: str
    kinds: tuple[str, ...]
    sent_at: str
    told_at: str
    link: str


class UrgentWatcher(TableWatcher):
    """Tells what is urgent, each once."""

    def __init__(
        self, lake: Lake, *, folder: Path, pages_url: str, simulated: bool, clock: Callable[[], datetime]
    ) -> None:
        """`folder` is where the records are kept; see `TableWatcher` for the others."""
        records = folder / RECORDS_NAME
        super().__init__(
            lake, SCORED_FEEDBACK, days=DAYS, records=records, pages_url=pages_url, simulated=simulated, clock=clock
        )

    def _tell_news(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        rows = snapshot.sql(
            "select day, session_id, cafe, completed_at, flags from scored_feedback "
            "where list_contains(?, day) and simulated = ? and flags is not null order by completed_at, session_id",
            [days, self._simulated],
        ).iter_rows()
        for day, session_id, cafe, sent_at, flags in rows:
            kinds = tuple(flag.removeprefix(PREFIX) for flag in flags if flag.startswith(PREFIX))
            if kinds and session_id not in self.told:
                self._tell(
                    Urgent(
                        session_id=session_id,
                        cafe=cafe,
                        day=day.isoformat(),
                        kinds=kinds,
                        sent_at=sent_at.isoformat(),
                        told_at=now.isoformat(),
                        link=f"{self.link(cafe, day)}#svar-{session_id}",
                    )
                )

    def _key_of(self, record: dict[str, Any]) -> str | None:
        return record.get("session_id")

    def _tell(self, urgent: Urgent) -> None:
        append_record(self._records, asdict(urgent))
        self.told.add(urgent.session_id)
        _log.warning("urgent feedback", cafe=urgent.cafe, kinds=list(urgent.kinds), link=urgent.link)
