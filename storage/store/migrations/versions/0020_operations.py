"""Incidents, the planned end of a switch, and the words that guests of a disabled café read."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def serial(name: str = "id") -> sa.Column[int]:
    """Return a column that numbers the rows."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, nullable=False, autoincrement=True)


def upgrade() -> None:
    """Create the tables, and add the columns."""
    op.add_column("switches", sa.Column("until", moment))
    op.add_column("cafe_states", sa.Column("shown_sv", sa.Text))
    op.add_column("cafe_states", sa.Column("shown_en", sa.Text))
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("cafes", sa.JSON, nullable=False),
        sa.Column("personal_data", sa.Boolean, nullable=False),
        sa.Column("detected_at", moment, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("closed_at", moment),
        sa.Column("cause", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.CheckConstraint("severity BETWEEN 1 AND 3", name="ck_incidents_severity_known"),
    )
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at"])
    op.create_table(
        "incident_entries",
        serial(),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("public_sv", sa.Text, nullable=False),
        sa.Column("public_en", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_entries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_entries_incident_id", "incident_entries", ["incident_id"])
    op.create_table(
        "incident_actions",
        serial(),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("done_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_incident_actions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_actions_incident_id", "incident_actions", ["incident_id"])
    op.create_table(
        "incident_notices",
        serial(),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("cafe", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("queued_at", moment, nullable=False),
        sa.Column("queued_by", sa.Text, nullable=False),
        sa.Column("sent_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_incident_notices"),
        sa.UniqueConstraint("incident_id", "cafe", "kind", name="uq_incident_notices_incident_id_cafe_kind"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "public_status",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("text_sv", sa.Text, nullable=False),
        sa.Column("text_en", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_public_status"),
        sa.CheckConstraint(
            "level IN ('ok', 'degraded', 'down', 'maintenance')", name="ck_public_status_level_known"
        ),
    )
    _forbid_changes()


def _forbid_changes() -> None:
    for verb in ("UPDATE", "DELETE"):
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER incident_entries_no_{verb.lower()} BEFORE {verb} ON incident_entries "
                "FOR EACH ROW EXECUTE FUNCTION pilot_append_only()"
            )
        else:
            op.execute(
                f"CREATE TRIGGER incident_entries_no_{verb.lower()} BEFORE {verb} ON incident_entries "
                "BEGIN SELECT RAISE(ABORT, 'the table incident_entries can only be added to'); END"
            )


def downgrade() -> None:
    """Drop the tables with their rows, and the columns."""
    for table in ("public_status", "incident_notices", "incident_actions", "incident_entries", "incidents"):
        op.drop_table(table)
    op.drop_column("cafe_states", "shown_en")
    op.drop_column("cafe_states", "shown_sv")
    op.drop_column("switches", "until")
