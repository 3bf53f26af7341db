"""Whether the replica lives, and whether it should be given customers."""

from __future__ import annotations

from dataclasses import dataclass

from voice_edge.edge import Edge


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was checked: `store` may be away without harm, as long as codes are known from before."""

    checks: dict[str, str]
    ready: bool


def readiness(edge: Edge) -> Readiness:
    """Return whether this replica should be given customers, and why not."""
    codes_usable = edge.codes.usable
    landing = edge.landing_writable()
    warm = edge.hearing_ready()
    checks = {
        "store": "ok" if not edge.codes.store_away else "away, codes known" if codes_usable else "away",
        "landing": "ok" if landing else "not writable",
        "recogniser": "none: customers write" if edge.hearing is None else "warm" if warm else "warming up",
        "replica": "leaving" if edge.sessions.draining else "ok",
    }
    return Readiness(checks=checks, ready=codes_usable and landing and warm and not edge.sessions.draining)
