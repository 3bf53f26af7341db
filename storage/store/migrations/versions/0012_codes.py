"""Codes instead of sentences; `recipient_standings` becomes `recipient_statuses`.

Earlier versions wrote English sentences into columns of codes. The audit log keeps its texts: it is never rewritten.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)

PROVIDER = {"ProviderAway": "provider_away", "ProviderRefuses": "provider_refused"}
PAYOUTS = PROVIDER | {
    "held by a person": "held_by_person",
    "the bank account is another recipient's too": "shared_bank",
    "the recipient's transfers differ from the books": "unexplained_transfers",
    "not at the provider": "absent_at_provider",
    "the claim was taken back": "claim_withdrawn",
}
ATTEMPTS = PROVIDER | {"made before the store was put back": "made_before_restore"}
TRANSFERS = {
    "not ours": "not_ours",
    "another amount": "amount_differs",
    "another account": "account_differs",
    "paid twice": "paid_twice",
    "unknown reward": "unknown_reward",
    "redeemed as well": "also_redeemed",
    "in two payouts": "in_two_payouts",
}
DIFFERENCES = TRANSFERS | {"not at the provider": "absent_at_provider"}
EVENTS = TRANSFERS | {
    "nothing to do": "ignored",
    "an account of nobody we know": "unknown_account",
    "Stripe does not answer": "provider_away",
    "refused": "provider_refused",
}
GONE = "not there any more; transfers "  # followed by the state of the recipient's transfers
BANK_PAYOUT_GONE = "bank_payout_gone"
TOMBSTONES = {"asked on the receipt": "asked_on_receipt"}
PLACES = {
    "rewritten": "rewritten",
    "came back": "returned",
    "gone": "erased",
    "pseudonymised": "pseudonymised",
    "waits for a moment without readers": "readers_active",
    "searched": "searched",
    "told": "exported",
}
DAYS = {"the time limit of words": "words_expired"}


def upgrade() -> None:
    """Rename the table, and convert old rows to codes."""
    _rename_statuses("recipient_standings", "recipient_statuses")
    _touch_days(PAYOUTS)
    _replace("payout_instructions", "code", PAYOUTS)
    _replace("payout_attempts", "code", ATTEMPTS)
    _replace("tombstones", "reason", TOMBSTONES)
    _replace("day_states", "reason", DAYS)
    op.execute("ALTER TABLE provider_events RENAME COLUMN note TO code")
    _replace("provider_events", "code", EVENTS)
    events = sa.table("provider_events", sa.column("code", sa.Text))
    op.execute(sa.update(events).where(events.c.code.like(f"{GONE}%")).values(code=BANK_PAYOUT_GONE))
    _rewrite_differences(DIFFERENCES, old_name="what", new_name="code")
    _rewrite_places(_place_code)


def downgrade() -> None:
    """Convert the codes back to sentences."""
    _rewrite_places(_place_sentence)
    _rewrite_differences(_reversed(DIFFERENCES), old_name="code", new_name="what")
    _replace("provider_events", "code", _reversed(EVENTS) | {BANK_PAYOUT_GONE: f"{GONE}gone"})
    op.execute("ALTER TABLE provider_events RENAME COLUMN code TO note")
    _replace("day_states", "reason", _reversed(DAYS))
    _replace("tombstones", "reason", _reversed(TOMBSTONES))
    _replace("payout_attempts", "code", _reversed(ATTEMPTS))
    _touch_days(_reversed(PAYOUTS))
    _replace("payout_instructions", "code", _reversed(PAYOUTS))
    _rename_statuses("recipient_statuses", "recipient_standings")


def _reversed(codes: Mapping[str, str]) -> dict[str, str]:
    return {new: old for old, new in codes.items()}


def _replace(table: str, column: str, codes: Mapping[str, str]) -> None:
    rows = sa.table(table, sa.column(column, sa.Text))
    for old, new in codes.items():
        op.execute(sa.update(rows).where(rows.c[column] == old).values({column: new}))


def _touch_days(codes: Mapping[str, str]) -> None:
    """Touch the days of the changed payouts, so that their copies in the lake are rebuilt."""
    payouts = sa.table("payout_instructions", sa.column("batch_id"), sa.column("code"))
    batches = sa.table("payout_batches", sa.column("id"), sa.column("day", sa.Date))
    outbox = sa.table(
        "outbox", sa.column("day", sa.Date), sa.column("reason", sa.Text), sa.column("created_at", moment)
    )
    days = (
        sa.select(batches.c.day, sa.literal("payout"), sa.func.current_timestamp())
        .distinct()
        .join_from(batches, payouts, payouts.c.batch_id == batches.c.id)
        .where(payouts.c.code.in_(list(codes)))
    )
    op.execute(sa.insert(outbox).from_select(["day", "reason", "created_at"], days))


def _rewrite_differences(codes: Mapping[str, str], *, old_name: str, new_name: str) -> None:
    rows = sa.table("reconciliations", sa.column("id", sa.BigInteger), sa.column("differences", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(rows.c.id, rows.c.differences)).all():
        if not row.differences:
            continue
        found = json.loads(row.differences) if isinstance(row.differences, str) else row.differences
        changed = [
            {new_name: codes.get(each[old_name], each[old_name])}
            | {name: value for name, value in each.items() if name != old_name}
            for each in found
        ]
        connection.execute(sa.update(rows).where(rows.c.id == row.id).values(differences=changed))


def _rewrite_places(rewritten: Callable[[Any], Any]) -> None:
    rows = sa.table("erasures", sa.column("session_id", sa.Text), sa.column("places", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(rows.c.session_id, rows.c.places)).all():
        found = json.loads(row.places) if isinstance(row.places, str) else row.places
        places = {place: rewritten(each) for place, each in found.items()}
        connection.execute(sa.update(rows).where(rows.c.session_id == row.session_id).values(places=places))


def _place_code(text: str) -> dict[str, object]:
    if text in PLACES:
        return {"code": PLACES[text], "details": []}
    if text.startswith("waits for "):
        return {"code": "waiting_for_replicas", "details": text.removeprefix("waits for ").split(", ")}
    if text.startswith("remove "):
        return {"code": "files_left", "details": text.removeprefix("remove ").split(", ")}
    if text.endswith(" old files wait"):
        return {"code": "old_files_left", "details": [text.removesuffix(" old files wait")]}
    return {"code": "backups_unwritable", "details": [text]}


def _place_sentence(result: Mapping[str, Any]) -> str:
    details = ", ".join(result["details"])
    lists = {"waiting_for_replicas": "waits for ", "files_left": "remove "}
    if result["code"] in lists:
        return lists[result["code"]] + details
    if result["code"] == "old_files_left":
        return f"{details} old files wait"
    return _reversed(PLACES).get(result["code"], details)


def _rename_statuses(old: str, new: str) -> None:
    """Recreate the table: SQLite renames neither constraints nor indexes."""
    op.create_table(
        new,
        sa.Column("recipient_id", sa.Text, nullable=False),
        sa.Column("transfers", sa.Text, nullable=False),
        sa.Column("details_submitted", sa.Boolean, nullable=False),
        sa.Column("due", sa.Integer, nullable=False),
        sa.Column("disabled_reason", sa.Text, nullable=False),
        sa.Column("bank_fingerprint", sa.Text),
        sa.Column("bank_last4", sa.Text),
        sa.Column("checked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("recipient_id", name=f"pk_{new}"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipients.id"], name=f"fk_{new}_recipient_id"),
        sa.CheckConstraint("transfers IN ('inactive', 'pending', 'active', 'gone')", name=op.f(f"ck_{new}_transfers_known")),
        sa.CheckConstraint("due >= 0", name=op.f(f"ck_{new}_due_not_negative")),
    )
    columns = "recipient_id, transfers, details_submitted, due, disabled_reason, bank_fingerprint, bank_last4, checked_at"
    op.execute(f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {old}")
    op.drop_table(old)
    op.create_index(f"ix_{new}_bank_fingerprint", new, ["bank_fingerprint"])
