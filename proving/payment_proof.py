"""The payment proof: success, decline, retry, webhook replay and idempotency, end to end.

It runs in a separate store with simulated guests, uses the watch's decisions, claims, batches, sending and
reconciliation, and Stripe's official client against the FAKE: no money can move. Run by `pilot test-payments`; no part
of the product.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import stripe

from payouts.deciding import decide_sessions
from payouts.limits import limits
from payouts.rail import Accepted, Order
from payouts.reconciling import pay_day, pay_one
from payouts.stripe.calling import make_client
from payouts.stripe.configured import RailName
from payouts.stripe.events import process
from payouts.stripe.limiter import CallLimiter
from payouts.stripe.rail import StripeRail
from payouts.stripe.webhooks import RefusedWebhook, read_webhook
from pilot.business_days import business_day
from pilot.cafes import Cafes
from pilot.errors import PilotError
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from proving.stripe_fake.by_hand import InProcessClient
from proving.stripe_fake.fake import FakeStripe
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.ledger.auditor import FACTS, audit_money
from storage.store.payouts import attempts, batches, claims, provider_events
from storage.store.payouts.instruction_rows import Instruction
from storage.store.rewards.reward_cases import Candidate

RAIL: RailName = "stripe_fake"
KEY = "sk_test_fake"
WEBHOOK_SECRET = "whsec_of_the_proof"  # noqa: S105 - used only within this proof
IBAN = "SE3550000000054910000003"
SCORE = 90
OLD_SECONDS = 301


class LiveKey(PilotError):
    """The proof was started with a key that moves money."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the proof with its result."""

    name: str
    ok: bool
    seen: str


@dataclass(slots=True)
class _World:
    """A store, a fake Stripe and the rail between them."""

    store: Store
    fake: FakeStripe
    rail: StripeRail
    cafes: Cafes
    cafe: str
    settings: Settings
    secret: bytes = b"proof" * 8
    accounts: list[str] = field(default_factory=list)

    def claimed(self) -> Instruction:
        """Let a new simulated guest earn and claim a reward; plan and approve it in a separate batch."""
        account = self.fake.books.open_account(metadata={}, email=None)["id"]
        self.fake.books.onboard(account, iban=f"{IBAN}{len(self.accounts)}")
        self.accounts.append(account)
        now = self.store.now()
        one = Candidate(
            session_id=new_identifier(at=now),
            day=business_day(now),
            cafe=self.cafe,
            simulated=True,
            consent=True,
            score=SCORE,
            counted_score=SCORE,
            clear=True,
            held_until=None,
            reasons=(),
            device=None,
            rubric_version="proof",
            scorer_version="proof",
        )
        (decision,) = decide_sessions(self.store, [one], cafes=self.cafes, secret=self.secret, decided_by="watch")
        who = claims.recipient(self.store, rail=RAIL, account=account, simulated=True)
        claims.claim(self.store, decision.reward_id, by=who)
        batch = batches.plan(
            self.store,
            day=business_day(now) + timedelta(days=len(self.accounts)),
            rail=RAIL,
            simulated=True,
            limits=limits(self.settings),
        )
        batches.approve(self.store, batch.id, actor="proof", reason="proof of payments")
        return batches.instructions(self.store, batch.id)[0]

    def sent(self, instruction: Instruction, *, retry_refused: bool = False) -> Instruction:
        """Advance the instruction by a step, as a person does by hand."""
        pay_one(self.store, self.rail, instruction.id, retry_refused=retry_refused, actor="proof")
        return self.now(instruction)

    def now(self, instruction: Instruction) -> Instruction:
        """Return the instruction in its present state."""
        return batches.find_instruction(self.store, instruction.id)

    def transfers(self, instruction: Instruction) -> int:
        """Return the number of the provider's transfers for the instruction."""
        return sum(each["transfer_group"] == instruction.id for each in self.fake.books.transfers.values())


def prove(settings: Settings, *, cafes: Cafes, cafe: str) -> Iterator[Step]:
    """Run the proof and yield each step.

    Args:
        settings: The installation's settings, with its limits.
        cafes: The cafés, with their rewards.
        cafe: The café of the simulated guests.

    Raises:
        LiveKey: the installation's key is a live one.
        InvalidCafes: there is no such café.
    """
    if "_live_" in settings.stripe_key.get_secret_value():
        raise LiveKey(
            "PILOT_STRIPE_KEY is a live key.", remedy="Run the proof with a test key, or with none: it uses the fake."
        )
    known = cafes.get(cafe).id
    with tempfile.TemporaryDirectory(prefix="pilot-payments-") as folder:
        store = open_store(sqlite_url(Path(folder) / "store.sqlite"))
        try:
            fake = FakeStripe(now=store.now, calls_per_second=None)
            client = make_client(KEY, url="http://fake", http_client=InProcessClient(fake))
            rail = StripeRail(client, name=RAIL, limiter=CallLimiter(1e6))
            world = _World(store, fake, rail, cafes, known, settings)
            for name, step in STEPS.items():
                yield _done(name, lambda step=step: step(world))  # type: ignore[misc]
        finally:
            store.close()


