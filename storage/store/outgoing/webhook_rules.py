"""Rules of outgoing webhooks: which feedback of a café is sent where; each change is audited."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import insert, select, update

from pilot.identifiers import new_identifier
from pilot.text_shape import clean
from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.webhooks import webhook_rules

RuleState = Literal["on", "off", "disabled", "removed"]
Polarity = Literal["", "positive", "mixed", "negative"]
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)
MOST_RULES = 20  # of a café
MOST_NAME = 60
PREVIOUS_VALID = timedelta(days=1)  # Both secrets sign for this long after a rotation.

RefusalCode = Literal["name", "url", "theme", "polarity", "many", "gone"]


class RuleRefused(StorageError):
    """A rule is invalid, or gone.

    Attributes:
        code: The kind of the fault, for a sentence in the reader's language.
    """

    def __init__(self, what: str, *, remedy: str, code: RefusalCode) -> None:
        super().__init__(what, remedy=remedy)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: Its identifier.
        cafe: The café.
        name: Its name for people.
        theme: The theme that a claim is made about; empty for any.
        polarity: The claim's polarity, or the session's without a theme; empty for any.
        with_urgent: Whether urgent sessions match too; they are sent without words.
        url: Where it is sent. A secret: whoever has it can post to many services.
        state: on, off (by a person), disabled (after failing for long) or removed.
        generation: The number of its secret.
        previous_until: Until when the secret before it signs too, UTC; None for not at all.
        since: From when on feedback matches, UTC: never what was sent before the rule was turned on.
        failing_since: Since when no delivery has succeeded, UTC; None if the last one did.
        created_at: When it was made, UTC.
        created_by: Who made it.
    """

    id: str
    cafe: str
    name: str
    theme: str
    polarity: Polarity
    with_urgent: bool
    url: str
    state: RuleState
    generation: int
    previous_until: datetime | None
    since: datetime
    failing_since: datetime | None
    created_at: datetime
    created_by: str

    def generations(self, *, now: datetime) -> tuple[int, ...]:
        """Return the numbers of the secrets that sign at a time, the newest first."""
        both = self.previous_until is not None and now < self.previous_until
        return (self.generation, self.generation - 1) if both else (self.generation,)


_COLUMNS = tuple(webhook_rules.c[field.name] for field in fields(Rule))


def rules_of(store: Store, cafes: Collection[str] | None = None) -> list[Rule]:
    """Return the rules of some cafés, or of all; removed ones are left out."""
    query = select(*_COLUMNS).where(webhook_rules.c.state != "removed")
    if cafes is not None:
        query = query.where(webhook_rules.c.cafe.in_(sorted(cafes)))
    with store.reading() as connection:
        rows = connection.execute(query.order_by(webhook_rules.c.created_at, webhook_rules.c.id))
        return [Rule(**row._mapping) for row in rows]


def find_rule(store: Store, rule_id: str) -> Rule | None:
    """Return a rule, also a removed one; None if there is none."""
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(webhook_rules.c.id == rule_id)).first()
    return None if row is None else Rule(**row._mapping)


def add_rule(
    store: Store,
    *,
    cafe: str,
    name: str,
    theme: str,
    polarity: str,
    url: str,
    known_themes: Collection[str],
    with_urgent: bool = False,
    by: str,
) -> Rule:
    """Add a rule that is on from now.

    Args:
        store: The store.
        cafe: The café's id.
        name: Its name.
        theme: A theme's code; empty for any.
        polarity: positive, mixed or negative; empty for any.
        url: Where to send; its form is checked by the caller (`operations.webhooks.addresses`).
        known_themes: The themes' codes.
        with_urgent: Whether urgent sessions match; the caller checks the permission.
        by: Who adds it.

    Raises:
        RuleRefused: a field is invalid, or the café has too many rules.
    """
    shown = " ".join(clean(name[: 4 * MOST_NAME]).split())
    if not 0 < len(shown) <= MOST_NAME:
        raise RuleRefused(f"The name has not 1 to {MOST_NAME} characters.", remedy="Shorten it.", code="name")
    if theme and theme not in known_themes:
        raise RuleRefused("The theme does not exist.", remedy=f"Use one of {', '.join(known_themes)}.", code="theme")
    if polarity not in POLARITIES:
        raise RuleRefused("The polarity does not exist.", remedy="Use positive, mixed or negative.", code="polarity")
    at = store.now()
    values = {
        "id": str(new_identifier()), "cafe": cafe, "name": shown, "theme": theme, "polarity": polarity,
        "with_urgent": with_urgent, "url": url, "state": "on", "generation": 1, "previous_until": None, "since": at,
        "failing_since": None, "created_at": at, "created_by": by,
    }  # fmt: skip
    with store.begin() as connection:
        serialise(connection, f"webhook_rules:{cafe}")
        known = connection.execute(
            select(webhook_rules.c.id).where(webhook_rules.c.cafe == cafe, webhook_rules.c.state != "removed")
        ).all()
        if len(known) >= MOST_RULES:
            raise RuleRefused(f"The café has {MOST_RULES} rules.", remedy="Remove one first.", code="many")
        connection.execute(insert(webhook_rules).values(values))
        details = {"cafe": cafe, "theme": theme, "polarity": polarity, "with_urgent": with_urgent}
        audit.record(connection, actor=by, action="rule.add", subject=str(values["id"]), details=details, at=at)
    return Rule(**values)  # type: ignore[arg-type]


def turn(store: Store, rule_id: str, state: RuleState, *, by: str, reason: str) -> Rule:
    """Turn a rule on or off, disable or remove it; turned on, it matches what is sent from now.

    Raises:
        RuleRefused: the rule is removed or does not exist.
    """
    at = store.now()
    values: dict[str, object] = {"state": state}
    if state == "on":
        values |= {"since": at, "failing_since": None}
    return _change(store, rule_id, values, action=f"rule.{state}", by=by, reason=reason, at=at)


def rotate(store: Store, rule_id: str, *, by: str, reason: str) -> Rule:
    """Give a rule a new secret; the one before it signs too for a day.

    Raises:
        RuleRefused: the rule is removed or does not exist.
    """
    at = store.now()
    values = {"generation": webhook_rules.c.generation + 1, "previous_until": at + PREVIOUS_VALID}
    return _change(store, rule_id, values, action="rule.rotate", by=by, reason=reason, at=at)


def note_outcome(store: Store, rule_id: str, *, succeeded: bool, at: datetime) -> None:
    """Record since when a rule's deliveries have failed."""
    failing = webhook_rules.c.failing_since
    changed = failing.is_not(None) if succeeded else failing.is_(None)
    with store.begin() as connection:
        connection.execute(
            update(webhook_rules)
            .where(webhook_rules.c.id == rule_id, changed)
            .values(failing_since=None if succeeded else at)
        )


def _change(
    store: Store, rule_id: str, values: dict[str, object], *, action: str, by: str, reason: str, at: datetime
) -> Rule:
    mine = webhook_rules.c.id == rule_id
    with store.begin() as connection:
        changed = connection.execute(
            update(webhook_rules).where(mine, webhook_rules.c.state != "removed").values(values)
        )
        if changed.rowcount != 1:
            raise RuleRefused("The rule is removed, or never was.", remedy="List the rules again.", code="gone")
        audit.record(connection, actor=by, action=action, subject=rule_id, reason=reason, at=at)
        return Rule(**connection.execute(select(*_COLUMNS).where(mine)).one()._mapping)
