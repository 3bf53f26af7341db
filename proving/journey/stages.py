"""The stages of a journey, with the times at which they were reached."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage that was reached.

    Attributes:
        name: The stage's name.
        at_seconds: Seconds since the journey began.
        took_seconds: Seconds since the previous stage.
        note: Details, without a guest's words.
    """

    name: str
    at_seconds: float
    took_seconds: float
    note: str = ""


@dataclass(slots=True)
class Stages:
    """Records stages as they are reached, and calls `on_reach` with each."""

    on_reach: Callable[[Stage], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    reached: list[Stage] = field(default_factory=list)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def reach(self, name: str, *, note: str = "") -> None:
        """Record that a stage was reached now."""
        at = self.clock() - self._began
        before = self.reached[-1].at_seconds if self.reached else 0.0
        stage = Stage(name=name, at_seconds=at, took_seconds=at - before, note=note)
        self.reached.append(stage)
        self.on_reach(stage)
