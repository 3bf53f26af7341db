"""Indexes for frequent queries of growing tables."""

from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = (
    ("vouchers", ("reward_id", "state")),
    ("vouchers", ("state", "redeemed_at")),
    ("vouchers", ("issued_at",)),
    ("reward_decisions", ("day",)),
    ("reward_decisions", ("outcome",)),
    ("ledger", ("booked_at",)),
    ("payout_instructions", ("recipient_id",)),
    ("payout_instructions", ("state", "changed_at")),
    ("onboardings", ("state", "asked_at")),
    ("provider_events", ("received_at",)),
    ("audit_log", ("subject",)),
    ("audit_log", ("action", "subject")),
)


def upgrade() -> None:
    """Create them."""
    for table, columns in INDEXES:
        op.create_index(_name(table, columns), table, list(columns))
    op.drop_index(_name("payout_instructions", ("state",)), "payout_instructions")


def downgrade() -> None:
    """Remove them."""
    op.create_index(_name("payout_instructions", ("state",)), "payout_instructions", ["state"])
    for table, columns in INDEXES:
        op.drop_index(_name(table, columns), table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
