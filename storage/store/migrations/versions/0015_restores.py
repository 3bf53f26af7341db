"""Restores of the store: when, the rewards frozen by them, and redemptions newer than the backup."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "restores",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("recovered_to", moment, nullable=False),
        sa.Column("restored_at", moment, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restores"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "frozen_rewards",
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("frozen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("reward_id", name="pk_frozen_rewards"),
    )
    op.create_table(
        "kept_redemptions",
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("amount_ore", sa.Integer, nullable=False),
        sa.Column("redeemed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("reward_id", name="pk_kept_redemptions"),
        sa.CheckConstraint("amount_ore > 0", name="ck_kept_redemptions_amount_positive"),
    )


def downgrade() -> None:
    """Drop them with their rows."""
    for name in ("kept_redemptions", "frozen_rewards", "restores"):
        op.drop_table(name)
