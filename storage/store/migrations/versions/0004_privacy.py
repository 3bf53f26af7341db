"""Day states and erasures."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "erasures",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("rewritten_at", moment),
        sa.Column("done_at", moment),
        sa.Column("places", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_erasures"),
        sa.CheckConstraint("state IN ('asked', 'rewritten', 'done')", name="ck_erasures_state_known"),
    )
    op.create_index("ix_erasures_state", "erasures", ["state"])
    op.create_table(
        "day_states",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_day_states"),
        sa.CheckConstraint("state IN ('closed', 'redacted')", name="ck_day_states_state_known"),
    )
    op.create_table(
        "expirations",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("done_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", name="pk_expirations"),
    )


def downgrade() -> None:
    """Remove them, with what they hold."""
    for table in ("expirations", "day_states", "erasures"):
        op.drop_table(table)
