"""Networks: more rewards in an hour from one network than its guests explain.

A café's Wi-Fi or a mobile network is one network with many honest guests, so a few rewards an hour are never held, and
many are held only with a second sign of a script: rewards in a row without a pause, whatever browsers they claim, or
more open at once than sit at a table. Only visits that would be paid are a sign: pages that somebody opens and leaves,
or worthless answers, say nothing about the guests beside them. A rate that no café's Wi-Fi reaches is held by itself.
The browser plays no part, because a script changes it at will.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

import polars as pl

from pipelines.signals.chains import Chained, chains, links_of
from pipelines.signals.finding import Finding

HOUR = timedelta(hours=1)
FEW_AN_HOUR = 5  # rewards of one network that no sign holds
MANY_AN_HOUR = 24  # rewards of one network; beyond them no second sign is needed
ROW_SESSIONS = 8  # payable sessions in a row on one network: a sign
OTHERS_OPEN = 6  # other payable sessions, sent before, open on one network at the same time: a sign


def network_signals(sessions: pl.DataFrame, *, payable: Collection[str]) -> list[Finding]:
    """Return the signals of a day's networks; test clients, one machine with many sessions, get none.

    Args:
        sessions: Frame of SESSIONS of one day.
        payable: The ids of that day's sessions that would be paid without these signals.
    """
    due = sessions.filter(
        ~pl.col("simulated"),
        pl.col("network_hash").is_not_null(),
        pl.col("completed_at").is_not_null(),
        pl.col("session_id").is_in(sorted(payable)),
    )
    completed_at = dict(due.select("session_id", "completed_at").iter_rows())
    return [
        found
        for visits in due.partition_by("network_hash", maintain_order=True)
        for found in _of_network(chains(links_of(visits)), completed_at=completed_at)
    ]


def _of_network(visits: list[Chained], *, completed_at: dict[str, datetime]) -> Iterator[Finding]:
    # A reward is decided seconds after its completion, so later visits must change no earlier finding: only what was
    # sent before counts.
    paid: deque[datetime] = deque()
    sent: deque[tuple[datetime, datetime]] = deque()
    for visit in sorted(visits, key=lambda each: (completed_at[each.link.session_id], each.link.session_id)):
        at = completed_at[visit.link.session_id]
        while paid and paid[0] <= at - HOUR:
            paid.popleft()
        while sent and sent[0][1] <= at - HOUR:
            sent.popleft()
        others_open = _most_open(sent, since=visit.link.begins)
        sent.append((visit.link.begins, at))
        sign = visit.on_a_path >= ROW_SESSIONS or others_open >= OTHERS_OPEN
        if len(paid) < (FEW_AN_HOUR if sign else MANY_AN_HOUR):
            paid.append(at)
            continue
        counts = {"paid_this_hour": len(paid), "in_a_row": visit.on_a_path, "others_open": others_open}
        yield Finding(visit.link.session_id, "network_often", counts=counts)


def _most_open(spans: Iterable[tuple[datetime, datetime]], *, since: datetime) -> int:
    """Return how many of the visits, from begin to completion, were open at one moment after `since`."""
    open_since = [(max(begins, since), ends) for begins, ends in spans if ends > since]
    ends = sorted(ended for _, ended in open_since)
    moments = enumerate(sorted(begins for begins, _ in open_since), start=1)
    return max((begun - bisect_right(ends, moment) for begun, moment in moments), default=0)
