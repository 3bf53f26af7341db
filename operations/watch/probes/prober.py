"""Looking at everything that a guest or a manager meets, all at the same time, as events of what was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from operations.watch.probes.probing import timed
from operations.watch.probes.targets import Target
from pilot.events import Event, Probe, make_event
from pilot.identifiers import new_identifier

REPLICA = "watch"
PROBES_AT_ONCE = 64  # each waits for its whole timeout while the edge hangs, and the round has to end before the next


class Prober:
    """Looks at every target once a call."""

    def __init__(
        self,
        targets: Callable[[], Sequence[Target]],
        *,
        every_seconds: int,
        clock: Callable[[], datetime],
        simulated: bool,
        prober: str = REPLICA,
    ) -> None:
        """Take what to look at, and what every probe says of itself.

        Args:
            targets: Returns what to look at.
            every_seconds: How often it is looked at.
            clock: Now, aware.
            simulated: Whether the home is a demo's, where every row is simulated.
            prober: Who looks.
        """
        self._targets = targets
        self._every = every_seconds
        self._clock = clock
        self._simulated = simulated
        self._prober = prober

    def __call__(self) -> list[Event]:
        """Return the probes, of each target one for each café that it is part of."""
        targets = list(self._targets())
        if not targets:
            return []
        at = self._clock()
        with ThreadPoolExecutor(max_workers=PROBES_AT_ONCE) as pool:
            looks = [pool.submit(timed, one.name, one.look, every_seconds=self._every) for one in targets]
            seen = [(one, look.result()) for one, look in zip(targets, looks, strict=True)]
        return [self._event(cafe, probe=probe, at=at) for one, probe in seen for cafe in one.cafes]

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
