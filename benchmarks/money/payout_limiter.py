"""Ten thousand payouts through the real path to a fake Stripe with a limit of 20 calls a second.

    .venv/bin/python -m benchmarks.money.payout_limiter [--instructions 10000] [--faults 0.05] [--seed 1] [--json]

Store on SQLite, the official client by hand. Every answer takes 30 ms of virtual time; faults are lost requests and
answers, saved errors with and without their effect, conflicts and lock timeouts. What is answered with 429 comes of the
limit itself. Ends with 1 where something was paid twice, was lost, or differs by an öre.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from payouts.deciding import issuer
from payouts.reconciling import pay_day, reconcile
from payouts.sending import advance
from payouts.stripe.calling import CALLS_PER_SECOND, make_client
from payouts.stripe.limiter import CallLimiter
from payouts.stripe.rail import StripeRail
from pilot.business_days import business_day
from proving.stripe_fake.bank import WORKING_IBAN
from proving.stripe_fake.by_hand import InProcessClient
from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.requests import Fault
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.ledger import bookkeeping
from storage.store.ledger.auditor import audit_money
from storage.store.payouts import batches, claims
from storage.store.payouts.batches import Limits
from storage.store.rewards import decisions
from storage.store.rewards.reward_cases import Candidate, Judgement

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LIMIT_PER_SECOND = 20
ANSWER_SECONDS = 0.03
REWARD_ORE = 3000
FAULTS: tuple[Fault, ...] = (
    "never_arrives", "answer_lost", "error_saved_with_effect", "error_saved_without_effect", "key_in_use",
    "lock_timeout",
)  # fmt: skip
LIMITS = Limits(approval_ore=10**12, yearly_ore=99_900)
AT_ONCE = 500


class VirtualTime:
    """Passes while somebody sleeps or waits for an answer; whole microseconds, as moments have."""

    def __init__(self) -> None:
        self.microseconds = 0

    def monotonic(self) -> float:
        return self.microseconds / 1e6

    def sleep(self, seconds: float) -> None:
        self.microseconds += round(seconds * 1e6)

    def now(self) -> datetime:
        return START + timedelta(microseconds=self.microseconds)


class Slow(InProcessClient):
    """Carries requests and counts them; every answer takes a while.

    Attributes:
        calls: How many requests were carried, broken lines included.
        refused: How many were answered with 429 because of the limit.
    """

    def __init__(self, fake: FakeStripe, *, passing: VirtualTime) -> None:
        super().__init__(fake)
        self._passing = passing
        self.calls = 0
        self.refused = 0

    def request(self, *given: Any, **named: Any) -> tuple[str, int, Any]:
        self.calls += 1
        self._passing.sleep(ANSWER_SECONDS)
        answer = super().request(*given, **named)
        self.refused += answer[1] == 429 and "rate_limit" in answer[0]
        return answer


def claimed(store: Store, fake: FakeStripe, count: int) -> None:
    """Let as many guests earn and claim a reward, each with an account of their own."""
    for begin in range(0, count, AT_ONCE):
        numbers = range(begin, min(count, begin + AT_ONCE))
        given = [
            Candidate(
                session_id=f"guest-{n:06d}",
                day=business_day(START),
                cafe="aurora",
                simulated=True,
                consent=True,
                score=78,
                counted_score=78,
                clear=True,
                held_until=None,
                reasons=(),
                device=None,
                rubric_version="1",
                scorer_version="1",
            )
            for n in numbers
        ]
        made = decisions.decide(
            store,
            given,
            decision_rule=lambda *_: Judgement("eligible", amount_ore=REWARD_ORE),
            issuer=issuer(b"x" * 32),
            decided_by="watch",
        )
        for each in made:
            account = f"acct_{each.session_id}"
            fake.books.open_account(metadata={}, email=None, account_id=account)
            fake.books.onboard(account, iban=WORKING_IBAN, own=True)
            who = claims.recipient(store, rail="stripe_fake", account=account, simulated=True)
            claims.claim(store, each.reward_id, by=who)


def run(*, count: int, share: float, seed: int) -> dict[str, Any]:
    """Pay all of them, faults included, until nothing is under way; return what was found."""
    chance = random.Random(seed)
    passing = VirtualTime()
    fake = FakeStripe(now=passing.now, calls_per_second=LIMIT_PER_SECOND)
    # Memory where there is some: a disk's fsync proves nothing here.
    base = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=base) as folder:
        store = open_store(sqlite_url(Path(folder) / "store.sqlite"), now=passing.now)
        claimed(store, fake, count)
        fake.faults.extend(chance.choice(FAULTS) if chance.random() < share else "none" for _ in range(2 * count))
        limiter = CallLimiter(CALLS_PER_SECOND, monotonic=passing.monotonic, sleep=passing.sleep)
        carrier = Slow(fake, passing=passing)
        client = make_client("sk_test_fake", url="http://fake", http_client=carrier)
        rail = StripeRail(client, name="stripe_fake", limiter=limiter)
        day = business_day(START)

        def pay() -> None:
            pay_day(store, rail, day, simulated=True, limits=LIMITS, actor="benchmark")

        pay()
        for each in batches.batches(store):
            batches.approve(store, each.id, actor="benchmark", reason="a first batch")
        begun, virtual, calls = time.perf_counter(), passing.monotonic(), carrier.calls
        pay()
        first_seconds, first_virtual = time.perf_counter() - begun, passing.monotonic() - virtual
        first_calls = carrier.calls - calls
        for _ in range(5):
            passing.microseconds += int(timedelta(hours=24).total_seconds() * 1e6)
            pay()
            stuck = [each for each in batches.instructions(store) if each.state == "needs_review"]
            for each in stuck:  # A person, once the provider is proven not to have it.
                advance(store, rail, each, retry_refused=True)
            if all(each.state == "paid" for each in batches.instructions(store)):
                break
        agreed = reconcile(store, rail, actor="benchmark")
        found = batches.instructions(store)
        live: Counter[str] = Counter()
        for transfer in fake.books.transfers.values():
            live[transfer["metadata"]["rewards_0"]] += 1
        theirs = sum(each["amount"] - each["amount_reversed"] for each in fake.books.transfers.values())
        result = {
            "seed": seed,
            "instructions": len(found),
            "share_of_faults": share,
            "paid": sum(each.state == "paid" for each in found),
            "not_paid": dict(Counter(each.state for each in found if each.state != "paid")),
            "paid_twice": sum(times > 1 for times in live.values()),
            "lost": count - len(live),
            "books_ore": -bookkeeping.balances(store, simulated=True)["provider_balance_test"],
            "provider_ore": theirs,
            "audit_findings": len(audit_money(store)),
            "reconciled": agreed.agrees,
            "first_pass_calls": first_calls,
            "first_pass_virtual_seconds": round(first_virtual, 1),
            "first_pass_calls_per_virtual_second": round(first_calls / first_virtual, 2),
            "first_pass_seconds": round(first_seconds, 1),
            "milliseconds_a_payout": round(1000 * first_seconds / count, 2),
            "answers_429_of_the_limit": carrier.refused,
            "answers": {str(status): times for status, times in sorted(fake.answered.items())},
        }
        store.close()
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instructions", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.05, help="share of attempts that meet one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(count=options.instructions, share=options.faults, seed=options.seed)
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))
    right = (
        result["paid"] == result["instructions"] == options.instructions
        and result["paid_twice"] == result["lost"] == result["audit_findings"] == 0
        and result["books_ore"] == result["provider_ore"]
        and result["reconciled"]
    )
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
