"""Rows of the store for every figure of the pages: money, codes, counts, surveys, rules and incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert

from pilot.identifiers import new_identifier
from pilot.survey import OPTIONS
from storage.home import Home
from storage.store.access import accounts
from storage.store.access.survey_answers import answer
from storage.store.cafes import codes, customer_counts
from storage.store.incidents import actions, incidents
from storage.store.schemas.access import account_sessions
from storage.store.schemas.core import receipts, switches
from storage.store.schemas.money import frozen_rewards, reward_decisions, reward_rulings, vouchers
from storage.store.schemas.payout import (
    payout_batches,
    payout_claims,
    payout_instruction_rewards,
    payout_instructions,
    recipients,
)
from storage.store.schemas.provider import voucher_failures
from storage.store.schemas.webhooks import webhook_attempts, webhook_deliveries, webhook_rules

RAIL = "stripe_test"
FAR = datetime.fromisoformat("2099-01-01T00:00:00+00:00")
PAST = datetime.fromisoformat("2026-11-01T00:00:00+00:00")
Row = dict[str, Any]

# The reward's name, its café and outcome, a person's ruling, and its vouchers' states and expiry.
REWARDS: tuple[tuple[str, str, str, bool | None, tuple[tuple[str, datetime], ...]], ...] = (
    ("redeemed", "aurora", "eligible", None, (("redeemed", FAR),)),
    ("valid", "aurora", "eligible", None, (("expired", PAST), ("issued", FAR))),
    ("over", "aurora", "eligible", None, (("issued", PAST),)),
    ("lapsed", "aurora", "eligible", None, (("expired", PAST),)),
    ("planned", "aurora", "eligible", None, (("cancelled", FAR),)),
    ("refused_payout", "aurora", "eligible", None, (("cancelled", FAR),)),
    ("paid", "aurora", "eligible", None, (("cancelled", FAR),)),
    ("unplanned", "aurora", "eligible", None, (("cancelled", FAR),)),
    ("held", "aurora", "held", None, ()),
    ("refused", "aurora", "held", False, ()),
    ("released", "aurora", "held", True, (("issued", FAR),)),
    ("declined", "aurora", "declined", None, ()),
    ("elsewhere", "malmohuset", "held", None, ()),
    ("frozen", "malmohuset", "eligible", None, (("issued", FAR),)),
)
CLAIMED = ("planned", "refused_payout", "paid", "unplanned")


def fill_store(home: Home, *, day: date, earlier: date, now: datetime) -> None:
    """Write rows for each of the pages that read the store.

    Args:
        home: The home.
        day: The day of most rewards.
        earlier: The day of one more reward.
        now: The present moment.
    """
    _money(home, day=day, earlier=earlier, now=now)
    _payouts(home, day=day, now=now)
    _cafes(home, day=day, now=now)
    _people(home, now=now)
    _webhooks(home, day=day, now=now)
    _incidents(home, now=now)


def _add(home: Home, table: Table, rows: Sequence[Row]) -> None:
    with home.store().begin() as connection:
        connection.execute(insert(table), list(rows))


def _money(home: Home, *, day: date, earlier: date, now: datetime) -> None:
    ids = {name: str(new_identifier(at=now)) for name, *_ in REWARDS}
    by_assets = {"rubric_version": "1", "scorer_version": "1", "decided_by": "assets", "decided_at": now}
    decided: list[Row] = [
        by_assets
        | {
            "session_id": ids[name], "reward_id": name, "day": earlier if name == "unplanned" else day, "cafe": cafe,
            "simulated": False, "outcome": outcome, "reason": "" if outcome == "eligible" else "score", "score": 80,
            "counted_score": 80, "amount_ore": 0 if outcome == "declined" else 2000 + 100 * place,
            "held_until": now - timedelta(hours=1) if outcome == "held" else None, "device": None,
        }
        for place, (name, cafe, outcome, *_) in enumerate(REWARDS)
    ]  # fmt: skip
    tests = {"session_id": str(new_identifier(at=now)), "reward_id": "of_tests", "simulated": True}
    _add(home, reward_decisions, [*decided, decided[0] | tests])
    by_siv: Row = {"actor": "siv", "reason": "x", "ruled_at": now}
    ruled = [
        by_siv | {"reward_id": name, "released": ruling} for name, _, _, ruling, _ in REWARDS if ruling is not None
    ]
    _add(home, reward_rulings, ruled)
    issued: list[Row] = [
        {
            "code_hash": f"{name}-{number}", "reward_id": name, "number": number, "cafe": cafe, "simulated": False,
            "amount_ore": 2000, "state": state, "issued_at": PAST - timedelta(days=1), "expires_at": expires,
            "redeemed_at": None, "redeemed_by": None, "request": None,
        }
        for name, cafe, _, _, states in REWARDS
        for number, (state, expires) in enumerate(states, start=1)
    ]  # fmt: skip
    _add(home, vouchers, issued)
    _add(home, frozen_rewards, [{"reward_id": "frozen", "frozen_at": now}])
    failure = {"cafe": "aurora", "simulated": False, "why": "store_away", "at": now - timedelta(days=1)}
    failures = [failure | {"reward_id": name} for name in ("valid", "redeemed")]
    _add(home, voucher_failures, [*failures, failures[0] | {"at": now - timedelta(days=40)}])
    receipt: Row = {
        "reference": "K7M2Q4", "day": day, "language": "sv", "simulated": False, "created_at": now,
        "preliminary_score": None, "preliminary_eligible": None, "rubric_version": "1",
    }  # fmt: skip
    own = [("held", "aurora"), ("elsewhere", "malmohuset")]
    _add(home, receipts, [receipt | {"receipt_hash": n, "session_id": ids[n], "cafe": cafe} for n, cafe in own])


def _payouts(home: Home, *, day: date, now: datetime) -> None:
    who: Row = {"rail": RAIL, "simulated": False, "added_at": now}
    _add(home, recipients, [who | {"id": f"r-{name}", "account": f"acct-{name}"} for name in CLAIMED])
    claim: Row = {"rail": RAIL, "cafe": "aurora", "simulated": False, "amount_ore": 2000, "claimed_at": now}
    _add(home, payout_claims, [claim | {"reward_id": name, "recipient_id": f"r-{name}"} for name in CLAIMED])
    batch: Row = {"rail": RAIL, "simulated": False, "planned_at": now}
    given = {"id": "given", "day": day - timedelta(days=1), "approval": "given"}
    _add(home, payout_batches, [batch | {"id": "waiting", "day": day, "approval": "waiting"}, batch | given])
    states = {"planned": ("waiting", "planned", ""), "refused_payout": ("waiting", "refused", "account_closed")}
    states |= {"paid": ("given", "paid", "")}
    made = [
        {
            "id": f"p-{name}", "batch_id": own, "recipient_id": f"r-{name}", "amount_ore": 2000, "state": state,
            "code": code, "reference": None, "changed_at": now,
        }
        for name, (own, state, code) in states.items()
    ]  # fmt: skip
    _add(home, payout_instructions, made)
    _add(home, payout_instruction_rewards, [{"reward_id": n, "instruction_id": f"p-{n}"} for n in states])
    stopped = {
        "name": "rewards_stopped",
        "is_on": True,
        "reason": "x",
        "actor": "siv",
        "changed_at": now,
        "until": None,
    }
    _add(home, switches, [stopped])


def _cafes(home: Home, *, day: date, now: datetime) -> None:
    store = home.store()
    real, store.now = store.now, lambda: now - timedelta(days=1)
    for label in ("table", "till", "window"):
        made = codes.issue(store, cafe="aurora", label=label, actor="siv")
    codes.replace(store, made.code, actor="siv", reason="torn")
    codes.issue(store, cafe="malmohuset", label="till", actor="siv")
    for customers in (300, 310):
        store.now = lambda at=now + timedelta(minutes=customers): at
        customer_counts.report(
            store, cafe="aurora", day=day, customers=customers, source="till", actor="siv", simulated=False, reason="x"
        )
    store.now = real


def _people(home: Home, *, now: datetime) -> None:
    store, known, period = home.store(), home.cafes().ids, home.cafes().pilot.first_day
    first = {question: options[0] for question, options in OPTIONS.items()}
    for place, cafes in enumerate((["aurora"], ["aurora", "malmohuset"], ["goteborg"])):
        email = f"m{place}@kafe.test"
        made = accounts.invite(store, email=email, role="manager", cafes=cafes, known_cafes=known, actor="siv")
        chosen = first | {"useful": OPTIONS["useful"][place]}
        answer(store, made.id, period=period, answers=chosen, comment="", simulated=False)
        seen: Row = {"account_id": made.id, "created_at": now, "ended_at": None}
        methods = {"password": now, "link": now - timedelta(hours=2), "test": now + timedelta(hours=1)}
        rows = [seen | {"token_hash": f"{place}-{m}", "method": m, "seen_at": at} for m, at in methods.items()]
        _add(home, account_sessions, rows)


def _webhooks(home: Home, *, day: date, now: datetime) -> None:
    rule: Row = {
        "cafe": "aurora", "name": "Kö", "theme": "queue", "polarity": "negative", "with_urgent": False,
        "url": "https://hooks.kafe.test/x", "generation": 2, "previous_until": now, "since": now,
        "failing_since": None, "created_at": now, "created_by": "siv",
    }  # fmt: skip
    _add(home, webhook_rules, [rule | {"id": state, "state": state} for state in ("on", "disabled", "removed")])
    delivery: Row = {
        "next_at": now,
        "created_at": now,
        "day": day,
        "session_id": None,
        "claimed_at": now,
        "attempts": 2,
    }
    states = ("delivered", "waiting", "failed")
    _add(home, webhook_deliveries, [delivery | {"id": f"msg-{s}", "rule_id": "on", "state": s} for s in states])
    tried: Row = {"delivery_id": "msg-delivered", "at": now, "duration_ms": 120}
    outcomes = ((1, 500, "failed"), (2, 204, "delivered"))
    _add(home, webhook_attempts, [tried | {"number": n, "status": s, "outcome": o} for n, s, o in outcomes])


def _incidents(home: Home, *, now: datetime) -> None:
    store = home.store()
    for place, cafes in enumerate((["aurora"], ["goteborg"], [], ["aurora", "goteborg"])):
        kind = "security" if place == 0 else "down"
        made = incidents.open_incident(store, kind=kind, severity=2, title=f"Fel {place}", cafes=cafes, actor="siv")
        actions.add_action(store, made.id, what="Laga", owner="Siv", due=now.date(), actor="siv")
        if place == 1:
            incidents.close_incident(store, made.id, cause="Disken", actor="siv")
    done = actions.add_action(store, made.id, what="Klart", owner="Siv", due=now.date(), actor="siv")
    actions.finish_action(store, done.id, actor="siv")
