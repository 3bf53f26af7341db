"""The status of the landing: segments, damage and unpublished logs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from storage.errors import CorruptSegment
from storage.home import LOG_FOLDER, PROBES_FOLDER, Home
from storage.landing.publisher import LOG_SUFFIX
from storage.landing.salvage import Salvage, salvage


@dataclass(frozen=True, slots=True)
class LandedDay:
    """One business day of the landing.

    Attributes:
        day: The day.
        segments: Number of segments.
        damaged: Paths of segments with a wrong checksum.
    """

    day: date
    segments: int
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LandingStatus:
    """The status of the landing.

    Attributes:
        days: Its days.
        waiting_logs: Number of unpublished log files of all replicas, including open ones.
    """

    days: tuple[LandedDay, ...]
    waiting_logs: int

    @property
    def is_damaged(self) -> bool:
        """Return whether any segment is damaged."""
        return any(day.damaged for day in self.days)

    def as_json(self) -> dict[str, Any]:
        """Return the status as JSON values."""
        return {**asdict(self), "damaged": self.is_damaged}


def status(home: Home) -> LandingStatus:
    """Return the landing's status; read every segment and compare its checksum.

    Raises:
        LandingUnavailable: the landing cannot be reached.
    """
    landings = {"": home.segments(), f"{PROBES_FOLDER}/": home.probe_segments()}
    days = []
    for day in sorted({day for segments in landings.values() for day in segments.fingerprints()}):
        count, damaged = 0, []
        for folder, segments in landings.items():
            for name in segments.list(day):
                count += 1
                try:
                    segments.read(name)
                except CorruptSegment:
                    damaged.append(f"{folder}{name.path}")
        days.append(LandedDay(day=day, segments=count, damaged=tuple(damaged)))
    waiting = sum(1 for _ in (home.root / LOG_FOLDER).glob(f"*/*{LOG_SUFFIX}"))
    return LandingStatus(days=tuple(days), waiting_logs=waiting)


def salvage_days(home: Home) -> list[tuple[str, Salvage]]:
    """Salvage the readable lines of damaged segments; return the result by segment.

    Raises:
        LandingUnavailable: the landing cannot be reached; the call may be repeated.
    """
    done = []
    for folder, segments in (("", home.segments()), (f"{PROBES_FOLDER}/", home.probe_segments())):
        for day in sorted(segments.fingerprints()):
            for name in segments.list(day):
                result = salvage(segments, name)
                if result is not None:
                    done.append((f"{folder}{name.path}", result))
    return done
