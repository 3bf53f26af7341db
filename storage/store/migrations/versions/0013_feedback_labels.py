"""Managers' labels of feedback: append-only, deleted only with an erased session or expired words."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REFUSAL = "the table feedback_labels can only be added to"
GONE = (
    "EXISTS (SELECT 1 FROM tombstones WHERE tombstones.session_id = OLD.session_id) "
    "OR EXISTS (SELECT 1 FROM expirations WHERE expirations.day = OLD.day AND expirations.kind = 'words')"
)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "feedback_labels",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("useful", sa.Boolean),
        sa.Column("corrections", sa.JSON, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback_labels"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feedback_labels_session_id", "feedback_labels", ["session_id"])
    op.create_index("ix_feedback_labels_day", "feedback_labels", ["day"])
    _forbid_changes()


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION pilot_only_gone_labels() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {GONE} THEN RETURN OLD; END IF; RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        for name, verb, function in (
            ("append_only", "UPDATE", "pilot_append_only"),
            ("only_gone", "DELETE", "pilot_only_gone_labels"),
        ):
            op.execute(
                f"CREATE TRIGGER feedback_labels_{name} BEFORE {verb} ON feedback_labels "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()"
            )
        return
    for verb, condition in (("UPDATE", ""), ("DELETE", f"WHEN NOT ({GONE}) ")):
        op.execute(
            f"CREATE TRIGGER feedback_labels_no_{verb.lower()} BEFORE {verb} ON feedback_labels "
            f"{condition}BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def downgrade() -> None:
    """Drop the table with its rows."""
    op.drop_table("feedback_labels")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION pilot_only_gone_labels()")
