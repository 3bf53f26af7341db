"""Managers' answers to the survey, one for each account and period."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "survey_answers",
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("period", sa.Date, nullable=False),
        sa.Column("cafes", sa.JSON, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("answers", sa.JSON, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "period", name="pk_survey_answers"),
    )


def downgrade() -> None:
    """Drop the table with its rows."""
    op.drop_table("survey_answers")
