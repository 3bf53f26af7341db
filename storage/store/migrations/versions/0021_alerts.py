"""Alerts: episodes, the outbox of their messages, silences and marks."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
OPEN = sa.text("state <> 'resolved'")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "alert_episodes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("is_event", sa.Boolean, nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("flaps", sa.Integer, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("escalate_at", moment),
        sa.Column("announced_at", moment),
        sa.Column("closed_at", moment),
        sa.Column("acknowledged_at", moment),
        sa.Column("acknowledged_by", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("verdict_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_episodes"),
        sa.CheckConstraint("state IN ('firing', 'acknowledged', 'resolved')", name="ck_alert_episodes_state_known"),
        sa.CheckConstraint("severity IN ('high', 'medium', 'low')", name="ck_alert_episodes_severity_known"),
        sa.CheckConstraint("verdict IN ('', 'true', 'false')", name="ck_alert_episodes_verdict_known"),
    )
    op.create_index(
        "uq_alert_episodes_open",
        "alert_episodes",
        ["name", "subject"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_alert_episodes_began_at", "alert_episodes", ["began_at"])
    op.create_index("ix_alert_episodes_name_subject_began_at", "alert_episodes", ["name", "subject", "began_at"])
    op.create_table(
        "alert_deliveries",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("episode_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("bundle", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("claimed_at", moment),
        sa.Column("ended_at", moment),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("code", sa.Integer, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_deliveries"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'delivered', 'unknown', 'dead', 'cancelled', 'not_configured')",
            name="ck_alert_deliveries_state_known",
        ),
    )
    op.create_index("ix_alert_deliveries_state_next_at", "alert_deliveries", ["state", "next_at"])
    op.create_index("ix_alert_deliveries_episode_id", "alert_deliveries", ["episode_id"])
    op.create_index("ix_alert_deliveries_created_at", "alert_deliveries", ["created_at"])
    op.create_table(
        "alert_silences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_alert_silences"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_marks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_alert_marks"),
    )


def downgrade() -> None:
    """Drop the tables with their rows."""
    for table in ("alert_marks", "alert_silences", "alert_deliveries", "alert_episodes"):
        op.drop_table(table)
