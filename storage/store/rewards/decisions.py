"""Reward decisions, final and one per session: reruns, late data and new scorers do not change them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, insert, or_, select

from storage.errors import StorageError
from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.ledger import bookkeeping
from storage.store.rewards import redemptions, vouchers
from storage.store.rewards.reward_cases import Candidate, CaseFacts, DecisionRule, Judgement, Outcome, SlotState
from storage.store.rewards.vouchers import Issuer
from storage.store.schemas.core import switches, tombstones, trial_slots
from storage.store.schemas.money import reward_decisions, reward_rulings

ASSETS = "assets"  # decides in the run that rebuilds the day
WATCH = "watch"  # decides if the assets are late


class RulingRefused(StorageError):
    """The ruling on a held reward is not possible."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision; `released` is a person's later ruling, None before it."""

    session_id: str
    reward_id: str
    day: date
    cafe: str
    simulated: bool
    outcome: Outcome
    reason: str
    score: int
    counted_score: int
    amount_ore: int
    held_until: datetime | None
    rubric_version: str
    scorer_version: str
    decided_by: str
    decided_at: datetime
    released: bool | None = None


_OWN = tuple(reward_decisions.c[name] for name in Decision.__dataclass_fields__ if name != "released")
_COLUMNS = (*_OWN, reward_rulings.c.released)
_JOINED = reward_decisions.outerjoin(reward_rulings, reward_rulings.c.reward_id == reward_decisions.c.reward_id)


def decide(
    store: Store, candidates: Collection[Candidate], *, decision_rule: DecisionRule, issuer: Issuer, decided_by: str
) -> list[Decision]:
    """Decide on the candidates without a decision, one transaction a café; return the new decisions.

    While the switch `rewards_stopped` is on, every decision waits.

    Args:
        store: The store.
        candidates: Scored sessions, including decided ones.
        decision_rule: Decides on a candidate by its facts; None while it is too early.
        issuer: Issues the vouchers of eligible candidates.
        decided_by: assets or watch.
    """
    by_cafe: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_cafe[candidate.cafe].append(candidate)
    new: list[Decision] = []
    for cafe in sorted(by_cafe):
        with store.begin() as connection:
            serialise(connection, f"rewards:{cafe}")
            if _stopped(connection):
                return new
            undecided = _undecided(connection, by_cafe[cafe])
            here = [
                made
                for each in sorted(undecided, key=lambda one: one.session_id)
                if (
                    made := _decide_one(
                        connection, each, store=store, decision_rule=decision_rule, issuer=issuer, decided_by=decided_by
                    )
                )
            ]
            # The assets copy the day in the run that decides; a touched day would be rebuilt twice.
            for day in sorted({each.day for each in here if decided_by != ASSETS}):
                outbox.touch(connection, day=day, reason="decision", at=store.now())
            new += here
    return new


def rule(store: Store, session_id: str, *, release: bool, issuer: Issuer, actor: str, reason: str) -> Decision:
    """Release or refuse a held reward, once; repeated, the same ruling changes nothing.

    Raises:
        RulingRefused: there is no held reward, or the other ruling was made.
    """
    with store.begin() as connection:
        row = connection.execute(select(_COLUMNS[3]).where(reward_decisions.c.session_id == session_id)).first()
        if row is not None:
            serialise(connection, f"rewards:{row.cafe}")
        found = _find(connection, session_id)
        if found is None or found.outcome != "held":
            raise RulingRefused("The session has no held reward.", remedy="List the held rewards and choose one.")
        if found.released is not None:
            if found.released != release:
                was = "released" if found.released else "refused"
                raise RulingRefused(f"The reward was {was} before.", remedy="A ruling is final.")
            return found
        at = store.now()
        connection.execute(
            insert(reward_rulings).values(
                reward_id=found.reward_id, released=release, actor=actor, reason=reason, ruled_at=at
            )
        )
        if release:
            _owe(connection, found, store=store, issuer=issuer)
        outbox.touch(connection, day=found.day, reason="ruling", at=at)
        verb = "release" if release else "refuse"
        audit.record(connection, actor=actor, action=f"reward.{verb}", subject=found.reward_id, reason=reason, at=at)
        ruled = _find(connection, session_id)
        assert ruled is not None
        return ruled


def find(store: Store, session_id: str) -> Decision | None:
    """Return a session's decision."""
    with store.reading() as connection:
        return _find(connection, session_id)


def of_day(store: Store, day: date) -> list[Decision]:
    """Return the decisions on a business day's sessions, by session."""
    query = select(*_COLUMNS).select_from(_JOINED).where(reward_decisions.c.day == day)
    with store.reading() as connection:
        return [Decision(*row) for row in connection.execute(query.order_by(reward_decisions.c.session_id))]


def held_rewards(store: Store) -> list[Decision]:
    """Return the held rewards, most urgent first."""
    query = (
        select(*_COLUMNS)
        .select_from(_JOINED)
        .where(reward_decisions.c.outcome == "held", reward_rulings.c.released.is_(None))
        .order_by(reward_decisions.c.held_until, reward_decisions.c.session_id)
    )
    with store.reading() as connection:
        return [Decision(*row) for row in connection.execute(query)]


