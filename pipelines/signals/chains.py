"""Chains: sessions one after another, each begun soon after an earlier one ended.

A visit that overlaps a chain does not break it: the longest path is followed, so that a page opened in between, or a
second script beside the first, hides nothing.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import polars as pl

CHAIN_PAUSE_SECONDS = 60  # the maximum pause between two sessions of a chain
STILL_OPEN = datetime.max.replace(tzinfo=UTC)
LINK_COLUMNS = ("session_id", "opened_at", "started_at", "last_event_at", "outcome", "code")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Link:
    """One visit in a chain.

    Attributes:
        session_id: The visit's session.
        begins: When start was pressed; if it never was, when the page was opened. Pages opened in advance hide nothing.
        ends: The visit's last event; `STILL_OPEN` for a session under way.
        counts: Whether the feedback was sent and would be paid: pages only opened, and worthless answers, hold nobody.
        code: The scanned code.
    """

    session_id: str
    begins: datetime
    ends: datetime
    counts: bool
    code: str | None


@dataclass(frozen=True, slots=True)
class Chained:
    """The chains that lead to a visit, itself included.

    Attributes:
        link: The visit.
        in_a_row: Counted sessions of the chain that nothing overlaps.
        codes_in_a_row: Their codes.
        on_a_path: Counted sessions of the longest chain, with others beside it.
        codes_on_a_path: Codes of counted sessions in the chain of most codes, with others beside it.
        others_open: The most other visits that were open at one moment of it.
    """

    link: Link
    in_a_row: int
    codes_in_a_row: int
    on_a_path: int
    codes_on_a_path: int
    others_open: int


def links_of(visits: pl.DataFrame, *, worth: Collection[str] | None = None) -> list[Link]:
    """Return visits as links, in order of their beginning; those without a known beginning are left out.

    Args:
        visits: LINK_COLUMNS of SESSIONS.
        worth: The sessions that would be paid; only these count. None counts all that were sent.
    """
    begins = pl.coalesce("started_at", "opened_at")
    known = visits.with_columns(begins=begins).drop_nulls("begins").sort("begins", "session_id")
    return [_link(row, worth=worth) for row in known.iter_rows(named=True)]


def chains(links: Sequence[Link]) -> list[Chained]:
    """Return the chains that lead to each visit of one device or network.

    Args:
        links: Its visits, in order of their beginning.
    """
    begins, ends = [link.begins for link in links], sorted(link.ends for link in links)
    # A visit that ends at the moment at which another begins is not open beside it.
    open_at_begin = [place + 1 - bisect_right(ends, moment) for place, moment in enumerate(begins)]
    lengths, codes = _Recent[int](key=int), _Recent[frozenset[str | None]](key=len)
    under_way: list[tuple[datetime, int, int, frozenset[str | None]]] = []
    row, row_codes = 0, frozenset[str | None]()
    pause = timedelta(seconds=CHAIN_PAUSE_SECONDS)
    found: list[Chained] = []
    for place, link in enumerate(links):
        while under_way and under_way[0][0] <= link.begins:
            ended, _, length, scanned = heapq.heappop(under_way)
            lengths.add(ended, length)
            codes.add(ended, scanned)
        length = (lengths.since(link.begins - pause) or 0) + link.counts
        own = {link.code} if link.counts else set[str | None]()
        scanned = (codes.since(link.begins - pause) or frozenset()) | own
        heapq.heappush(under_way, (link.ends, place, length, scanned))
        if not place or not timedelta(0) <= link.begins - links[place - 1].ends <= pause:
            row, row_codes = 0, frozenset()
        row, row_codes = row + link.counts, row_codes | own
        others = max(0, max(open_at_begin[place : bisect_left(begins, link.ends, lo=place + 1)]) - 1)
        found.append(Chained(link, row, len(row_codes), length, len(scanned), others))
    return found


def _link(row: dict[str, Any], *, worth: Collection[str] | None) -> Link:
    return Link(
        session_id=row["session_id"],
        begins=row["begins"],
        ends=STILL_OPEN if row["outcome"] == "open" else row["last_event_at"],
        counts=row["outcome"] == "completed" and (worth is None or row["session_id"] in worth),
        code=row["code"],
    )


class _Recent(Generic[Value]):
    """The greatest of the values added in order of time, since a moment that only moves on."""

    def __init__(self, *, key: Callable[[Value], int]) -> None:
        self._key = key
        self._greatest: deque[tuple[datetime, Value]] = deque()

    def add(self, at: datetime, value: Value) -> None:
        """Add a value; earlier ones that are not greater can never be the greatest again."""
        while self._greatest and self._key(self._greatest[-1][1]) <= self._key(value):
            self._greatest.pop()
        self._greatest.append((at, value))

    def since(self, moment: datetime) -> Value | None:
        """Return the greatest value at or after `moment`; None if there is none."""
        while self._greatest and self._greatest[0][0] < moment:
            self._greatest.popleft()
        return self._greatest[0][1] if self._greatest else None
