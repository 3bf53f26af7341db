"""The bands above every page: maintenance, guests who can only write, and cafés that take no answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dashboards import fragments
from pilot.business_days import business_day
from pilot.formatting import clock_time, short_day
from storage.store.cafes import cafe_states, switches
from storage.store.cafes.cafe_states import CafeState
from storage.store.cafes.switches import Switch, SwitchName

if TYPE_CHECKING:
    from dashboards.visit import Visit
    from storage.home import Home


@dataclass(frozen=True, slots=True)
class Notices:
    """What operators have switched, as the store has it at one render.

    Attributes:
        on: The switches that are on.
        states: The cafés that an operator has changed.
    """

    on: Mapping[SwitchName, Switch]
    states: Mapping[str, CafeState]

    @classmethod
    def read(cls, home: Home) -> Notices:
        """Read them from the store."""
        store = home.store()
        return cls(switches.all_on(store), cafe_states.find_all(store))

    @property
    def read_only(self) -> bool:
        """Return whether the pages change nothing."""
        return "maintenance" in self.on


def draw_notices(visit: Visit, notices: Notices) -> None:
    """Draw a band for each switch that is on, and for each paused café of the reader."""
    say = visit.say
    if (maintenance := notices.on.get("maintenance")) is not None:
        words = [say("notices.maintenance_why"), say("notices.reason", reason=maintenance.reason)]
        if maintenance.until is not None:
            words.append(say("notices.until", when=_moment(visit, maintenance.until)))
        visit.draw(fragments.band(title=say("notices.maintenance"), explanation=" ".join(words)))
    if (fallback := notices.on.get("fallback")) is not None:
        explanation = f"{say('notices.fallback_why')} {say('notices.reason', reason=fallback.reason)}"
        visit.draw(fragments.band(title=say("notices.fallback"), explanation=explanation))
    for cafe in visit.cafes:
        state = notices.states.get(cafe.id)
        if state is not None and state.paused:
            since = _moment(visit, state.changed_at or visit.now)
            explanation = say("notices.paused_why", since=since, reason=state.reason or "–")
            visit.draw(fragments.band(title=say("notices.paused", cafe=cafe.name), explanation=explanation))


def _moment(visit: Visit, at: datetime) -> str:
    day = business_day(at)
    return clock_time(at) if day == visit.today else f"{short_day(day, language=visit.language)} {clock_time(at)}"