def _done(name: str, step: Callable[[], tuple[bool, str]]) -> Step:
    try:
        ok, seen = step()
    except PilotError as error:
        return Step(name, False, str(error))
    return Step(name, ok, seen)


def _success(world: _World) -> tuple[bool, str]:
    paid = world.sent(world.claimed())
    count = world.transfers(paid)
    agrees = pay_day(
        world.store, world.rail, business_day(world.store.now()), simulated=True, limits=limits(world.settings),
        actor="proof",
    ).agrees  # fmt: skip
    seen = f"{paid.state} as {paid.reference}, {count} transfer, books and provider {'agree' if agrees else 'differ'}"
    return (paid.state, count, agrees) == ("paid", 1, True), seen


def _decline(world: _World) -> tuple[bool, str]:
    asked = world.claimed()
    world.fake.books.capability(asked.account, "inactive")
    refused = world.sent(asked)
    unchanged = world.sent(asked)  # a refusal is retried only on request
    tried = len(attempts.of_instruction(world.store, asked.id))
    world.fake.books.capability(asked.account, "active")
    mended = world.sent(asked, retry_refused=True)
    seen = f"{refused.state} ({refused.code}), no transfer; once mended {mended.state} under a new key"
    ok = (refused.state, unchanged.state, tried) == ("refused", "refused", 1)
    return ok and mended.state == "paid" and world.transfers(asked) == 1, seen


def _retry(world: _World) -> tuple[bool, str]:
    lost, never = world.claimed(), world.claimed()
    world.fake.faults.append("never_arrives")
    waiting = world.sent(never)
    later = world.sent(never)
    world.fake.faults.append("answer_lost")
    doubted = world.sent(lost)
    found = world.sent(lost)
    (attempt,) = attempts.of_instruction(world.store, never.id)
    counts = world.transfers(lost), world.transfers(never)
    seen = (
        f"never arrived: {waiting.state}, then {later.state} under the same key ({world.fake.asked[attempt.key]} "
        f"requests); answer lost: {doubted.state}, then {found.state}; transfers {counts[0]} and {counts[1]}"
    )
    states = (waiting.state, later.state, doubted.state, found.state)
    return states == ("in_flight", "paid", "in_flight", "paid") and counts == (1, 1), seen


def _webhook(world: _World) -> tuple[bool, str]:
    made = [each for each in world.fake.books.events.values() if each["type"] == "transfer.created"]
    if not made:
        return False, "no transfer was made, so there is no event to replay"
    event = made[-1]
    body, now = json.dumps(event).encode(), int(time.time())
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), WEBHOOK_SECRET, now)
    read = _read(body, header, at=now)
    new = [len(provider_events.save(world.store, [read], way="webhook")) for _ in range(3)]
    before = len(world.fake.books.transfers)
    processed = process(world.store, world.rail).processed
    replayed = provider_events.replay(world.store, rail=RAIL, since=read.made_at, actor="proof")
    again = process(world.store, world.rail).processed
    refused = [_refused(body + b" ", header, at=now), _refused(body, header, at=now + OLD_SECONDS)]
    same = len(world.fake.books.transfers) == before and not audit_money(world.store)
    changed, taken = "nothing changed" if same else "SOMETHING CHANGED", "refused" if all(refused) else "TAKEN"
    seen = (
        f"delivered 3 times, kept {sum(new)}; looked at {processed}, replayed {replayed}, looked at again {again}: "
        f"{changed}; forged and old ones {taken}"
    )
    return (new, processed >= 1, again >= 1, same, all(refused)) == ([1, 0, 0], True, True, True, True), seen


def _idempotency(world: _World) -> tuple[bool, str]:
    paid = world.sent(world.claimed())
    (attempt,) = attempts.of_instruction(world.store, paid.id)
    answers = [world.rail.send(Order(attempt.key, attempt.parameters)) for _ in range(2)]
    world.sent(paid, retry_refused=True)
    count, broken = world.transfers(paid), audit_money(world.store)
    same = all(answer == Accepted(str(paid.reference)) for answer in answers)
    seen = f"the same key 3 times: {count} transfer; {len(FACTS)} facts of the books, {len(broken)} broken"
    return same and count == 1 and not broken, seen


def _read(body: bytes, header: str, *, at: int) -> provider_events.ProviderEvent:
    moment = datetime.fromtimestamp(at, tz=UTC)
    return read_webhook(body, signature=header, secrets=[WEBHOOK_SECRET], rail=RAIL, now=moment)


def _refused(body: bytes, header: str, *, at: int) -> bool:
    try:
        _read(body, header, at=at)
    except RefusedWebhook:
        return True
    return False


STEPS: dict[str, Callable[[_World], tuple[bool, str]]] = {
    "success": _success,
    "decline": _decline,
    "retry": _retry,
    "webhook replay": _webhook,
    "idempotency": _idempotency,
}
