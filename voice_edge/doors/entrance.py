"""The entrance: whether a café takes feedback now, and what a guest is told where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pilot.business_days import local_time
from pilot.cafes import Cafe, Named
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
    """Why a guest is not let in.

    Attributes:
        code: The protocol's error code.
        opens_at: When the café opens next, UTC, where it is closed and that is known.
        reason: Why it is closed all day, in words for guests.
        retry_after_s: When trying again makes sense, seconds.
    """

    code: RefusalCode
    opens_at: datetime | None = None
    reason: Named | None = None
    retry_after_s: float | None = None

    @property
    def retryable(self) -> bool:
        """Return whether the same guest may come in later without anybody changing anything."""
        return self.code in ("maintenance", "closed", "already_open", "too_many")

    @property
    def opens_at_text(self) -> str | None:
        """Return the moment of opening as it travels: ISO 8601, Stockholm's offset."""
        return None if self.opens_at is None else local_time(self.opens_at).isoformat()


@dataclass(frozen=True, slots=True)
class Entrance:
    """What is known at the door.

    Attributes:
        hours_apply: Whether opening hours turn anybody away. They do not at an address that is only for trying, nor in
            a demo: whoever tries the pilot does so at any hour.
    """

    hours_apply: bool

    def refusal(self, cafe: Cafe, *, standing: BoardState, now: datetime, simulated: bool) -> Refusal | None:
        """Return why a new session may not begin; None where it may.

        A test client, whose sessions are marked as simulated, comes in at any hour and takes no trial slot; when the
        café is paused it is let in as well, so that an operator can try before resuming. Maintenance is for all.
        """
        if standing.maintenance:
            return Refusal("maintenance")
        if simulated:
            return None
        state = standing.states.get(cafe.id)
        if state is not None and state.paused:
            return Refusal("paused")
        if self.hours_apply and not (opening := opening_at(cafe, now)).open:
            return Refusal("closed", opens_at=opening.opens_at, reason=opening.reason)
        trial = standing.trials.get(cafe.id)
        if trial is not None and trial.full and cafe.on_trial_limit == "stop":
            return Refusal("trial_full")
        return None

    def closes_soon(self, cafe: Cafe, *, now: datetime) -> datetime | None:
        """Return when the doors close, UTC, where that is within the hour."""
        if not self.hours_apply:
            return None
        closes = opening_at(cafe, now).closes_at
        return closes if closes is not None and closes - now <= CLOSES_SOON else None

    def closed_but_let_in(self, cafe: Cafe, *, now: datetime) -> Opening | None:
        """Return the café's hours where it is closed and the guest is let in all the same: the page says so."""
        opening = opening_at(cafe, now)
        return None if self.hours_apply or opening.open else opening


def only_for_trying(public_url: str) -> bool:
    """Return whether the public address is for trying the pilot: this machine's own, or one of a private network.

    Guests come to a café's name; a bare private address is somebody's own telephone (`pilot phone`).
    """
    host = urlsplit(public_url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local"))
