"""The sessions whose reward waits for a person or was refused, as a query for conditions."""

from __future__ import annotations

from sqlalchemy import Select, or_, select

from storage.store.schemas.money import reward_decisions, reward_rulings


def held_sessions() -> Select[tuple[str]]:
    """Return the query of the sessions whose reward is held and was not released."""
    return (
        select(reward_decisions.c.session_id)
        .outerjoin(reward_rulings, reward_rulings.c.reward_id == reward_decisions.c.reward_id)
        .where(
            reward_decisions.c.outcome == "held",
            or_(reward_rulings.c.released.is_(None), ~reward_rulings.c.released),
        )
    )
