"""The service behind the customer-count API: tokens, validation, reporting."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operations.counts.reporting import current_report, parse_count_day, report_count
from pilot.cafes import Cafes
from pilot.counts import MOST_CUSTOMERS, InvalidCount
from pilot.errors import InvalidSettings
from pilot.settings import BOTH, MOST_VALID, SHORTEST_TOKEN
from storage.home import Home
from storage.store.cafes.customer_counts import Report


def read_tokens(text: str, *, cafes: Cafes) -> dict[str, str]:
    """Return each café's token from `aurora=TOKEN,malmohuset=TOKEN`; empty if the text is empty.

    While a token is replaced, both are valid: `aurora=NEW|OLD`.

    Raises:
        InvalidSettings: a part is not a pair, names no café, is a café's second, or its token is too short. The message
            holds no token.
    """
    tokens: dict[str, str] = {}
    for place, part in enumerate((one for one in text.split(",") if one.strip()), start=1):
        cafe, equals, token = (piece.strip() for piece in part.partition("="))
        fault = None
        if not equals or cafe not in cafes.ids:
            fault = f"names no café; expected one of {', '.join(cafes.ids)} before a ="
        elif cafe in tokens:
            fault = f"is a second one for {cafe}"
        elif not _are_tokens(token, others=tokens.values()):
            fault = f"is shorter than {SHORTEST_TOKEN} characters, or another café's"
        if fault:
            raise InvalidSettings(
                f"PILOT_COUNTS_TOKENS: part {place} {fault}.", remedy="Write aurora=TOKEN,malmohuset=TOKEN."
            )
        tokens[cafe] = token
    return tokens


def _are_tokens(text: str, *, others: Iterable[str]) -> bool:
    """Return whether a text is one token, or a new and an old one, none of them another café's."""
    pieces, taken = text.split(BOTH), {each for other in others for each in other.split(BOTH)}
    long_enough = all(len(each) >= SHORTEST_TOKEN for each in pieces)
    return long_enough and len(pieces) <= MOST_VALID and len({*pieces}) == len(pieces) and not taken & {*pieces}


@dataclass(frozen=True, slots=True)
class CountsService:
    """Accepts customer counts from cafés' till systems.

    Attributes:
        home: The home.
        tokens: Each café's token; a café without one is not served.
        clock: Returns the current time, UTC.
    """

    home: Home
    tokens: Mapping[str, str]
    clock: Callable[[], datetime]

    def cafe_of(self, authorization: str) -> str | None:
        """Return the café of an Authorization header's token; always compares every token."""
        found = None
        for cafe, token in self.tokens.items():
            for each in token.split(BOTH):
                if secrets.compare_digest(authorization.encode(), f"Bearer {each}".encode()):
                    found = cafe
        return found

    def report(self, cafe: str, day: str, body: bytes) -> dict[str, Any]:
        """Report a day's customers from `{"customers": 742}`; return the new count and the change.

        Raises:
            InvalidCount: the day or the body is invalid.
            StoreAway: it could not be saved; the same request may be repeated.
        """
        done = report_count(
            self.home,
            cafe=cafe,
            day=parse_count_day(day),
            customers=_customers(body),
            source="api",
            actor=f"api:{cafe}",
            now=self.clock(),
        )
        before = done.before.customers if done.before else None
        return {"cafe": cafe, "day": day, "customers": done.count.customers, "outcome": done.outcome, "before": before}

    def current(self, cafe: str, day: str) -> dict[str, Any] | None:
        """Return the current count of a day; None if it is missing.

        Raises:
            InvalidCount: the day is invalid.
            StoreAway: it could not be read.
        """
        business = parse_count_day(day)
        report = current_report(self.home, cafe=cafe, day=business)
        return None if report is None else _as_data(report)


def _as_data(report: Report) -> dict[str, Any]:
    return {
        "cafe": report.cafe,
        "day": report.day.isoformat(),
        "customers": report.customers,
        "source": report.source,
        "reported_at": report.reported_at.isoformat(),
    }


def _customers(body: bytes) -> int:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or set(given) != {"customers"}:
        raise InvalidCount(
            "The body is not a JSON object with only the field customers.",
            remedy='Send {"customers": 742}.',
            field="customers",
        )
    customers = given["customers"]
    if isinstance(customers, bool) or not isinstance(customers, int):
        raise InvalidCount(
            f"customers is of the kind {type(customers).__name__}: expected a whole number, 0 to {MOST_CUSTOMERS}.",
            remedy='Send {"customers": 742}.',
            field="customers",
        )
    return customers
