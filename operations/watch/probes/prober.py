"""Probes every target concurrently, and returns the results as events.

A result that cafés share is one event: a round costs a handful of lines, however many cafés there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from operations.watch.probes.probing import run_probe
from operations.watch.probes.targets import Target
from pilot.events import Event, Probe, make_event
from pilot.identifiers import new_identifier

REPLICA = "watch"
MAX_CONCURRENT = 64  # While the edge hangs, each probe lasts its whole timeout, and a round must end before the next.


class Prober:
    """Probes every target once a call."""

    def __init__(
        self,
        targets: Callable[[], Sequence[Target]],
        *,
        every_seconds: int,
        clock: Callable[[], datetime],
        simulated: bool,
        prober: str = REPLICA,
        shared: bool = True,
    ) -> None:
        """Initialise the prober.

        Args:
            targets: Returns the targets.
            every_seconds: Interval between rounds.
            clock: Returns the current time, aware.
            simulated: Whether the home is a demo's, with simulated rows only.
            prober: The prober's name.
            shared: Whether cafés with the same result share an event; an edge of an earlier version expects one a café.
        """
        self._targets = targets
        self._every = every_seconds
        self._clock = clock
        self._simulated = simulated
        self._prober = prober
        self._shared = shared

    def __call__(self) -> list[Event]:
        """Return one probe for each target and each of its cafés."""
        targets = list(self._targets())
        if not targets:
            return []
        at = self._clock()
        with ThreadPoolExecutor(max_workers=MAX_CONCURRENT) as pool:
            futures = [pool.submit(run_probe, one.name, one.probe, every_seconds=self._every) for one in targets]
            probes = [(one, future.result()) for one, future in zip(targets, futures, strict=True)]
        if not self._shared:
            return [self._event(cafe, probe=probe, at=at) for one, probe in probes for cafe in one.cafes]
        return [self._event(probe.cafes[0], probe=probe, at=at) for probe in shared_results(probes)]

    def _event(self, cafe: str, *, probe: Probe, at: datetime) -> Event:
        return make_event(
            probe,
            event_id=new_identifier(at=at),
            at=at,
            session_id=new_identifier(at=at),
            cafe=cafe,
            edge=self._prober,
            epoch=1,
            seq=0,
            simulated=self._simulated,
        )


def shared_results(probes: Sequence[tuple[Target, Probe]]) -> list[Probe]:
    """Return one probe for each target and result, with its cafés and the duration at each."""
    groups: dict[tuple[str, bool, int | None, str], list[tuple[Target, Probe]]] = {}
    for target, probe in probes:
        if target.cafes:
            result = (probe.target, probe.ok, probe.status, probe.failure)
            groups.setdefault(result, []).append((target, probe))
    return [_combined(group) for group in groups.values()]


def _combined(group: Sequence[tuple[Target, Probe]]) -> Probe:
    cafes = [cafe for target, _ in group for cafe in target.cafes]
    durations = [probe.duration_ms for target, probe in group for _ in target.cafes] if len(group) > 1 else []
    longest = max(probe.duration_ms for _, probe in group)
    return group[0][1].model_copy(update={"cafes": cafes, "durations_ms": durations, "duration_ms": longest})
