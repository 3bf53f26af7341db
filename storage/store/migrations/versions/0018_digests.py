"""The Monday digest: accounts' choices, and one row per week, café and manager."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
STATES = "'waiting', 'not_configured', 'sending', 'sent', 'refused', 'unknown', 'expired', 'cancelled'"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "account_preferences",
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("digest", sa.Boolean, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_account_preferences"),
        sa.CheckConstraint("language IN ('sv', 'en')", name="ck_account_preferences_language_known"),
    )
    op.create_table(
        "digests",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("claimed_at", moment),
        sa.Column("ended_at", moment),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("code", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
        sa.UniqueConstraint("week", "cafe", "account_id", name="uq_digests_week_cafe_account_id"),
        sa.CheckConstraint(f"state IN ({STATES})", name="ck_digests_state_known"),
    )
    op.create_index("ix_digests_state_next_at", "digests", ["state", "next_at"])


def downgrade() -> None:
    """Drop the tables with their rows."""
    op.drop_table("digests")
    op.drop_table("account_preferences")
