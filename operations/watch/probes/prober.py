"""Probes every target concurrently, and returns the results as events."""

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
    ) -> None:
        """Initialise the prober.

        Args:
            targets: Returns the targets.
            every_seconds: Interval between rounds.
            clock: Returns the current time, aware.
            simulated: Whether the home is a demo's, with simulated rows only.
            prober: The prober's name.
        """
        self._targets = targets
        self._every = every_seconds
        self._clock = clock
        self._simulated = simulated
        self._prober = prober

    def __call__(self) -> list[Event]:
        """Return one probe for each target and each of its cafés."""
        targets = list(self._targets())
        if not targets:
            return []
        at = self._clock()
        with ThreadPoolExecutor(max_workers=MAX_CONCURRENT) as pool:
            futures = [pool.submit(run_probe, one.name, one.probe, every_seconds=self._every) for one in targets]
            probes = [(one, future.result()) for one, future in zip(targets, futures, strict=True)]
        return [self._event(cafe, probe=probe, at=at) for one, probe in probes for cafe in one.cafes]

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
