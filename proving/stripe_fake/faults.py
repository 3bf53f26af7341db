"""The plan of faults that a test of the whole system sends over HTTP: `POST /fake/faults`.

    {"label": "a lost answer", "transfers": ["answer_lost"], "webhooks": ["doubled"], "away": false,
     "calls_per_second": 25, "funds_ore": 0, "capabilities": {"acct_1": "inactive"}, "reverse": {"tr_1": 100}}

Every name is optional. The next transfer requests and events get one fault each of `transfers` and `webhooks`.
"""

from __future__ import annotations

import json
from typing import Any

from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.requests import FAULTS
from proving.stripe_fake.webhooks import Webhooks, known_faults

NAMES = ("label", "transfers", "webhooks", "away", "calls_per_second", "funds_ore", "capabilities", "reverse")


class FaultPlanError(ValueError):
    """The plan is invalid; the text names the field and the expected value."""


def apply_plan(text: bytes, *, fake: FakeStripe, webhooks: Webhooks | None) -> None:
    """Apply a plan; an invalid one changes nothing.

    Raises:
        FaultPlanError: a name or a value is invalid.
    """
    try:
        plan = json.loads(text)
    except (ValueError, RecursionError):
        raise FaultPlanError("The plan is no JSON.") from None
    if not isinstance(plan, dict) or (unknown := sorted(plan.keys() - set(NAMES))):
        what = f"unknown names {unknown}" if isinstance(plan, dict) else type(plan).__name__
        raise FaultPlanError(f"The plan is an object of {', '.join(NAMES)}; got {what}.")
    transfers = _list(plan, "transfers")
    if wrong := [each for each in transfers if each not in FAULTS]:
        raise FaultPlanError(f"transfers: {wrong[0]!r} is no fault; known are {', '.join(FAULTS)}.")
    try:
        webhook_faults = known_faults(_list(plan, "webhooks"))
    except ValueError as error:
        raise FaultPlanError(f"webhooks: {error}") from None
    capabilities = _object(plan, "capabilities", str)
    reverse = _object(plan, "reverse", int)
    books = fake.books
    for name, ore in reverse.items():
        known = books.transfers.get(name)
        if known is None or not 0 < ore <= known["amount"] - known["amount_reversed"]:
            raise FaultPlanError(f"reverse: {name} is no transfer with {ore} öre left.")
    if missing := [each for each in capabilities if each not in books.accounts]:
        raise FaultPlanError(f"capabilities: there is no account {missing[0]}.")
    numbers = {name: _number(plan, name) for name in ("calls_per_second", "funds_ore") if name in plan}
    if not isinstance(plan.get("away", False), bool):
        raise FaultPlanError("away: expected true or false.")
    fake.faults.extend(transfers)
    if webhooks is not None:
        webhooks.faults.extend(webhook_faults)
    fake.away = plan.get("away", fake.away)
    fake.calls_per_second = numbers.get("calls_per_second", fake.calls_per_second)
    books.funds_ore = numbers.get("funds_ore", books.funds_ore)
    for name, state in capabilities.items():
        books.capability(name, state)
    for name, ore in reverse.items():
        books.reverse(name, ore)
    fake.label = str(plan.get("label", fake.label))
    books.save()


def plan_status(fake: FakeStripe, webhooks: Webhooks | None) -> dict[str, Any]:
    """Return the remaining plan, and counts of answers and deliveries."""
    return {
        "fake": True,
        "label": fake.label,
        "transfers": list(fake.faults),
        "webhooks": list(webhooks.faults) if webhooks is not None else [],
        "away": fake.away,
        "calls_per_second": fake.calls_per_second,
        "funds_ore": fake.books.funds_ore,
        "answered": {str(status): count for status, count in sorted(fake.answered.items())},
        "webhooks_tried": webhooks.tried if webhooks is not None else 0,
        "webhooks_taken": webhooks.taken if webhooks is not None else 0,
    }


def _list(plan: dict[str, Any], name: str) -> list[Any]:
    found = plan.get(name, [])
    if not isinstance(found, list):
        raise FaultPlanError(f"{name}: expected a list of names.")
    return found


def _object(plan: dict[str, Any], name: str, kind: type) -> dict[str, Any]:
    found = plan.get(name, {})
    if not isinstance(found, dict) or any(type(each) is not kind for each in found.values()):
        raise FaultPlanError(f"{name}: expected an object of ids and {'öre' if kind is int else 'states'}.")
    return found


def _number(plan: dict[str, Any], name: str) -> int:
    if type(plan[name]) is not int or plan[name] < 0:
        raise FaultPlanError(f"{name}: expected a whole number, 0 or more.")
    return int(plan[name])
