"""The money's tables; ledger, decisions and rulings are append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
LIVE = sa.text("state IN ('issued', 'redeemed')")
APPEND_ONLY = ("ledger", "reward_decisions", "reward_rulings")


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "reward_decisions",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("counted_score", sa.Integer, nullable=False),
        sa.Column("amount_ore", sa.Integer, nullable=False),
        sa.Column("held_until", moment),
        sa.Column("device", sa.Text),
        sa.Column("rubric_version", sa.Text, nullable=False),
        sa.Column("scorer_version", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_reward_decisions"),
        sa.UniqueConstraint("reward_id", name="uq_reward_decisions_reward_id"),
        sa.CheckConstraint("outcome IN ('eligible', 'held', 'declined')", name="ck_reward_decisions_outcome_known"),
        sa.CheckConstraint(
            "amount_ore >= 0 AND (outcome = 'declined' OR amount_ore > 0)",
            name="ck_reward_decisions_amount_fits_outcome",
        ),
    )
    op.create_index("ix_reward_decisions_cafe_day", "reward_decisions", ["cafe", "day"])
    op.create_index("ix_reward_decisions_device_day", "reward_decisions", ["device", "day"])
    op.create_table(
        "reward_rulings",
        sa.Column("reward_id", sa.Text),
        sa.Column("released", sa.Boolean, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ruled_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["reward_id"], ["reward_decisions.reward_id"], name="fk_reward_rulings_reward_id"),
    )
    op.create_index("uq_reward_rulings_reward_id", "reward_rulings", ["reward_id"], unique=True)
    op.create_table(
        "vouchers",
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("amount_ore", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("issued_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("redeemed_at", moment),
        sa.Column("redeemed_by", sa.Text),
        sa.Column("request", sa.Text),
        sa.PrimaryKeyConstraint("code_hash", name="pk_vouchers"),
        sa.CheckConstraint("amount_ore > 0", name="ck_vouchers_amount_positive"),
        sa.CheckConstraint(
            "state IN ('issued', 'redeemed', 'expired', 'cancelled')", name="ck_vouchers_state_known"
        ),
    )
    op.create_index("uq_vouchers_reward_id_number", "vouchers", ["reward_id", "number"], unique=True)
    op.create_index(
        "uq_vouchers_live", "vouchers", ["reward_id"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )
    op.create_index("ix_vouchers_state_expires_at", "vouchers", ["state", "expires_at"])
    op.create_table(
        "ledger",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("reward_id", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("debit", sa.Text, nullable=False),
        sa.Column("credit", sa.Text, nullable=False),
        sa.Column("amount_ore", sa.BigInteger, nullable=False),
        sa.Column("booked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.UniqueConstraint("entry", name="uq_ledger_entry"),
        sa.CheckConstraint("amount_ore > 0", name="ck_ledger_amount_positive"),
        sa.CheckConstraint("debit <> credit", name="ck_ledger_two_accounts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_reward_id", "ledger", ["reward_id"])
    _forbid_changes()


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION pilot_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the table % can only be added to', TG_TABLE_NAME; END $$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION pilot_append_only()"
            )
        return
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the table {table} can only be added to'); END"
            )


def downgrade() -> None:
    """Drop them with their rows."""
    for table in ("ledger", "vouchers", "reward_rulings", "reward_decisions"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION pilot_append_only()")
