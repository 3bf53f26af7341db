"""Tables for closed cafés: switches, the states of cafés, and trial slots."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "switches",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
    op.create_table(
        "cafe_states",
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("trial_limit", sa.Integer),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("cafe", name="pk_cafe_states"),
        sa.CheckConstraint("trial_limit > 0", name="ck_cafe_states_trial_limit_positive"),
    )
    op.create_table(
        "trial_slots",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
        sa.Column("rewarded", sa.Boolean, nullable=False),
        sa.Column("reserved_at", moment, nullable=False),
        sa.Column("lease_until", moment, nullable=False),
        sa.Column("used_at", moment),
        sa.PrimaryKeyConstraint("session_id", name="pk_trial_slots"),
    )
    op.create_index("ix_trial_slots_cafe_used_rewarded", "trial_slots", ["cafe", "used", "rewarded"])


def downgrade() -> None:
    """Drop them with their rows."""
    for table in ("trial_slots", "cafe_states", "switches"):
        op.drop_table(table)
