"""When the provider made a payout to a bank: one made before a transfer carries another reward's money."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; of payouts kept before nobody knows it until the provider is asked again."""
    op.add_column("bank_payouts", sa.Column("made_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("bank_payouts", "made_at")
