"""The board: the state of cafés, trials and switches, read from the store every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from pilot.cafes import Cafes
from pilot.errors import PilotError
from storage.store.cafes import cafe_states, switches, trial_slots
from storage.store.cafes.cafe_states import CafeState
from storage.store.cafes.trial_slots import TrialUse
from storage.store.engine import Store
from voice_edge.clock import Clock

REFRESH_SECONDS = 5.0

log = structlog.get_logger("voice_edge.doors")


@dataclass(frozen=True, slots=True)
class BoardState:
    """The last state read from the store.

    Attributes:
        maintenance: Whether maintenance is switched on.
        maintenance_until: Its expected end, UTC; None if none was given.
        fallback: Whether guests can only write.
        performance: Whether quality is traded for speed.
        states: The cafés that an operator has paused, or whose limit an operator has changed.
        trials: The usage of each café's trial.
    """

    maintenance: bool = False
    maintenance_until: datetime | None = None
    fallback: bool = False
    performance: bool = False
    states: dict[str, CafeState] = field(default_factory=dict)
    trials: dict[str, TrialUse] = field(default_factory=dict)


class Board:
    """The board's current state, or its last state while the store is away."""

    def __init__(self, open_store: Callable[[], Store], *, cafes: Cafes, clock: Clock) -> None:
        self._open_store = open_store
        self._cafes = cafes
        self._clock = clock
        self.state = BoardState()
        self.store_away = False
        self._one_by_one = asyncio.Lock()

    async def refresh(self) -> None:
        """Read the store now."""
        try:
            async with self._one_by_one:  # a read that began earlier must not replace a newer one
                self.state = await asyncio.to_thread(self._read)
        except (PilotError, OSError) as error:
            if not self.store_away:
                log.warning("store away: the doors stay as they are", kind=type(error).__name__)
            self.store_away = True
            return
        self.store_away = False

    async def keep_fresh(self) -> None:
        """Refresh every few seconds."""
        while True:
            await self.refresh()
            await self._clock.sleep(REFRESH_SECONDS)

    def _read(self) -> BoardState:
        store = self._open_store()
        on = switches.all_on(store)
        maintenance = on.get("maintenance")
        return BoardState(
            maintenance=maintenance is not None,
            maintenance_until=maintenance.until if maintenance is not None else None,
            fallback="fallback" in on,
            performance="performance" in on,
            states=cafe_states.find_all(store),
            trials=trial_slots.usages(store, self._cafes.cafe),
        )
