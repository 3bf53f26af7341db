"""The sensor's state between two ticks, as JSON in Dagster's cursor."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict


class _Remembered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeenDay(_Remembered):
    """A landing day as it was observed.

    Attributes:
        everything: Digest over all its segments.
        spoken: Digest over all segments except the prober's.
    """

    everything: str
    spoken: str


class FailedDay(_Remembered):
    """A day whose last run failed or never appeared.

    Attributes:
        times: The number of consecutive failures.
        at: The end of the last run, seconds since 1970.
    """

    times: int
    at: float


class RequestedRuns(_Remembered):
    """Runs that were requested and have not ended.

    Attributes:
        at: The moment of the request, seconds since 1970.
        runs: First and last day of each run, by run key.
        landing: The landing days that they build, as observed.
        outbox: The outbox position that they cover.
        service: Whether they build the tables of the service for every day that needs it.
    """

    at: float
    runs: dict[str, tuple[date, date]]
    landing: dict[date, SeenDay]
    outbox: int
    service: bool = True


class Cursor(_Remembered):
    """The sensor's state: built days, requested runs, and the timing of the last runs.

    Attributes:
        built: Landing days as observed before their last successful build.
        outbox: The outbox position up to which days are built or in `failed`.
        failed: Days that wait for a retry.
        asked: The requested runs.
        ended: The end of the last requested run, seconds since 1970.
        took: The total duration of the successful ones, seconds.
        served: The end of the last runs that built the tables of the service, seconds since 1970; 0 if none did.
    """

    built: dict[date, SeenDay] = {}
    outbox: int = 0
    failed: dict[date, FailedDay] = {}
    asked: RequestedRuns | None = None
    ended: float = 0.0
    took: float = 0.0
    served: float = 0.0

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """Return the stored cursor; an empty or unreadable one means that nothing is built yet."""
        if not text:
            return cls()
        try:
            return cls.model_validate_json(text)
        except ValueError:
            return cls()
