"""The sessions decided without a reward (held, refused, declined), as a query for conditions."""

from __future__ import annotations

from sqlalchemy import Select, and_, or_, select

from storage.store.schemas.money import reward_decisions, reward_rulings


def unpaid_sessions() -> Select[tuple[str]]:
    """Return the query of the sessions whose reward is held and was not released, or was declined.

    One declined because the trial was full is left out: it never had a slot.
    """
    return (
        select(reward_decisions.c.session_id)
        .outerjoin(reward_rulings, reward_rulings.c.reward_id == reward_decisions.c.reward_id)
        .where(
            or_(
                and_(reward_decisions.c.outcome == "declined", reward_decisions.c.reason != "beyond_trial"),
                and_(
                    reward_decisions.c.outcome == "held",
                    or_(reward_rulings.c.released.is_(None), ~reward_rulings.c.released),
                ),
            )
        )
    )
