"""Reconciles the books with the provider, transfer by transfer and batch by batch, to the öre.

It runs before every sending: a store restored from a backup, however old, lacks transfers that the provider has, and
would send them again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from payouts.rail import Rail, Transfer, Unknown
from payouts.sending import advance, send_batch
from payouts.shared_accounts import hold_shared
from storage.store.engine import Store
from storage.store.payouts import adoption, awaiting, batches, rail_payouts, reconciliations, reversals
from storage.store.payouts.batches import Batch, Limits
from storage.store.payouts.instruction_rows import Instruction
from storage.store.payouts.payout_codes import ABSENT, UNEXPLAINED, AdoptionResult, DifferenceCode, TransferDifference
from storage.store.payouts.reconciliations import Reconciliation

LISTED_DAYS_BACK = timedelta(days=35)  # At least longer than a provider's delay in reporting transfers.
MARGIN = timedelta(days=1)  # Covers clock differences, and the time between a reconciliation and a backup.
BEGINNING = datetime.fromtimestamp(0, tz=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """A transfer that differs between books and provider; `reference` is empty if the provider lacks it."""

    code: DifferenceCode
    instruction_id: str
    account: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ReconciliationResult:
    """The result of a reconciliation.

    Attributes:
        differences: The differences that a person has to explain.
        adopted: Number of transfers added to the books.
        ours_ore: The sum paid and not reversed by the books, by batch.
        theirs_ore: The sum transferred and not reversed at the provider, by batch.
    """

    differences: tuple[Difference, ...]
    adopted: int
    ours_ore: Mapping[str, int]
    theirs_ore: Mapping[str, int]

    @property
    def agrees(self) -> bool:
        """Return whether both sides agree to the öre."""
        return not self.differences and self.ours_ore == self.theirs_ore


def reconcile(store: Store, rail: Rail, *, actor: str) -> ReconciliationResult:
    """Adopt missing transfers and book reversals; save and return the result.

    Args:
        store: The store.
        rail: The provider.
        actor: Who reconciles.
    """
    since = _compared_since(store, rail.name)
    # Read the books first: a payout made during the query must not count as missing at the provider.
    before = rail_payouts.completed_since(store, rail=rail.name, since=since - MARGIN)
    back_before = reversals.reversed_ore(store)
    # Read the explained transfers at once: a transaction for each of thousands would take longer than the sending.
    explained = {(each.reference, each.id, each.amount_ore) for each, _ in before}
    differences: list[Difference] = []
    theirs: dict[str, int] = defaultdict(int)
    seen: dict[str, int] = {}
    adopted = 0
    for transfer in rail.transfers(since=since):
        found: AdoptionResult = "known"
        difference: TransferDifference | None = None
        if transfer.reversed_ore or (transfer.reference, transfer.instruction_id, transfer.amount_ore) not in explained:
            found, difference = book_transfer(store, transfer, rail=rail.name, actor=actor)
        adopted += found == "adopted"
        seen[transfer.reference] = transfer.reversed_ore
        if left := transfer.amount_ore - transfer.reversed_ore:
            theirs[transfer.instruction_id.rpartition("-")[0]] += left
        if difference:
            differences.append(Difference(difference, transfer.instruction_id, transfer.account, transfer.reference))
    ours: dict[str, int] = defaultdict(int)
    back = reversals.reversed_ore(store)
    for each, _ in rail_payouts.completed_since(store, rail=rail.name, since=since - MARGIN):
        if (listed := seen.get(each.reference or "")) is not None:
            # A reversal booked during the query is in the books only.
            came_back = max(back_before.get(each.id, 0), min(back.get(each.id, 0), listed))
            if left := each.amount_ore - came_back:
                ours[each.batch_id] += left
    expected_from = (store.now() - LISTED_DAYS_BACK + MARGIN).date()
    for each, day in before:
        if each.state == "paid" and each.reference not in seen and day > expected_from:
            ours[each.batch_id] += each.amount_ore
            differences.append(Difference(ABSENT, each.id, each.account, each.reference or ""))
    done = ReconciliationResult(tuple(differences), adopted, dict(ours), dict(theirs))
    found_differences = [asdict(each) for each in differences]
    reconciliations.save(
        store,
        Reconciliation(
            rail.name, store.now(), actor, done.agrees, adopted, found_differences, done.ours_ore, done.theirs_ore
        ),
    )
    return done


def _compared_since(store: Store, rail: str) -> datetime:
    """Return the moment from which a provider's transfers are compared.

    It is the earlier of the last agreement, which after a restore is as old as the backup, and the oldest claim without
    a payout, which a lost payout may have paid. So no unexplained transfer is ever skipped.

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
    decided_until: Mapping[date, datetime],
    without: Collection[str] = (),
    actor: str,
) -> Batch:
    """Plan the day's batch after a reconciliation, which keeps lost payouts from being paid again.

    Args:
        store: The store.
        rail: The provider.
        day: The batch's day.
        simulated: Whether the rewards are simulated.
        limits: The batch's limits.
        decided_until: The days that passed the quality checks, each with the last validated decision time.
        without: Quarantined sessions and their rewards, which wait.
        actor: Who plans.
    """
    reconcile(store, rail, actor=actor)
    return batches.plan(
        store,
        day=day,
        rail=rail.name,
        simulated=simulated,
        limits=limits,
        decided_until=decided_until,
        without=without,
    )


