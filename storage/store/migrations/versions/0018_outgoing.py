"""What leaves the pilot: the Monday digest with accounts' choices, and rules with their webhooks."""

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
    _create_webhooks()


def _create_webhooks() -> None:
    op.create_table(
        "webhook_rules",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("theme", sa.Text, nullable=False),
        sa.Column("polarity", sa.Text, nullable=False),
        sa.Column("with_urgent", sa.Boolean, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("previous_until", moment),
        sa.Column("since", moment, nullable=False),
        sa.Column("failing_since", moment),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_rules"),
        sa.CheckConstraint("state IN ('on', 'off', 'disabled', 'removed')", name="ck_webhook_rules_state_known"),
        sa.CheckConstraint(
            "polarity IN ('', 'positive', 'mixed', 'negative')", name="ck_webhook_rules_polarity_known"
        ),
    )
    op.create_index("ix_webhook_rules_cafe", "webhook_rules", ["cafe"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("rule_id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text),
        sa.Column("day", sa.Date),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("claimed_at", moment),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.UniqueConstraint("rule_id", "session_id", name="uq_webhook_deliveries_rule_id_session_id"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'delivered', 'failed', 'cancelled')",
            name="ck_webhook_deliveries_state_known",
        ),
    )
    op.create_index("ix_webhook_deliveries_state_next_at", "webhook_deliveries", ["state", "next_at"])
    op.create_index("ix_webhook_deliveries_session_id", "webhook_deliveries", ["session_id"])
    op.create_index("ix_webhook_deliveries_day", "webhook_deliveries", ["day"])
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_attempts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_attempts_delivery_id", "webhook_attempts", ["delivery_id"])


def downgrade() -> None:
    """Drop the tables with their rows."""
    for table in ("webhook_attempts", "webhook_deliveries", "webhook_rules"):
        op.drop_table(table)
    op.drop_table("digests")
    op.drop_table("account_preferences")
