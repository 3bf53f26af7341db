"""Dangers that guests report: append-only, deleted only with an erased session or expired words."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

REFUSAL = "the table danger_reports can only be added to"
GONE = (
    "EXISTS (SELECT 1 FROM tombstones WHERE tombstones.session_id = OLD.session_id) "
    "OR EXISTS (SELECT 1 FROM expirations WHERE expirations.day = OLD.day AND expirations.kind = 'words')"
)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "danger_reports",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("happens", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "turn", name="pk_danger_reports"),
        sa.CheckConstraint("happens IN ('now', 'earlier')", name="ck_danger_reports_happens"),
    )
    op.create_index("ix_danger_reports_day", "danger_reports", ["day"])
    _forbid_changes()


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION pilot_only_gone_dangers() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {GONE} THEN RETURN OLD; END IF; RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        for name, verb, function in (
            ("append_only", "UPDATE", "pilot_append_only"),
            ("only_gone", "DELETE", "pilot_only_gone_dangers"),
        ):
            op.execute(
                f"CREATE TRIGGER danger_reports_{name} BEFORE {verb} ON danger_reports "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()"
            )
        return
    for verb, condition in (("UPDATE", ""), ("DELETE", f"WHEN NOT ({GONE}) ")):
        op.execute(
            f"CREATE TRIGGER danger_reports_no_{verb.lower()} BEFORE {verb} ON danger_reports "
            f"{condition}BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def downgrade() -> None:
    """Drop the table with its rows."""
    op.drop_table("danger_reports")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION pilot_only_gone_dangers()")
