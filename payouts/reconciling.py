"""Holds the books against the provider, transfer by transfer and batch by batch, to the öre.

It comes before every sending: a store that was put back from a backup is behind the provider, and what it would send
again is found here first, however old the backup is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from payouts.rail import Rail, Transfer, Unknown
from payouts.sending import advance, send_batch
from storage.store.engine import Store
from storage.store.payouts import adoption, awaiting, batches, rail_payouts, reconciliations, reversals, shared_banks
from storage.store.payouts.batches import Batch, Instruction, Limits
from storage.store.payouts.payout_codes import ABSENT, UNEXPLAINED, AdoptionResult, DifferenceCode, TransferDifference
from storage.store.payouts.reconciliations import Kept

LISTED_DAYS_BACK = timedelta(days=35)  # At least: longer than a provider tells something late.
MARGIN = timedelta(days=1)  # Between our clock and the provider's, and between a look and a copy of the store.
BEGINNING = datetime.fromtimestamp(0, tz=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the books and the provider do not agree on; `reference` is the provider's, where it has one."""

    code: DifferenceCode
    instruction_id: str
    account: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of holding both against each other.

    Attributes:
        differences: What a person has to look at.
        adopted: How many transfers the books did not have and have now.
        ours_ore: What the books say was paid and did not come back, by batch.
        theirs_ore: What the provider has transferred and not taken back, by batch.
    """

    differences: tuple[Difference, ...]
    adopted: int
    ours_ore: Mapping[str, int]
    theirs_ore: Mapping[str, int]

    @property
    def agrees(self) -> bool:
        """Return whether both agree to the öre."""
        return not self.differences and self.ours_ore == self.theirs_ore


def reconcile(store: Store, rail: Rail, *, actor: str) -> Reconciled:
    """Adopt what the books lack, book what came back, and tell what differs; what came of it is kept.

    Args:
        store: The store.
        rail: The provider.
        actor: Who asks.
    """
    since = listed_since(store, rail.name)
    # As the books stood before the provider was asked: what is paid while it answers is not missed in its answer.
    before = rail_payouts.left_since(store, rail=rail.name, since=since - MARGIN)
    back_before = reversals.reversed_ore(store)
    # One look for all that the books explain: a transaction for each of thousands would take longer than the sending.
    explained = {(each.reference, each.id, each.amount_ore) for each, _ in before}
    differences: list[Difference] = []
    theirs: dict[str, int] = defaultdict(int)
    seen: dict[str, int] = {}
    adopted = 0
    for transfer in rail.transfers(since=since):
        found: AdoptionResult = "known"
        difference: TransferDifference | None = None
        if transfer.reversed_ore or (transfer.reference, transfer.instruction_id, transfer.amount_ore) not in explained:
            found, difference = take_up(store, transfer, rail=rail.name, actor=actor)
        adopted += found == "adopted"
        seen[transfer.reference] = transfer.reversed_ore
        if left := transfer.amount_ore - transfer.reversed_ore:
            theirs[transfer.instruction_id.rpartition("-")[0]] += left
        if difference:
            differences.append(Difference(difference, transfer.instruction_id, transfer.account, transfer.reference))
    ours: dict[str, int] = defaultdict(int)
    back = reversals.reversed_ore(store)
    for each, _ in rail_payouts.left_since(store, rail=rail.name, since=since - MARGIN):
        if (listed := seen.get(each.reference or "")) is not None:
            # What came back while the provider answered is in the books and not in its answer.
            came_back = max(back_before.get(each.id, 0), min(back.get(each.id, 0), listed))
            if left := each.amount_ore - came_back:
                ours[each.batch_id] += left
    expected_from = (store.now() - LISTED_DAYS_BACK + MARGIN).date()
    for each, day in before:
        if each.state == "paid" and each.reference not in seen and day > expected_from:
            ours[each.batch_id] += each.amount_ore
            differences.append(Difference(ABSENT, each.id, each.account, each.reference or ""))
    done = Reconciled(tuple(differences), adopted, dict(ours), dict(theirs))
    told = [asdict(each) for each in differences]
    reconciliations.keep(
        store,
        Kept(rail.name, store.now(), actor, done.agrees, adopted, told, done.ours_ore, done.theirs_ore),
    )
    return done


def listed_since(store: Store, rail: str) -> datetime:
    """Return from when on a provider's transfers are looked at.

    It reaches back to the last time when both agreed, which after a restore is as old as the copy, and to the oldest
    claim that lies in no payout, since a lost one may have been paid. So nothing unexplained is ever forgotten.

    Args:
        store: The store.
        rail: The provider's rail.
    """
    agreed = reconciliations.agreed_at(store, rail)
    claimed = awaiting.oldest_claim(store, rail=rail)
    known = [BEGINNING if agreed is None else agreed - MARGIN]
    known += [] if claimed is None else [claimed - MARGIN]
    return min(store.now() - LISTED_DAYS_BACK, *known)


def plan_day(
    store: Store,
    rail: Rail,
    day: date,
    *,
    simulated: bool,
    limits: Limits,
    passed: Mapping[date, datetime],
    actor: str,
) -> Batch:
    """Plan the day's batch; what the provider has and the books do not is taken up first, or it would be paid again.

    Args:
        store: The store.
        rail: The provider.
        day: The batch's day.
        simulated: Whether of simulated rewards.
        limits: What a batch may hold.
        passed: The days found good, each with when the last of their rewards that were looked at was decided.
        actor: Who plans.
    """
    reconcile(store, rail, actor=actor)
    return batches.plan(store, day=day, rail=rail.name, simulated=simulated, limits=limits, passed=passed)


def send_day(store: Store, rail: Rail, *, simulated: bool, actor: str) -> Reconciled:
    """Reconcile, send every batch's unfinished payouts, and reconcile again."""
    before = reconcile(store, rail, actor=actor)
    _send(store, rail, before, simulated=simulated, actor=actor)
    return reconcile(store, rail, actor=actor)


