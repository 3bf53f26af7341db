"""The entrance: whether a café takes feedback now, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pilot.business_days import local_time
from pilot.cafes import Cafe, LocalizedName
from pilot.opening_hours import Opening, opening_at
from voice_edge.doors.board import BoardState
from voice_edge.protocol import CloseCode

CLOSES_SOON = timedelta(hours=1)

RefusalCode = Literal["maintenance", "paused", "closed", "trial_full", "already_open", "too_many"]
CLOSES: dict[RefusalCode, CloseCode] = {
    "maintenance": CloseCode.MAINTENANCE,
    "paused": CloseCode.NOT_NOW,
    "closed": CloseCode.NOT_NOW,
    "trial_full": CloseCode.NOT_NOW,
    "already_open": CloseCode.TOO_MANY,
    "too_many": CloseCode.TOO_MANY,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a guest is refused.

    Attributes:
        code: The protocol's error code.
        opens_at: When a closed café opens next, UTC; None if unknown.
        reason: Why it is closed all day, in words for guests.
        retry_after_s: Seconds after which to retry.
        until: When maintenance is expected to end, UTC; None if that is unknown.
        shown: What an operator wants guests of a paused café to read; None for the usual words.
    """

    code: RefusalCode
    opens_at: datetime | None = None
    reason: LocalizedName | None = None
    retry_after_s: float | None = None
    until: datetime | None = None
    shown: LocalizedName | None = None

    @property
    def retryable(self) -> bool:
        """Return whether the same guest may be admitted later without an operator's change."""
        return self.code in ("maintenance", "closed", "already_open", "too_many")

    @property
    def opens_at_text(self) -> str | None:
        """Return the opening time for the wire: ISO 8601 with Stockholm's offset."""
        return None if self.opens_at is None else local_time(self.opens_at).isoformat()


@dataclass(frozen=True, slots=True)
class Entrance:
    """Decides who may begin a session.

    Attributes:
        hours_apply: Whether opening hours apply. They do not apply in a demo, or at a trial address (see
            `is_trial_address`), so that the pilot can be tried at any hour.
    """

    hours_apply: bool

    def refusal(self, cafe: Cafe, *, board: BoardState, now: datetime, simulated: bool) -> Refusal | None:
        """Return why a new session may not begin; None if it may.

        A test client, with simulated sessions, is admitted at any hour and even while the café is paused, so that an
        operator can test before resuming; it uses no trial slot. Maintenance applies to everybody.
        """
        if board.maintenance:
            return Refusal("maintenance", until=board.maintenance_until)
        if simulated:
            return None
        state = board.states.get(cafe.id)
        if state is not None and state.paused:
            shown = LocalizedName(sv=state.shown_sv, en=state.shown_en) if state.shown_sv and state.shown_en else None
            return Refusal("paused", shown=shown)
        if self.hours_apply and not (opening := opening_at(cafe, now)).open:
            return Refusal("closed", opens_at=opening.opens_at, reason=opening.reason)
        trial = board.trials.get(cafe.id)
        if trial is not None and trial.full and cafe.on_trial_limit == "stop":
            return Refusal("trial_full")
        return None

    def closes_soon(self, cafe: Cafe, *, now: datetime) -> datetime | None:
        """Return when the doors close, UTC; None if not within the hour."""
        if not self.hours_apply:
            return None
        closes = opening_at(cafe, now).closes_at
        return closes if closes is not None and closes - now <= CLOSES_SOON else None

    def hours_of_closed_cafe(self, cafe: Cafe, *, now: datetime) -> Opening | None:
        """Return the hours of a closed café that still admits guests, for the page's banner; else None."""
        opening = opening_at(cafe, now)
        return None if self.hours_apply or opening.open else opening


def is_trial_address(public_url: str) -> bool:
    """Return whether the public address is a trial address: this machine's, or in a private network.

    Guests use a café's domain; only a developer's phone (`pilot phone`) uses a private address.
    """
    host = urlsplit(public_url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local"))
