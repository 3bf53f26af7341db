"""The status of each café: whether it takes feedback, the reason if not, and the trial's usage."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pilot.business_days import local_time
from pilot.cafes import Cafe
from pilot.opening_hours import opening_at
from storage.home import Home
from storage.store.cafes import cafe_states, switches, trial_slots
from storage.store.cafes.cafe_states import CafeState
from storage.store.cafes.trial_slots import TrialUse


@dataclass(frozen=True, slots=True)
class CafeStatus:
    """The status of one café.

    Attributes:
        cafe: Its id.
        state: In words: open until, closed until, paused, maintenance, trial full.
        takes_feedback: Whether a guest may start now.
        use: The used part of its trial.
        lasts_days: Days until the trial is full, at most and at least expected feedbacks a day.
    """

    cafe: str
    state: str
    takes_feedback: bool
    use: TrialUse
    lasts_days: tuple[float, float]

    @property
    def trial(self) -> str:
        """Return the trial in words."""
        least, most = self.lasts_days
        warning = "; four fifths are used" if self.use.nearly_full and not self.use.full else ""
        return f"trial {self.use.used}/{self.use.limit}, what is left lasts {least:.1f} to {most:.1f} days{warning}"

    def as_json(self) -> dict[str, Any]:
        """Return the status as JSON values."""
        return {**asdict(self), "full": self.use.full, "nearly_full": self.use.nearly_full}


def cafe_statuses(home: Home, *, now: datetime) -> list[CafeStatus]:
    """Return the status of every café of the home.

    Raises:
        StoreAway: the store does not answer.
    """
    cafes, store = home.cafes(), home.store()
    maintenance = switches.find(store, "maintenance").is_on
    states, uses = cafe_states.find_all(store), trial_slots.usages(store, cafes.cafe)
    return [
        _status(cafe, state=states.get(cafe.id), use=uses[cafe.id], maintenance=maintenance, now=now)
        for cafe in cafes.cafe
    ]


def _status(cafe: Cafe, *, state: CafeState | None, use: TrialUse, maintenance: bool, now: datetime) -> CafeStatus:
    left, band = max(0, use.limit - use.used - use.reserved), cafe.expected_feedbacks_per_day
    opening = opening_at(cafe, now)
    takes = False
    if maintenance:
        state_words = "maintenance"
    elif state is not None and state.paused:
        state_words = f"paused by {state.actor}"
    elif not opening.open:
        state_words = f"closed, opens {_at(opening.opens_at)}"
    elif use.full and cafe.on_trial_limit == "stop":
        state_words = "trial full"
    else:
        state_words, takes = f"open until {_at(opening.closes_at)}", True
    lasts = (left / band.high, left / max(band.low, 1))
    return CafeStatus(cafe=cafe.id, state=state_words, takes_feedback=takes, use=use, lasts_days=lasts)


def _at(moment: datetime | None) -> str:
    return "not within two months" if moment is None else f"{local_time(moment):%a %Y-%m-%d %H:%M}"