def send_day(
    store: Store, rail: Rail, *, simulated: bool, withheld: Collection[str] = (), actor: str
) -> ReconciliationResult:
    """Reconcile, send every batch's unfinished payouts, and reconcile again.

    Args:
        store: The store.
        rail: The provider.
        simulated: Whether the rewards are simulated.
        withheld: Payouts that no longer pass the quality checks, which wait.
        actor: Who sends.
    """
    before = reconcile(store, rail, actor=actor)
    _send(store, rail, before, simulated=simulated, withheld=withheld, actor=actor)
    return reconcile(store, rail, actor=actor)


def book_transfer(
    store: Store, transfer: Transfer, *, rail: str, actor: str
) -> tuple[AdoptionResult, TransferDifference | None]:
    """Book a transfer and its reversals in their current state at the provider.

    Args:
        store: The store.
        transfer: The transfer at the provider.
        rail: The provider's rail.
        actor: Who reconciles.

    Returns:
        The result of the booking, and the difference that a person has to explain, if any.
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
            reversals.book_reversal(store, transfer.instruction_id, reversed_ore=transfer.reversed_ore, actor=actor)
        return found, None
    # A transfer reversed in full needs no explanation, unless the books have another amount.
    back = transfer.reversed_ore == transfer.amount_ore and found != "amount_differs"
    return found, None if back else found


def pay_day(
    store: Store, rail: Rail, day: date, *, simulated: bool, limits: Limits, actor: str
) -> ReconciliationResult:
    """Reconcile, plan the day's batch, and send all unfinished payouts; repeated, it pays nothing twice.

    Planned payouts to recipients with an unexplained transfer are held for a person. A payout with an unknown outcome
    is only looked up once its key has expired, never sent again.
    """
    before = reconcile(store, rail, actor=actor)
    batches.plan(store, day=day, rail=rail.name, simulated=simulated, limits=limits)
    _send(store, rail, before, simulated=simulated, actor=actor)
    return reconcile(store, rail, actor=actor)


def _send(
    store: Store,
    rail: Rail,
    before: ReconciliationResult,
    *,
    simulated: bool,
    withheld: Collection[str] = (),
    actor: str,
) -> None:
    doubtful = hold_shared(store, rail, doubtful={each.account for each in before.differences}, actor=actor)
    waiting = rail_payouts.unfinished(store, rail=rail.name, simulated=simulated)
    for each in waiting:
        if each.account in doubtful and each.state == "planned":
            batches.hold(store, each.id, held=True, actor=actor, reason=UNEXPLAINED, code=UNEXPLAINED)
    for batch_id in sorted({each.batch_id for each in waiting}, reverse=True):
        send_batch(store, rail, batch_id, without=doubtful, withheld=withheld)


def pay_one(store: Store, rail: Rail, instruction_id: str, *, retry_refused: bool, actor: str) -> Instruction | Unknown:
    """Advance one payout by hand: after a reconciliation, on the same path, under the same key.

    Args:
        store: The store.
        rail: The provider.
        instruction_id: The payout.
        retry_refused: Whether to retry a refused or provably absent transfer.
        actor: Who triggers it.

    Returns:
        The payout afterwards; Unknown if its recipient has unexplained transfers.

    Raises:
        BatchRefused: there is no such payout, or it is of another rail.
    """
    rail_payouts.find_instruction(store, instruction_id, rail=rail.name)
    before = reconcile(store, rail, actor=actor)
    doubtful = hold_shared(store, rail, doubtful={each.account for each in before.differences}, actor=actor)
    found = rail_payouts.find_instruction(store, instruction_id, rail=rail.name)
    if found.account in doubtful:
        return Unknown(UNEXPLAINED)
    advance(store, rail, found, retry_refused=retry_refused)
    return rail_payouts.find_instruction(store, instruction_id, rail=rail.name)
