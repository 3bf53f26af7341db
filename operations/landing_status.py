"""What lies in the landing, what is damaged in it, and what waits to be published."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from storage.errors import CorruptSegment
from storage.home import LOG_FOLDER, Home
from storage.landing.publisher import LOG_SUFFIX
from storage.landing.salvage import Salvage, salvage


@dataclass(frozen=True, slots=True)
class LandedDay:
    """One business day of the landing.

    Attributes:
        day: The day.
        segments: How many segments it has.
        damaged: Paths of those whose checksum differs.
    """

    day: date
    segments: int
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LandingStatus:
    """The landing as it is now.

    Attributes:
        days: Its days.
        waiting_logs: Log files of all replicas that are not published yet, the open ones included.
    """

    days: tuple[LandedDay, ...]
    waiting_logs: int

    @property
    def is_damaged(self) -> bool:
        """Return whether any segment is damaged."""
        return any(day.damaged for day in self.days)

    def as_json(self) -> dict[str, Any]:
        """Return it for a machine."""
        return {**asdict(self), "damaged": self.is_damaged}


def status(home: Home) -> LandingStatus:
    """Read every segment and compare its checksum.

    Raises:
        LandingUnavailable: the landing cannot be reached.
    """
    segments = home.segments()
    days = []
    for day in sorted(segments.fingerprints()):
        names = segments.list(day)
        damaged = []
        for name in names:
            try:
                segments.read(name)
            except CorruptSegment:
                damaged.append(name.path)
        days.append(LandedDay(day=day, segments=len(names), damaged=tuple(damaged)))
    waiting = sum(1 for _ in (home.root / LOG_FOLDER).glob(f"*/*{LOG_SUFFIX}"))
    return LandingStatus(days=tuple(days), waiting_logs=waiting)


def salvage_days(home: Home) -> list[tuple[str, Salvage]]:
    """Save what damaged segments still hold; return what was done by segment.

    Raises:
        LandingUnavailable: the landing cannot be reached; doing it again is safe.
    """
    segments = home.segments()
    done = []
    for day in sorted(segments.fingerprints()):
        for name in segments.list(day):
            result = salvage(segments, name)
            if result is not None:
                done.append((name.path, result))
    return done
