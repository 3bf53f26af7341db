"""Runs migrations on the connection of `storage.store.migrate`, inside its transaction."""

from __future__ import annotations

from alembic import context

from storage.store.schemas import access as access_schema
from storage.store.schemas import alerts as alerts_schema
from storage.store.schemas import cases as cases_schema
from storage.store.schemas import digests as digests_schema
from storage.store.schemas import incidents as incidents_schema
from storage.store.schemas import money as money_schema
from storage.store.schemas import payout as payout_schema
from storage.store.schemas import privacy as privacy_schema
from storage.store.schemas import provider as provider_schema
from storage.store.schemas import surveys as surveys_schema
from storage.store.schemas import webhooks as webhooks_schema
from storage.store.schemas.core import metadata

# Imported for their tables.
_ = [access_schema, alerts_schema, cases_schema, digests_schema, incidents_schema, money_schema, payout_schema]
_ += [privacy_schema, provider_schema, surveys_schema, webhooks_schema]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by recreating it.
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
