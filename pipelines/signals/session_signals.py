"""The table `session_signals`: one row per signal of a session; and their effect on its reward."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from pilot.cafes import Cafes
from pilot.lake_tables.tables import SESSION_SIGNALS
from pipelines.shapes import schema, table_frame
from pipelines.signals.devices import device_signals, hours_signals
from pipelines.signals.duplicates import copies
from pipelines.signals.finding import Finding
from pipelines.signals.networks import network_signals
from pipelines.signals.pace import pace_signals
from pipelines.signals.reasons import HOLD_DAYS, REASONS, SIGNALS_VERSION
from pipelines.signals.velocity import burst_signals

SESSION_COLUMNS = (
    *("day", "session_id", "cafe", "simulated", "device_hash", "device_token_hash", "network_hash", "code"),
    *("opened_at", "started_at", "last_event_at", "completed_at", "outcome"),
)
TURN_COLUMNS = ("session_id", "mode", "transcript", "heard", "speech_s")
SCORED_COLUMNS = ("session_id", "eligible", "flags")
URGENT = pl.element().filter(pl.element().str.starts_with("urgent_"))


def session_signals(
    day: date,
    *,
    sessions: pl.DataFrame,
    turns: pl.DataFrame,
    history: pl.DataFrame,
    fingerprints: pl.DataFrame,
    earlier_fingerprints: pl.DataFrame,
    scored: pl.DataFrame,
    cafes: Cafes,
) -> pl.DataFrame:
    """Return a day's signals, one row per session and signal.

    Args:
        day: The business day.
        sessions: SESSION_COLUMNS of SESSIONS of the day.
        turns: TURN_COLUMNS of TURNS of the day; those of sessions with `pace_signals` are enough.
        history: `pipelines.signals.velocity.HISTORY_COLUMNS` of SESSIONS of the look-back days before it.
        fingerprints: Frame of FINGERPRINTS of the day.
        earlier_fingerprints: Frame of FINGERPRINTS of the look-back days.
        scored: SCORED_COLUMNS of SCORED_FEEDBACK of the day.
        cafes: The cafés.
    """
    eligible = scored.filter("eligible")["session_id"]
    found = [
        *copies(day, today=fingerprints, earlier=earlier_fingerprints, eligible=eligible),
        *device_signals(sessions, worth=set(eligible)),
        *hours_signals(sessions, history=history, cafes=cafes),
        *pace_signals(sessions, turns),
        *_urgent(scored),
    ]
    # What is held, capped or worth nothing is no reward: it must not make the next guest's wait.
    found += network_signals(sessions, payable=set(eligible) - _stopped(found))
    payable = set(eligible) - _stopped(found)
    found += burst_signals(day, sessions=sessions, history=history, cafes=cafes, payable=payable)
    return _table(found, sessions=sessions)


def _stopped(found: Iterable[Finding]) -> set[str]:
    """Return the sessions that a signal holds or caps."""
    return {each.session_id for each in found if REASONS[each.signal].severity != "note"}


def _urgent(scored: pl.DataFrame) -> list[Finding]:
    """Return signals of sessions flagged by the scorer as urgent: allergy, injury, harassment, safety."""
    flagged = scored.select("session_id", kinds=pl.col("flags").list.eval(URGENT)).filter(
        pl.col("kinds").list.len() > 0
    )
    return [
        Finding(session, "urgent", counts=dict.fromkeys(sorted(kinds), 1)) for session, kinds in flagged.iter_rows()
    ]


def _table(found: Iterable[Finding], *, sessions: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {
            "session_id": each.session_id,
            "signal": each.signal,
            "severity": REASONS[each.signal].severity,
            "cap": REASONS[each.signal].cap,
            "related": list(each.related),
            "counts": json.dumps(dict(each.counts), sort_keys=True),
            "signals_version": SIGNALS_VERSION,
        }
        for each in found
    ]
    own = ("session_id", "signal", "severity", "cap", "related", "counts", "signals_version")
    types = schema(SESSION_SIGNALS)
    own_rows = pl.DataFrame(rows, schema={name: types[name] for name in own}, orient="row")
    held = pl.when(pl.col("severity") == "hold").then(pl.col("completed_at") + timedelta(days=HOLD_DAYS))
    of = sessions.select("day", "session_id", "cafe", "simulated", "completed_at")
    return table_frame(SESSION_SIGNALS, own_rows.join(of, on="session_id").with_columns(held_until=held).lazy())


def keep_earlier(found: pl.DataFrame, *, earlier: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Return a day's signals with earlier findings kept, after part of their input was erased.

    Args:
        found: Frame of SESSION_SIGNALS, from the remaining input.
        earlier: The day's previous signals.
        sessions: Frame with the session_id of the day's SESSIONS; signals of other sessions are dropped.
    """
    new = found.join(earlier, on=["session_id", "signal"], how="anti")
    both = pl.concat([earlier.select(new.columns), new]).join(sessions, on="session_id", how="semi")
    return table_frame(SESSION_SIGNALS, both.lazy())


def reward_effects(signals: pl.DataFrame) -> pl.DataFrame:
    """Return the signals' effect on rewards, one row per session with a signal.

    Columns: session_id; held_until, null if nothing holds it; cap, the maximum that its score counts as, null if
        nothing caps it; reasons, the signals that hold or cap, sorted.

    Args:
        signals: Frame of SESSION_SIGNALS.
    """
    return (
        signals.group_by("session_id")
        .agg(
            held_until=pl.col("held_until").max(),
            cap=pl.col("cap").min(),
            reasons=pl.col("signal").filter(pl.col("severity") != "note").sort(),
        )
        .sort("session_id")
    )
