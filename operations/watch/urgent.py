"""What cannot wait: feedback that names an allergy, an injury, harassment or safety, told as a link, never in words.

The scorer flags it from a list of words (`scored_feedback.flags`). The watch looks at the last weeks whenever
the table has a new version, and says each one once: in its log, and in a file of records beside its sign of life, from
which whatever carries alerts to people can take them. What was told is remembered over restarts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import structlog

from pilot.business_days import business_day
from pilot.errors import PilotError
from pilot.tables import SCORED_FEEDBACK
from storage.lake import Lake

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


class UrgentDesk:
    """Tells what is urgent, each once."""

    def __init__(
        self, lake: Lake, *, folder: Path, pages_url: str, simulated: bool, clock: Callable[[], datetime]
    ) -> None:
        """Take where to look and where to tell.

        Args:
            lake: The lake.
            folder: Where the records are kept.
            pages_url: Where the managers' pages are.
            simulated: Whether simulated feedback is told: in a demo only.
            clock: Now, aware.
        """
        self._lake = lake
        self._records = folder / RECORDS_NAME
        self._pages = pages_url.rstrip("/")
        self._simulated = simulated
        self._clock = clock
        self._version: int | None = None
        self._told: set[str] | None = None

    def __call__(self) -> None:
        """Look once; what fails is logged, and the next look comes."""
        try:
            version = self._lake.version(SCORED_FEEDBACK)
            if version is None or version == self._version:
                return
            for urgent in self._found():
                self._tell(urgent)
            self._version = version
        except (PilotError, OSError) as error:
            _log.error("urgent feedback cannot be looked for", reason=type(error).__name__)

    def _found(self) -> Iterator[Urgent]:
        now = self._clock()
        days = [business_day(now) - timedelta(days=back) for back in range(DAYS)]
        with self._lake.snapshot(SCORED_FEEDBACK, days=days) as snapshot:
            rows = snapshot.sql(
                "select day, session_id, cafe, completed_at, flags from scored_feedback "
                "where list_contains(?, day) and simulated = ? and flags is not null order by completed_at, session_id",
                [days, self._simulated],
            ).iter_rows()
        told = self._already_told()
        for day, session_id, cafe, sent_at, flags in rows:
            kinds = tuple(flag.removeprefix(PREFIX) for flag in flags if flag.startswith(PREFIX))
            if kinds and session_id not in told:
                yield Urgent(
                    session_id=session_id,
                    cafe=cafe,
                    day=day.isoformat(),
                    kinds=kinds,
                    sent_at=sent_at.isoformat(),
                    told_at=now.isoformat(),
                    link=self.link(cafe, day, session_id),
                )

    def link(self, cafe: str, day: date, session_id: str) -> str:
        """Return the address of the answer on its café's day."""
        # The café's day is the pages' first page, which has no path of its own.
        return f"{self._pages}/?{urlencode({'kafe': cafe, 'dag': day.isoformat()})}#svar-{session_id}"

    def _already_told(self) -> set[str]:
        if self._told is None:
            self._told = set()
            if self._records.exists():
                for line in self._records.read_text(encoding="utf-8").splitlines():
                    try:
                        self._told.add(str(json.loads(line)["session_id"]))
                    except (ValueError, KeyError, TypeError):
                        continue  # a line that a power cut left half written
        return self._told

    def _tell(self, urgent: Urgent) -> None:
        # Written first: told twice is better than not at all, but once a restart is enough.
        with self._records.open("a", encoding="utf-8") as records:
            records.write(json.dumps(asdict(urgent)) + "\n")
        self._already_told().add(urgent.session_id)
        _log.warning("urgent feedback", cafe=urgent.cafe, kinds=list(urgent.kinds), link=urgent.link)
