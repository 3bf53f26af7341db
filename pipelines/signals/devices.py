"""Device signals: chains without a pause, code hopping, sessions outside opening hours.

Without consent to a token, a device is identified by network and browser, for one day only: twenty guests with the same
phone model on the café's Wi-Fi are one "device". Therefore many sessions by themselves never cause a hold. A single
device is recognised by its order: each of its sessions begins when the previous one ends. If others overlap them, the
chain must be longer, because in a crowd some sessions follow each other by chance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import polars as pl

from pilot.business_days import local_time
from pilot.cafes import Cafes
from pilot.opening_hours import hours_on
from pipelines.signals.chains import CHAIN_PAUSE_SECONDS, Chained, chains, links_of
from pipelines.signals.finding import Finding

CHAIN_SESSIONS = 6  # sessions that would be paid in one chain; from the sixth on they are held
CHAIN_CODES = 4  # codes scanned in one chain; nobody sits at four tables in a row
PATH_SESSIONS = 12  # the same two, if other sessions of the device overlap the chain
PATH_CODES = 8
OVERLAP_OTHERS = 3  # other sessions of the device open at the same time; from here on they are noted
OFTEN_SESSIONS = 4  # such sessions of one device on a day; from here on they are noted
BEFORE_OPENING_MINUTES = 15
AFTER_CLOSING_MINUTES = 60
MINUTES_OF_A_DAY = 1440  # the distance from opening hours if the café is closed all day
PATTERN_DAYS = 3  # days of the look-back with sessions outside opening hours

COMPLETED = pl.col("outcome") == "completed"


def device_signals(sessions: pl.DataFrame, *, worth: Collection[str] | None = None) -> list[Finding]:
    """Return the signals of a day's devices.

    Args:
        sessions: Frame of SESSIONS of one day.
        worth: The sessions that would be paid; only these count. None counts all that were sent.
    """
    known = sessions.filter(pl.col("device_hash").is_not_null())
    return [
        found
        for visits in known.partition_by("simulated", "device_hash", maintain_order=True)
        for found in _of_device(chains(links_of(visits, worth=worth)))
    ]


def _of_device(visits: list[Chained]) -> Iterator[Finding]:
    completed = [visit for visit in visits if visit.link.counts]
    for visit in completed:
        session = visit.link.session_id
        if len(completed) >= OFTEN_SESSIONS:
            yield Finding(session, "device_often", counts={"sessions": len(completed)})
        if visit.others_open >= OVERLAP_OTHERS:
            yield Finding(session, "device_overlap", counts={"others_open": visit.others_open})
        if visit.in_a_row >= CHAIN_SESSIONS or visit.on_a_path >= PATH_SESSIONS:
            counts = {"in_a_row": visit.on_a_path, "pause_seconds_at_most": CHAIN_PAUSE_SECONDS}
            yield Finding(session, "device_chain", counts=counts)
        if visit.codes_in_a_row >= CHAIN_CODES or visit.codes_on_a_path >= PATH_CODES:
            yield Finding(session, "code_hopping", counts={"codes_in_a_row": visit.codes_on_a_path})


def hours_signals(sessions: pl.DataFrame, *, history: pl.DataFrame, cafes: Cafes) -> list[Finding]:
    """Return signals of sessions sent outside opening hours, and of devices that do so on several days.

    Args:
        sessions: Frame of SESSIONS of one day.
        history: HISTORY_COLUMNS of SESSIONS of the days before.
        cafes: The cafés, for their opening hours.
    """
    shut_before: dict[tuple[bool, str], set[date]] = {}
    for row in history.filter(COMPLETED & pl.col("device_token_hash").is_not_null()).iter_rows(named=True):
        if _minutes_outside(row, cafes=cafes):
            shut_before.setdefault((row["simulated"], row["device_token_hash"]), set()).add(row["day"])
    found = []
    for row in sessions.filter(COMPLETED).sort("session_id").iter_rows(named=True):
        minutes = _minutes_outside(row, cafes=cafes)
        if not minutes:
            continue
        found.append(Finding(row["session_id"], "outside_hours", counts={"minutes": minutes}))
        days = shut_before.get((row["simulated"], row["device_token_hash"] or ""), set()) | {row["day"]}
        if row["device_token_hash"] and len(days) >= PATTERN_DAYS:
            found.append(Finding(row["session_id"], "outside_hours_pattern", counts={"days": len(days)}))
    return found


def _minutes_outside(row: dict[str, Any], *, cafes: Cafes) -> int:
    """Return by how many minutes, beyond the usual, a session was sent before opening or after closing."""
    if row["cafe"] not in cafes.ids:
        return 0
    local = local_time(row["completed_at"])
    window = hours_on(cafes.get(row["cafe"]), local.date()).window
    if window is None:
        return MINUTES_OF_A_DAY
    opens, closes = window
    minute = local.hour * 60 + local.minute
    early = opens.hour * 60 + opens.minute - minute
    late = minute - (closes.hour * 60 + closes.minute)
    if early > BEFORE_OPENING_MINUTES:
        return early
    return late if late > AFTER_CLOSING_MINUTES else 0
