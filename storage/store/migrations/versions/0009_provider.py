"""The provider's tables: statuses, onboardings, events, bank payouts, reconciliations; failed vouchers."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0006"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "voucher_failures",
    "reconciliations",
    "payout_reversals",
    "bank_payouts",
    "provider_events",
    "recipient_devices",
    "onboardings",
    "recipient_standings",
)


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "recipient_standings",
        sa.Column("recipient_id", sa.Text, nullable=False),
        sa.Column("transfers", sa.Text, nullable=False),
        sa.Column("details_submitted", sa.Boolean, nullable=False),
        sa.Column("due", sa.Integer, nullable=False),
        sa.Column("disabled_reason", sa.Text, nullable=False),
        sa.Column("bank_fingerprint", sa.Text),
        sa.Column("bank_last4", sa.Text),
        sa.Column("checked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("recipient_id", name="pk_recipient_standings"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipients.id"], name="fk_recipient_standings_recipient_id"),
        sa.CheckConstraint("transfers IN ('inactive', 'pending', 'active', 'gone')", name="ck_recipient_standings_transfers_known"),
        sa.CheckConstraint("due >= 0", name="ck_recipient_standings_due_not_negative"),
    )
    op.create_index("ix_recipient_standings_bank_fingerprint", "recipient_standings", ["bank_fingerprint"])
    op.create_table(
        "onboardings",
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("recipient_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("reward_id", name="pk_onboardings"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipients.id"], name="fk_onboardings_recipient_id"),
        sa.CheckConstraint("state IN ('asked', 'claimed', 'lapsed')", name="ck_onboardings_state_known"),
    )
    op.create_index("ix_onboardings_recipient_id", "onboardings", ["recipient_id"])
    op.create_table(
        "recipient_devices",
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("rail", sa.Text, nullable=False),
        sa.Column("recipient_id", sa.Text, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("device", "rail", name="pk_recipient_devices"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipients.id"], name="fk_recipient_devices_recipient_id"),
    )
    op.create_index("ix_recipient_devices_recipient_id", "recipient_devices", ["recipient_id"])
    op.create_index("ix_recipient_devices_seen_at", "recipient_devices", ["seen_at"])
    op.create_table(
        "provider_events",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("rail", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("done_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_provider_events"),
        sa.CheckConstraint("way IN ('webhook', 'listed')", name="ck_provider_events_way_known"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name="ck_provider_events_state_known"),
    )
    op.create_index("ix_provider_events_made_at", "provider_events", ["made_at"])
    op.create_index("ix_provider_events_state_received_at", "provider_events", ["state", "received_at"])
    op.create_table(
        "bank_payouts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("recipient_id", sa.Text, nullable=False),
        sa.Column("amount_ore", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("failure_code", sa.Text, nullable=False),
        sa.Column("arrives_on", sa.Date),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bank_payouts"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipients.id"], name="fk_bank_payouts_recipient_id"),
        sa.CheckConstraint("state IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')", name="ck_bank_payouts_state_known"),
    )
    op.create_index("ix_bank_payouts_recipient_id", "bank_payouts", ["recipient_id"])
    op.create_table(
        "payout_reversals",
        sa.Column("instruction_id", sa.Text, nullable=False),
        sa.Column("reversed_ore", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("instruction_id", "reversed_ore", name="pk_payout_reversals"),
        sa.ForeignKeyConstraint(["instruction_id"], ["payout_instructions.id"], name="fk_payout_reversals_instruction_id"),
        sa.CheckConstraint("reversed_ore > 0", name="ck_payout_reversals_reversed_positive"),
    )
    op.create_table(
        "reconciliations",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("rail", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("agrees", sa.Boolean, nullable=False),
        sa.Column("adopted", sa.Integer, nullable=False),
        sa.Column("differences", sa.JSON, nullable=False),
        sa.Column("ours_ore", sa.JSON, nullable=False),
        sa.Column("theirs_ore", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reconciliations_rail_at", "reconciliations", ["rail", "at"])
    op.create_table(
        "voucher_failures",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_voucher_failures"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_voucher_failures_reward_id", "voucher_failures", ["reward_id"])


def downgrade() -> None:
    """Drop them with their rows."""
    for name in TABLES:
        op.drop_table(name)
