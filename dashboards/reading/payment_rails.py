"""The states of payments by rail over a period, as stored in the lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.payout_tables import PAYMENTS

TABLES = (PAYMENTS,)


@dataclass(frozen=True, slots=True)
class RailPayments:
    """One rail's payments over a period; open, issued and expired ones neither succeeded nor failed."""

    rail: str
    succeeded: int
    failed: int
    open: int
    issued: int
    expired: int

    @property
    def share(self) -> float | None:
        """Return the share of succeeded payments among the ended ones; None if none has ended."""
        ended = self.succeeded + self.failed
        return self.succeeded / ended if ended else None


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def payment_rails(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], last: date, days: int, simulated: bool
) -> tuple[RailPayments, ...]:
    """Return each rail's payments in the `days` days up to `last`; `key` is the snapshot's."""
    rows = _snapshot.sql(
        """
        select rail, sum(succeeded), sum(failed), sum(open), sum(issued), sum(expired)
        from payments
        where day between ? and ? and list_contains(?, cafe) and simulated = ?
        group by rail
        order by rail desc
        """,
        (last - timedelta(days=days - 1), last, list(cafes), simulated),
    ).iter_rows()
    return tuple(RailPayments(rail, *(int(count) for count in counts)) for rail, *counts in rows)