def take_up(
    store: Store, transfer: Transfer, *, rail: str, actor: str
) -> tuple[AdoptionResult, TransferDifference | None]:
    """Book a transfer as the provider has it, and what came back of it.

    Args:
        store: The store.
        transfer: As the provider has it now.
        rail: The provider's rail.
        actor: Who looks.

    Returns:
        What it was to the books, and the difference that a person has to look at, if any.
    """
    found = adoption.adopt(
        store,
        rail=rail,
        instruction_id=transfer.instruction_id,
        reward_ids=transfer.reward_ids,
        account=transfer.account,
        amount_ore=transfer.amount_ore,
        reference=transfer.reference,
        actor=actor,
    )
    if found == "known" or found == "adopted":
        if transfer.reversed_ore:
            reversals.take_back(store, transfer.instruction_id, reversed_ore=transfer.reversed_ore, actor=actor)
        return found, None
    # Money that came back in full needs nobody any more, unless the books have it with another amount.
    back = transfer.reversed_ore == transfer.amount_ore and found != "amount_differs"
    return found, None if back else found


def pay_day(store: Store, rail: Rail, day: date, *, simulated: bool, limits: Limits, actor: str) -> Reconciled:
    """Reconcile, plan the day's batch, and send every batch's unfinished payouts; done again it pays nothing twice.

    What is planned for recipients that something unexplained was paid to is held until a person has looked; what may
    have come through is not sent again, only looked up once its key's life is over.
    """
    before = reconcile(store, rail, actor=actor)
    batches.plan(store, day=day, rail=rail.name, simulated=simulated, limits=limits)
    _send(store, rail, before, simulated=simulated, actor=actor)
    return reconcile(store, rail, actor=actor)


def _send(store: Store, rail: Rail, before: Reconciled, *, simulated: bool, actor: str) -> None:
    shared_banks.hold_shared(store, rail=rail.name, actor=actor)
    doubtful = {each.account for each in before.differences}
    waiting = rail_payouts.unfinished(store, rail=rail.name, simulated=simulated)
    for each in waiting:
        if each.account in doubtful and each.state == "planned":
            batches.hold(store, each.id, held=True, actor=actor, reason=UNEXPLAINED, code=UNEXPLAINED)
    for batch_id in sorted({each.batch_id for each in waiting}, reverse=True):
        send_batch(store, rail, batch_id, without=doubtful)


def pay_one(store: Store, rail: Rail, instruction_id: str, *, again: bool, actor: str) -> Instruction | Unknown:
    """Take one payout a step on by hand: the same path, the same key, after the same look at the provider.

    Args:
        store: The store.
        rail: The provider.
        instruction_id: Which.
        again: Whether to try again what was refused or proven absent.
        actor: Who asks.

    Returns:
        The payout as it stands then; Unknown where its recipient has to be looked at first.

    Raises:
        BatchRefused: there is no such payout, or it is of another rail.
    """
    rail_payouts.find_instruction(store, instruction_id, rail=rail.name)
    before = reconcile(store, rail, actor=actor)
    shared_banks.hold_shared(store, rail=rail.name, actor=actor)
    found = rail_payouts.find_instruction(store, instruction_id, rail=rail.name)
    if found.account in {each.account for each in before.differences}:
        return Unknown(UNEXPLAINED)
    advance(store, rail, found, again=again)
    return rail_payouts.find_instruction(store, instruction_id, rail=rail.name)
