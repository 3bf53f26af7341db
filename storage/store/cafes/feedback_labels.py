"""Labels of feedback: a manager's verdict whether it was useful, and corrections of its themes.

Append-only; a session's latest label counts as a whole. A label is deleted with its erased session, or with the words
of its day (`storage.store.privacy.label_erasure`): without them it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, func, insert, select

from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.core import feedback_labels, receipts, tombstones
from storage.store.schemas.privacy import expirations

Polarity = Literal["positive", "negative", "mixed"]
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)
THEME = re.compile(r"[a-z][a-z_]{0,39}")
MOST_CHARACTERS = 500  # of a reason


class LabelRefused(StorageError):
    """The label is invalid, or the feedback cannot be labelled."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of the claims about one theme.

    Attributes:
        theme: The theme as it was read.
        new_theme: The right theme; None if it was right.
        polarity: The right polarity; None if it was right.
    """

    theme: str
    new_theme: str | None = None
    polarity: Polarity | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """One label, without the guest's words.

    Attributes:
        session_id: The session.
        day: Its business day.
        cafe: Its café's id.
        simulated: Whether a simulator or test client made the feedback.
        useful: Whether it was useful; None if the label does not say.
        corrections: The corrected themes, by theme; one each.
        actor: Who labelled it.
        reason: That person's reason.
        labelled_at: When, UTC.
    """

    session_id: str
    day: date
    cafe: str
    simulated: bool
    useful: bool | None
    corrections: tuple[Correction, ...]
    actor: str
    reason: str
    labelled_at: datetime

    @property
    def withdraws(self) -> bool:
        """Return whether it says nothing, and so only withdraws earlier labels."""
        return self.useful is None and not self.corrections


_COLUMNS = tuple(feedback_labels.c[field.name] for field in fields(Label))


def add_label(
    store: Store,
    session_id: str,
    *,
    useful: bool | None = None,
    corrections: Sequence[Correction] = (),
    by: str,
    reason: str,
) -> Label:
    """Add a label that replaces the session's earlier one as a whole, with an audit entry; return it.

    A label that says nothing withdraws the earlier one. The audit log, which outlives an erasure, has neither the
    verdict nor the reason.

    Args:
        store: The store.
        session_id: The session; it needs a receipt.
        useful: Whether the feedback was useful; None if the label does not say.
        corrections: Corrected themes, at most one for each.
        by: Who labels it.
        reason: That person's reason.

    Raises:
        LabelRefused: the label is invalid, or there is nothing to withdraw; the session is unknown or erased, or its
            words have expired.
    """
    by_theme = tuple(sorted(corrections, key=lambda each: each.theme))
    _validate(by_theme, by=by, reason=reason)
    at = store.now()
    with store.begin() as connection:
        # An erasure or expiration that begins later finds the label; one that began earlier is found here.
        serialise(connection, "outbox")
        serialise(connection, "expirations")
        found = _receipt(connection, session_id)
        label = Label(session_id, *found, useful, by_theme, by.strip(), reason.strip(), at)
        if label.withdraws and not _is_labelled(connection, session_id):
            raise LabelRefused(
                "There is no label to withdraw.", remedy="Say whether the feedback was useful, or correct a theme."
            )
        connection.execute(insert(feedback_labels).values(asdict(label)))
        audit.record(connection, actor=label.actor, action="session.label", subject=session_id, at=at)
    return label


def labels(store: Store, *, days: Collection[date] | None = None, simulated: bool = False) -> list[Label]:
    """Return each session's current label, oldest day first; withdrawn ones are left out.

    Args:
        store: The store.
        days: Only sessions of these business days; None for all.
        simulated: Whether to return simulated sessions' labels instead of real ones.
    """
    table = feedback_labels
    latest = select(func.max(table.c.id)).where(table.c.simulated == simulated).group_by(table.c.session_id)
    if days is not None:
        latest = latest.where(table.c.day.in_(sorted(set(days))))
    query = select(*_COLUMNS).where(table.c.id.in_(latest)).order_by(table.c.day, table.c.id)
    with store.reading() as connection:
        found = [_label(row) for row in connection.execute(query)]
    return [each for each in found if not each.withdraws]


def history(store: Store, session_id: str) -> list[Label]:
    """Return every label of a session, withdrawals too, newest (the current one) first."""
    table = feedback_labels
    query = select(*_COLUMNS).where(table.c.session_id == session_id).order_by(table.c.id.desc())
    with store.reading() as connection:
        return [_label(row) for row in connection.execute(query)]


def _label(row: Row[Any]) -> Label:
    corrections = tuple(Correction(**each) for each in row.corrections)
    return Label(**{**row._asdict(), "corrections": corrections})


def _is_labelled(connection: Connection, session_id: str) -> bool:
    query = select(*_COLUMNS).where(feedback_labels.c.session_id == session_id).order_by(feedback_labels.c.id.desc())
    row = connection.execute(query).first()
    return row is not None and not _label(row).withdraws


def _receipt(connection: Connection, session_id: str) -> tuple[date, str, bool]:
    """Return day, café and simulated of a session that can be labelled."""
    query = select(receipts.c.day, receipts.c.cafe, receipts.c.simulated).where(receipts.c.session_id == session_id)
    row = connection.execute(query).first()
    if row is None:
        raise LabelRefused("There is no feedback with that session.", remedy="Take the reference from its receipt.")
    if connection.execute(select(tombstones.c.day).where(tombstones.c.session_id == session_id)).first():
        raise LabelRefused("The feedback is erased.", remedy="It stays so: nothing about it is kept.")
    gone = (expirations.c.day == row.day) & (expirations.c.kind == "words")
    if connection.execute(select(expirations.c.day).where(gone)).first():
        raise LabelRefused(
            f"The words of {row.day} have expired, and labels with them.", remedy="Label feedback sooner."
        )
    return row.day, row.cafe, row.simulated


def _validate(corrections: Sequence[Correction], *, by: str, reason: str) -> None:
    if not by.strip():
        raise LabelRefused("A label needs the name of who gives it.", remedy="Give your name.")
    if not 0 < len(reason.strip()) <= MOST_CHARACTERS:
        raise LabelRefused(
            f"A label needs a reason of 1 to {MOST_CHARACTERS} characters.", remedy="Give it without the guest's words."
        )
    for each in corrections:
        if not all(THEME.fullmatch(theme) for theme in (each.theme, each.new_theme) if theme is not None):
            raise LabelRefused(
                "A theme of a correction is not a theme's code.", remedy="Write it as in the table: coffee, queue, ..."
            )
        if each.polarity is not None and each.polarity not in POLARITIES:
            raise LabelRefused(
                f"The polarity of {each.theme} is unknown.", remedy=f"Give one of {', '.join(POLARITIES)}."
            )
        if each.polarity is None and each.new_theme in (None, each.theme):
            raise LabelRefused(
                f"The correction of {each.theme} changes nothing.", remedy="Give another theme, or its polarity."
            )
    themes = [each.theme for each in corrections]
    if len(set(themes)) < len(themes):
        raise LabelRefused("A theme is corrected twice.", remedy="Correct each theme once.")
