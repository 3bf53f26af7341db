"""What the payments of the pilot wait for: rulings, approvals, failures, the gate and the switch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from operations.watch.money.money_gate import GateBlock, MoneyGate
from payouts.stripe.configured import rail_name
from storage.home import Home
from storage.store.cafes import switches
from storage.store.cafes.switches import Switch
from storage.store.engine import Store
from storage.store.payouts import batches, rail_payouts
from storage.store.payouts.batches import Batch
from storage.store.payouts.instruction_rows import Instruction
from storage.store.rewards import decisions, freezing, receipts, voucher_failures
from storage.store.rewards.decisions import Decision
from storage.store.rewards.voucher_failures import VoucherFailure

FAILED = ("refused", "needs_review", "held", "reversed")
VOUCHER_FAILURE_DAYS = 30
MOST_TO_CHOOSE = 200  # held rewards, the most urgent ones


@dataclass(frozen=True, slots=True)
class Rulings:
    """The held rewards of the cafés that a reader may see, most urgent first.

    Attributes:
        held: All of them.
        references: The guests' references by session, of those to choose from.
    """

    held: tuple[Decision, ...]
    references: Mapping[str, str]

    @property
    def to_choose(self) -> tuple[Decision, ...]:
        """Return those that a list can hold."""
        return self.held[:MOST_TO_CHOOSE]

    def overdue(self, now: datetime) -> int:
        """Return how many have waited longer than their guest was promised."""
        return sum(each.held_until is not None and each.held_until < now for each in self.held)


@dataclass(frozen=True, slots=True)
class WaitingBatch:
    """A batch that waits for approval, with the number of its payouts and their sum in öre."""

    batch: Batch
    payouts: int
    total_ore: int


@dataclass(frozen=True, slots=True)
class PilotPayouts:
    """The payouts of the whole pilot, which belong to no café.

    Attributes:
        rail: The configured rail; empty if rewards are vouchers only.
        stopped: The switch that stops every reward and payout.
        blocks: What the quality gate holds back.
        waiting: The batches that wait for approval.
        open: Payouts that have not left, and those that came back.
        failed: Those of them that need a person, or that the provider refused.
        frozen: The number of rewards that a restore froze.
        unredeemed: Valid vouchers that a till could not redeem.
    """

    rail: str
    stopped: Switch
    blocks: tuple[GateBlock, ...]
    waiting: tuple[WaitingBatch, ...]
    open: tuple[Instruction, ...]
    failed: tuple[Instruction, ...]
    frozen: int
    unredeemed: tuple[VoucherFailure, ...]


def rulings(store: Store, *, cafes: Collection[str], simulated: bool) -> Rulings:
    """Return the held rewards of some cafés."""
    mine = frozenset(cafes)
    held = tuple(each for each in decisions.held_rewards(store) if each.cafe in mine and each.simulated == simulated)
    return Rulings(held, receipts.references(store, [each.session_id for each in held[:MOST_TO_CHOOSE]]))


def pilot_payouts(home: Home, store: Store, *, simulated: bool, now: datetime) -> PilotPayouts:
    """Return the payouts of the whole pilot."""
    rail = rail_name(home.settings) or ""
    payouts = rail_payouts.not_paid(store, simulated=simulated)
    waiting = []
    for batch in batches.batches(store):
        if batch.approval == "waiting" and batch.simulated == simulated:
            own = [each.amount_ore for each in payouts if each.batch_id == batch.id]
            waiting.append(WaitingBatch(batch, len(own), sum(own)))
    return PilotPayouts(
        rail=rail,
        stopped=switches.find(store, "rewards_stopped"),
        blocks=MoneyGate(home).blocks(rail, simulated=simulated) if rail else (),
        waiting=tuple(waiting),
        open=tuple(payouts),
        failed=tuple(each for each in payouts if each.state in FAILED or each.code),
        frozen=sum(each.simulated == simulated for each in freezing.frozen_rewards_of(store)),
        unredeemed=tuple(
            voucher_failures.unredeemed_since(
                store, since=now - timedelta(days=VOUCHER_FAILURE_DAYS), simulated=simulated
            )
        ),
    )
