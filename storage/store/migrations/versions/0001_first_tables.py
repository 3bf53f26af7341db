"""The first tables: codes, receipts, customer counts, tombstones, outbox, audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A revision is self-contained: it must create the same tables whatever the schema modules say later.
moment = sa.DateTime(timezone=True)
serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "codes",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("retired_at", moment),
        sa.PrimaryKeyConstraint("code", name="pk_codes"),
    )
    op.create_index("ix_codes_cafe", "codes", ["cafe"])
    op.create_table(
        "receipts",
        sa.Column("receipt_hash", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("preliminary_score", sa.Integer),
        sa.Column("preliminary_eligible", sa.Boolean),
        sa.Column("rubric_version", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("receipt_hash", name="pk_receipts"),
    )
    op.create_index("ix_receipts_reference", "receipts", ["reference"])
    op.create_index("ix_receipts_session_id", "receipts", ["session_id"])
    op.create_table(
        "customer_counts",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("customers", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reported_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer_counts"),
        sa.CheckConstraint("customers >= 0", name="ck_customer_counts_customers_not_negative"),
    )
    op.create_index("ix_customer_counts_day_cafe", "customer_counts", ["day", "cafe"])
    op.create_table(
        "tombstones",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_tombstones"),
    )
    op.create_index("ix_tombstones_day", "tombstones", ["day"])
    op.create_table(
        "outbox",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_log",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop them with their rows."""
    for table in ("audit_log", "outbox", "tombstones", "customer_counts", "receipts", "codes"):
        op.drop_table(table)
