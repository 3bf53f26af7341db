"""What the sensor remembers between two looks, as JSON in Dagster's cursor."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict


class _Remembered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeenDay(_Remembered):
    """A landing day as it was seen.

    Attributes:
        everything: Digest over all its segments.
        spoken: Digest over the segments that are not the prober's.
    """

    everything: str
    spoken: str


class Failed(_Remembered):
    """A day whose last run failed, or never appeared.

    Attributes:
        times: How many of its runs in a row.
        at: When the last of them ended, seconds since 1970.
    """

    times: int
    at: float


class RequestedRuns(_Remembered):
    """What was asked for and is not known to be built.

    Attributes:
        at: When, seconds since 1970.
        runs: The runs asked for, by key, each with its first and last day.
        landing: The landing days that they build, as they were seen.
        outbox: The outbox position that they build up to.
    """

    at: float
    runs: dict[str, tuple[date, date]]
    landing: dict[date, SeenDay]
    outbox: int


class Cursor(_Remembered):
    """The sensor's memory: what is built, what is asked for, and how the last runs went.

    Attributes:
        built: Landing days as they were when they were last built with success.
        outbox: The outbox position whose days are built, or stand in `failed`.
        failed: Days that are owed another try.
        asked: The runs under way.
        ended: When the last of the runs asked for ended, seconds since 1970.
        took: How long those of them that succeeded took together, seconds.
    """

    built: dict[date, SeenDay] = {}
    outbox: int = 0
    failed: dict[date, Failed] = {}
    asked: RequestedRuns | None = None
    ended: float = 0.0
    took: float = 0.0

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """Return the remembered cursor; an empty or foreign one means that nothing is built yet."""
        if not text:
            return cls()
        try:
            return cls.model_validate_json(text)
        except ValueError:
            return cls()
