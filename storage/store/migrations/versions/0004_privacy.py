"""Day states and erasures; a trigger allows only the unlinking of an erased session from its reward."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)

# The columns of a decision except session and device.
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


def upgrade() -> None:
    """Create them."""
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
    _let_erasures_unlink()


def _let_erasures_unlink() -> None:
    refusal = "the table reward_decisions can only be added to"
    if op.get_bind().dialect.name == "postgresql":
        same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT)
        op.execute(
            "CREATE FUNCTION pilot_only_unlinked() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {UNLINKS} AND {same} THEN RETURN NEW; END IF; RAISE EXCEPTION '{refusal}'; END $$"
        )
        op.execute("DROP TRIGGER reward_decisions_append_only ON reward_decisions")
        op.execute(
            "CREATE TRIGGER reward_decisions_append_only BEFORE DELETE ON reward_decisions "
            "FOR EACH ROW EXECUTE FUNCTION pilot_append_only()"
        )
        op.execute(
            "CREATE TRIGGER reward_decisions_only_unlinked BEFORE UPDATE ON reward_decisions "
            "FOR EACH ROW EXECUTE FUNCTION pilot_only_unlinked()"
        )
        return
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
    op.execute("DROP TRIGGER reward_decisions_no_update")
    op.execute(
        "CREATE TRIGGER reward_decisions_no_update BEFORE UPDATE ON reward_decisions "
        f"WHEN NOT ({UNLINKS} AND {same}) BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
    )


def downgrade() -> None:
    """Drop them with their rows."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER reward_decisions_only_unlinked ON reward_decisions")
        op.execute("DROP FUNCTION pilot_only_unlinked()")
    else:
        op.execute("DROP TRIGGER reward_decisions_no_update")
    for table in ("expirations", "day_states", "erasures"):
        op.drop_table(table)
