"""The source assets: written by other processes, never built by Dagster."""

from __future__ import annotations

import dagster as dg

from assets.framework.groups import owners

GROUP = "outside"

landing = dg.AssetSpec(
    "landing",
    description="One immutable segment of events, as a replica of the edge or a prober published it.\n\n"
    "Lines of JSON by docs/raw-event.schema.json, in a folder for each business day. `pilot landing` shows and repairs "
    "them; the sensor `new_facts` polls here every 15 seconds.",
    group_name=GROUP,
    owners=owners(GROUP),
    kinds={"json"},
)

store = dg.AssetSpec(
    "store",
    description="One transaction of a guest, a café or a team member: small data that must never be lost.\n\n"
    "Customer counts, decisions on rewards, vouchers and books, erasures, switches, the states of days. Every change "
    "of a day's figures adds a row to the outbox, where the sensor `new_facts` finds the day.",
    group_name=GROUP,
    owners=owners(GROUP),
    kinds={"sql"},
)

SOURCES = [landing, store]
