"""The report's part on money: rewards and payments, to the öre, and the rewards that were held."""

from __future__ import annotations

from collections.abc import Iterator

from pilot.formatting import join_names
from reports.document.blocks import Block, Heading, Table, Text, Words, left_then_right
from reports.model import Model

RAIL_HEADS = ("rail", "issued", "paid", "failed", "open", "expired", "rest", "sum")


def paid_ore(model: Model) -> int:
    """Return how much was redeemed or paid."""
    return sum(row["succeeded_ore"] for row in model["payments"])


def money_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the rewards and payments, to the öre."""
    yield Heading(words("money.title"))
    rewards, payments = model["rewards"], model["payments"]
    paid = paid_ore(model)
    yield Text(
        words(
            "money.what",
            granted=words.kronor(rewards["granted_ore"]),
            count=words.number(rewards["granted"]),
            paid=words.kronor(paid),
        )
    )
    if (rest := rewards["granted_ore"] - paid) > 0:
        yield Text(words("money.rest", rest=words.kronor(rest)))
    useful = rewards["useful"]
    if useful:
        yield Text(
            words("money.cost", useful=words.kronor(rewards["granted_ore"] / useful), paid=words.kronor(paid / useful))
        )
    else:
        yield Text(words("money.no_useful"))
    if not payments:
        yield Text(words("money.none"))
        return
    rows = tuple(
        (
            words.known("dashboards", f"payments.rail.{row['rail']}", row["rail"]),
            *(words.number(row[name]) for name in ("issued", "succeeded", "failed", "open", "expired")),
            words.number(_rest(row)),
            words.kronor(row["succeeded_ore"]),
        )
        for row in payments
    )
    head = tuple(words(f"money.head.{name}") for name in RAIL_HEADS)
    yield Table(words("money.title"), head, rows, left_then_right(len(head)))


def _rest(row: dict[str, int]) -> int:
    """Return how many of a rail's issued rewards no other column holds: nobody has redeemed them yet."""
    ended = sum(row[name] for name in ("succeeded", "failed", "open", "expired"))
    return max(row["issued"] - ended, 0)  # a period's first days pay rewards of the days before


def fraud_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the held rewards."""
    yield Heading(words("fraud.title"))
    rewards = model["rewards"]
    if not rewards["held"]:
        yield Text(words("fraud.none"))
        return
    counts = {name: words.number(rewards[name]) for name in ("held", "released", "refused")}
    counts["candidates"] = words.number(rewards["decided"] - rewards["declined"])
    waiting = words.number(rewards["held"] - rewards["released"] - rewards["refused"])
    yield Text(words("fraud.what", **counts, waiting=waiting, kept=words.kronor(rewards["kept_ore"])))
    rows = tuple(
        (_reason(row["reason"], words), *(words.number(row[name]) for name in ("held", "released", "refused")))
        for row in model["held_for"]
    )
    head = tuple(words(f"fraud.head.{name}") for name in ("reason", "held", "released", "refused"))
    yield Table(words("fraud.title"), head, rows, left_then_right(4))


def _reason(codes: str, words: Words) -> str:
    named = [words.known("money", f"reason.{code}", code) for code in codes.split(",")]
    text = join_names(named, language=words.language)
    return text[:1].upper() + text[1:]
