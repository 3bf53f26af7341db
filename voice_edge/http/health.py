"""The replica's readiness to serve customers."""

from __future__ import annotations

from dataclasses import dataclass

from voice_edge.edge import Edge
from voice_edge.hearing.workload import STUCK_SECONDS

FAILED_APPEND_SECONDS = 30.0  # Then the disk is retried: a single replica has no other to retry it.


@dataclass(frozen=True, slots=True)
class Readiness:
    """The readiness checks; `store` may be away without harm while codes are cached."""

    checks: dict[str, str]
    ready: bool


def readiness(edge: Edge) -> Readiness:
    """Return whether this replica should be given customers, and why not."""
    codes_usable = edge.codes.usable
    landing = _landing(edge)
    warm = edge.recogniser_ready()
    checks = {
        "store": "ok" if not edge.codes.store_away else "away, codes known" if codes_usable else "away",
        "landing": landing,
        "recogniser": _recogniser(edge, warm=warm),
        "replica": "leaving" if (leaving := edge.sessions.draining or edge.leaving()) else "ok",
    }
    return Readiness(checks=checks, ready=codes_usable and landing == "ok" and warm and not leaving)


def _landing(edge: Edge) -> str:
    if not edge.landing_writable():
        return "not writable"
    failed_at = edge.metrics.append_failed_at
    if failed_at is not None and edge.clock.monotonic() - failed_at < FAILED_APPEND_SECONDS:
        return "the last events could not be written"
    return "ok"


def _recogniser(edge: Edge, *, warm: bool) -> str:
    """Return the recogniser's state; without one the replica still serves customers who write."""
    if edge.recogniser is None:
        return "none: customers write"
    if not warm:
        return "warming up"
    return "stuck: customers write" if edge.recogniser.figures().longest_run_s > STUCK_SECONDS else "warm"
