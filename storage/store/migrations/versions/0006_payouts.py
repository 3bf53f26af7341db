"""Payouts to a recipient: claims, batches, instructions and attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
LIVE = sa.text("outcome IN ('open', 'accepted')")
TABLES = (
    "payout_attempts",
    "payout_instruction_rewards",
    "payout_instructions",
    "payout_batches",
    "payout_claims",
    "recipients",
)


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "recipients",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("rail", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recipients"),
    )
    op.create_index("uq_recipients_rail_account", "recipients", ["rail", "account"], unique=True)
    op.create_table(
        "payout_claims",
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("recipient_id", sa.Text, nullable=False),
        sa.Column("rail", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("amount_ore", sa.Integer, nullable=False),
        sa.Column("claimed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("reward_id", name="pk_payout_claims"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipients.id"], name="fk_payout_claims_recipient_id"),
        sa.CheckConstraint("amount_ore > 0", name="ck_payout_claims_amount_positive"),
    )
    op.create_index("ix_payout_claims_recipient_id", "payout_claims", ["recipient_id"])
    op.create_table(
        "payout_batches",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("rail", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("approval", sa.Text, nullable=False),
        sa.Column("planned_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payout_batches"),
        sa.CheckConstraint(
            "approval IN ('not_needed', 'waiting', 'given')", name="ck_payout_batches_approval_known"
        ),
    )
    op.create_index(
        "uq_payout_batches_day_rail_simulated", "payout_batches", ["day", "rail", "simulated"], unique=True
    )
    op.create_table(
        "payout_instructions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("recipient_id", sa.Text, nullable=False),
        sa.Column("amount_ore", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payout_instructions"),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batches.id"], name="fk_payout_instructions_batch_id"),
        sa.CheckConstraint("amount_ore > 0", name="ck_payout_instructions_amount_positive"),
        sa.CheckConstraint(
            "state IN ('planned', 'held', 'in_flight', 'refused', 'paid', 'needs_review', 'reversed')",
            name="ck_payout_instructions_state_known",
        ),
    )
    op.create_index(
        "uq_payout_instructions_batch_id_recipient_id",
        "payout_instructions",
        ["batch_id", "recipient_id"],
        unique=True,
    )
    op.create_index("uq_payout_instructions_reference", "payout_instructions", ["reference"], unique=True)
    op.create_index("ix_payout_instructions_state", "payout_instructions", ["state"])
    op.create_table(
        "payout_instruction_rewards",
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("instruction_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("reward_id", name="pk_payout_instruction_rewards"),
        sa.ForeignKeyConstraint(
            ["instruction_id"], ["payout_instructions.id"], name="fk_payout_instruction_rewards_instruction_id"
        ),
    )
    op.create_index(
        "ix_payout_instruction_rewards_instruction_id", "payout_instruction_rewards", ["instruction_id"]
    )
    op.create_table(
        "payout_attempts",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("instruction_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("parameters_hash", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.PrimaryKeyConstraint("key", name="pk_payout_attempts"),
        sa.CheckConstraint(
            "outcome IN ('open', 'accepted', 'refused', 'absent')", name="ck_payout_attempts_outcome_known"
        ),
    )
    op.create_index(
        "uq_payout_attempts_instruction_id_number", "payout_attempts", ["instruction_id", "number"], unique=True
    )
    op.create_index(
        "uq_payout_attempts_live",
        "payout_attempts",
        ["instruction_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def downgrade() -> None:
    """Drop them with their rows."""
    for name in TABLES:
        op.drop_table(name)
