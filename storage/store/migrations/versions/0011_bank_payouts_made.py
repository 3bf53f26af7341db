"""The creation time of bank payouts; one made before a transfer carries another reward's money."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; older rows have none until the provider is polled again."""
    op.add_column("bank_payouts", sa.Column("made_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("bank_payouts", "made_at")
