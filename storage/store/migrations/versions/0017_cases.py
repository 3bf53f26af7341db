"""Cases with their history, their sessions, and the guests' verdicts on what was done."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
OF_SESSIONS = ("case_sessions", "case_verdicts")
REFUSAL = "the table {table} can only be added to"
GONE = (
    "EXISTS (SELECT 1 FROM tombstones WHERE tombstones.session_id = OLD.session_id) "
    "OR EXISTS (SELECT 1 FROM expirations WHERE expirations.day = OLD.day AND expirations.kind = 'words')"
)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "cases",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("week", sa.Date, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("first_action_at", moment),
        sa.Column("closed_at", moment),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answer_language", sa.Text, nullable=False),
        sa.Column("answered_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.CheckConstraint("origin IN ('proposal', 'urgent', 'manual')", name="ck_cases_origin_known"),
        sa.CheckConstraint("status IN ('open', 'doing', 'done', 'dropped')", name="ck_cases_status_known"),
    )
    op.create_index("ix_cases_cafe_opened_at", "cases", ["cafe", "opened_at"])
    op.create_table(
        "case_history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_history"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_history_case_id", "case_history", ["case_id"])
    op.create_table(
        "case_sessions",
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("linked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "session_id", name="pk_case_sessions"),
    )
    op.create_table(
        "case_verdicts",
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("given_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "session_id", name="pk_case_verdicts"),
        sa.CheckConstraint("verdict IN ('better', 'not_yet')", name="ck_case_verdicts_verdict_known"),
    )
    for table in OF_SESSIONS:
        op.create_index(f"ix_{table}_session_id", table, ["session_id"])
        op.create_index(f"ix_{table}_day", table, ["day"])
    _forbid_changes()


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION pilot_only_gone_cases() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {GONE} THEN RETURN OLD; END IF; "
            "RAISE EXCEPTION 'the table % can only be added to', TG_TABLE_NAME; END $$"
        )
        for table in ("case_history", *OF_SESSIONS):
            _trigger(table, "append_only", "UPDATE", "pilot_append_only")
        _trigger("case_history", "no_delete", "DELETE", "pilot_append_only")
        for table in OF_SESSIONS:
            _trigger(table, "only_gone", "DELETE", "pilot_only_gone_cases")
        return
    for table in ("case_history", *OF_SESSIONS):
        for verb, condition in (("UPDATE", ""), ("DELETE", "" if table == "case_history" else f"WHEN NOT ({GONE}) ")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"{condition}BEGIN SELECT RAISE(ABORT, '{REFUSAL.format(table=table)}'); END"
            )


def _trigger(table: str, name: str, verb: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
    )


def downgrade() -> None:
    """Drop the tables with their rows."""
    for table in (*OF_SESSIONS, "case_history", "cases"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION pilot_only_gone_cases()")
