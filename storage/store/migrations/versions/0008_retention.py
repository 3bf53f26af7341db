"""Counts of expirations; a trigger allows removing the device from the decisions of such days."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0009"  # written beside 0009 and landed after it
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)

# All columns of a decision except the device, and with the session if only the device is removed.
KEPT = (
    "reward_id",
    "day",
    "cafe",
    "simulated",
    "outcome",
    "reason",
    "score",
    "counted_score",
    "amount_ore",
    "held_until",
    "rubric_version",
    "scorer_version",
    "decided_by",
    "decided_at",
)
UNLINKS = (
    "NEW.session_id LIKE 'erased-%' AND NEW.device IS NULL "
    "AND EXISTS (SELECT 1 FROM tombstones WHERE tombstones.session_id = OLD.session_id)"
)
FORGETS = (
    "NEW.session_id = OLD.session_id AND NEW.device IS NULL "
    "AND EXISTS (SELECT 1 FROM expirations WHERE expirations.day = OLD.day AND expirations.kind = 'devices')"
)
TOLD = "the table reward_decisions can only be added to"


def upgrade() -> None:
    """Create them."""
    # Nothing wrote the table before this version.
    op.drop_table("expirations")
    op.create_table(
        "expirations",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("kept_days", sa.Integer, nullable=False),
        sa.Column("removed_at", moment, nullable=False),
        sa.Column("gone_at", moment),
        sa.Column("landing_lines", sa.Integer, nullable=False),
        sa.Column("lake_rows", sa.Integer, nullable=False),
        sa.Column("store_rows", sa.Integer, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("landing", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", name="pk_expirations"),
        sa.CheckConstraint("kind IN ('audio', 'words', 'devices')", name="ck_expirations_kind_known"),
    )
    op.create_index("ix_expirations_gone_at", "expirations", ["gone_at"])
    _allow(f"({UNLINKS}) OR ({FORGETS})")


def _allow(changes: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT)
        op.execute(
            "CREATE OR REPLACE FUNCTION pilot_only_unlinked() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF ({changes}) AND {same} THEN RETURN NEW; END IF; RAISE EXCEPTION '{TOLD}'; END $$"
        )
        return
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
    op.execute("DROP TRIGGER reward_decisions_no_update")
    op.execute(
        "CREATE TRIGGER reward_decisions_no_update BEFORE UPDATE ON reward_decisions "
        f"WHEN NOT (({changes}) AND {same}) BEGIN SELECT RAISE(ABORT, '{TOLD}'); END"
    )


def downgrade() -> None:
    """Drop them with their rows."""
    _allow(UNLINKS)
    op.drop_table("expirations")
    op.create_table(
        "expirations",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("done_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", name="pk_expirations"),
    )
