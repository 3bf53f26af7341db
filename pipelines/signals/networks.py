"""Networks: more rewards in an hour from one network than its guests explain.

A café's Wi-Fi or a mobile network is one network with many honest guests, so a few rewards an hour are never held, and
many are held only with a second sign of a script: sessions in a row without a pause, whatever browsers they claim, or
more open at once than sit at a table. A rate that no café's Wi-Fi reaches is held by itself. The browser plays no part,
because a script changes it at will.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import polars as pl

from pipelines.signals.chains import Chained, chains, links_of
from pipelines.signals.finding import Finding

HOUR = timedelta(hours=1)
FEW_AN_HOUR = 5  # rewards of one network that no sign holds
MANY_AN_HOUR = 24  # rewards of one network; beyond them no second sign is needed
ROW_SESSIONS = 8  # completed sessions in a row on one network: a sign
OTHERS_OPEN = 6  # other sessions open on one network at the same time: a sign


def network_signals(sessions: pl.DataFrame, *, payable: Collection[str]) -> list[Finding]:
    """Return the signals of a day's networks; test clients, one machine with many sessions, get none.

    Args:
        sessions: Frame of SESSIONS of one day.
        payable: The ids of that day's sessions that would be paid without these signals.
    """
    real = sessions.filter(~pl.col("simulated") & pl.col("network_hash").is_not_null())
    completed_at = dict(real.select("session_id", "completed_at").drop_nulls().iter_rows())
    return [
        found
        for visits in real.partition_by("network_hash", maintain_order=True)
        for found in _of_network(chains(links_of(visits)), completed_at=completed_at, payable=frozenset(payable))
    ]


def _of_network(
    visits: list[Chained], *, completed_at: dict[str, datetime], payable: Collection[str]
) -> Iterator[Finding]:
    due = [visit for visit in visits if visit.link.session_id in payable and visit.link.session_id in completed_at]
    paid: deque[datetime] = deque()
    for visit in sorted(due, key=lambda each: (completed_at[each.link.session_id], each.link.session_id)):
        at = completed_at[visit.link.session_id]
        while paid and paid[0] <= at - HOUR:
            paid.popleft()
        sign = visit.on_a_path >= ROW_SESSIONS or visit.others_open >= OTHERS_OPEN
        if len(paid) < (FEW_AN_HOUR if sign else MANY_AN_HOUR):
            paid.append(at)
            continue
        counts = {"paid_this_hour": len(paid), "in_a_row": visit.on_a_path, "others_open": visit.others_open}
        yield Finding(visit.link.session_id, "network_often", counts=counts)