def overdue(store: Store, *, now: datetime, simulated: bool) -> list[datetime]:
    """Return the deadlines of held rewards whose promised review time has passed.

    Args:
        store: The store.
        now: The current time.
        simulated: Whether to include test clients.
    """
    query = (
        select(reward_decisions.c.held_until)
        .select_from(_JOINED)
        .where(reward_decisions.c.outcome == "held", reward_rulings.c.released.is_(None))
        .where(reward_decisions.c.held_until < now)
        .order_by(reward_decisions.c.held_until)
    )
    if not simulated:
        query = query.where(~reward_decisions.c.simulated)
    with store.reading() as connection:
        return list(connection.execute(query).scalars())


def _find(connection: Connection, session_id: str) -> Decision | None:
    query = select(*_COLUMNS).select_from(_JOINED).where(reward_decisions.c.session_id == session_id)
    row = connection.execute(query).first()
    return None if row is None else Decision(*row)


def _stopped(connection: Connection) -> bool:
    query = select(switches.c.is_on).where(switches.c.name == "rewards_stopped")
    return bool(connection.execute(query).scalar_one_or_none())


def _undecided(connection: Connection, candidates: Collection[Candidate]) -> list[Candidate]:
    days = {each.day for each in candidates}
    query = select(reward_decisions.c.session_id).where(
        reward_decisions.c.cafe == next(iter(candidates)).cafe, reward_decisions.c.day.in_(days)
    )
    known = set(connection.execute(query).scalars())
    return [each for each in {one.session_id: one for one in candidates}.values() if each.session_id not in known]


def _decide_one(
    connection: Connection,
    candidate: Candidate,
    *,
    store: Store,
    decision_rule: DecisionRule,
    issuer: Issuer,
    decided_by: str,
) -> Decision | None:
    reward_id = issuer.reward_id(candidate.session_id)
    if connection.execute(select(reward_decisions.c.day).where(reward_decisions.c.reward_id == reward_id)).first():
        return None  # Decided before its session was erased, and unlinked from it.
    redeemed_ore = redemptions.kept_amount(connection, reward_id)
    # A reward redeemed before a restore was decided before it: it is not decided otherwise now.
    judgement = (
        decision_rule(candidate, _case_facts(connection, candidate))
        if redeemed_ore is None
        else Judgement("eligible", amount_ore=redeemed_ore)
    )
    if judgement is None:
        return None
    decision = Decision(
        session_id=candidate.session_id,
        reward_id=reward_id,
        day=candidate.day,
        cafe=candidate.cafe,
        simulated=candidate.simulated,
        outcome=judgement.outcome,
        reason=judgement.reason,
        score=candidate.score,
        counted_score=candidate.counted_score,
        amount_ore=judgement.amount_ore,
        held_until=judgement.held_until,
        rubric_version=candidate.rubric_version,
        scorer_version=candidate.scorer_version,
        decided_by=decided_by,
        decided_at=store.now(),
    )
    values = {column.name: getattr(decision, column.name) for column in _OWN}
    connection.execute(insert(reward_decisions).values(**values, device=candidate.device))
    if decision.outcome == "eligible":
        _owe(connection, decision, store=store, issuer=issuer)
    return decision


def _owe(connection: Connection, decision: Decision, *, store: Store, issuer: Issuer) -> None:
    """Book the reward and issue its voucher."""
    bookkeeping.book(
        connection,
        "approved",
        store=store,
        reward_id=decision.reward_id,
        cafe=decision.cafe,
        simulated=decision.simulated,
        ore=decision.amount_ore,
    )
    vouchers.issue(
        connection,
        store=store,
        issuer=issuer,
        reward_id=decision.reward_id,
        cafe=decision.cafe,
        simulated=decision.simulated,
        ore=decision.amount_ore,
    )


def _case_facts(connection: Connection, candidate: Candidate) -> CaseFacts:
    slot = connection.execute(
        select(trial_slots.c.used, trial_slots.c.rewarded).where(trial_slots.c.session_id == candidate.session_id)
    ).first()
    erased = connection.execute(select(tombstones.c.day).where(tombstones.c.session_id == candidate.session_id)).first()
    of_day = (
        select(func.count())
        .select_from(_JOINED)
        .where(
            reward_decisions.c.cafe == candidate.cafe,
            reward_decisions.c.day == candidate.day,
            reward_decisions.c.simulated == candidate.simulated,
            reward_decisions.c.outcome != "declined",
        )
    )
    # Held rewards use up no budget: a script whose rewards wait for a person must not make the guests' wait.
    of_cafe = of_day.where(or_(reward_decisions.c.outcome == "eligible", reward_rulings.c.released))
    of_device = of_day.where(
        reward_decisions.c.device == candidate.device,
        or_(reward_rulings.c.released.is_(None), reward_rulings.c.released),
    )
    known: SlotState = "unknown"
    if slot is not None and slot.used:
        known = "rewarded" if slot.rewarded else "beyond_trial"
    return CaseFacts(
        slot=known,
        erased=erased is not None,
        device_rewards=connection.execute(of_device).scalar_one() if candidate.device else 0,
        cafe_rewards=connection.execute(of_cafe).scalar_one(),
    )
