"""The export of all data about one guest's session."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.backup.catalog import backup_folder, list_backups
from pilot.business_days import session_day
from pilot.lake_tables.tables import TABLES, TURNS
from pilot.money import kronor
from pilot.time_limits import KINDS, retention_days
from storage.erasure.files_beside import STORE_FILES, search
from storage.erasure.landing_lines import sessions_lines
from storage.erasure.sound_files import sound_files
from storage.home import Home
from storage.store import audit
from storage.store.privacy import expirations, tombstones
from storage.store.privacy import session_rows as session_rows
from storage.store.rewards import decisions, vouchers

CONVERSATION_FIELDS = ("turn", "question", "transcript", "heard", "edited", "reply")


def export_session(home: Home, session_id: str, *, actor: str, now: datetime) -> dict[str, Any]:
    """Return all data about a session; record the request in the audit log first.

    Args:
        home: The home.
        session_id: The session.
        actor: Who requests the export.
        now: The current time, UTC.

    Raises:
        PilotError: a place cannot be reached; there are no partial exports.
    """
    store, day = home.store(), session_day(session_id)
    with store.begin() as connection:
        audit.record(
            connection, actor=actor, action="session.export", subject=session_id, reason="asked_by_guest", at=now
        )
    in_store = session_rows.about_session(store, session_id)
    in_lake = _in_lake(home, session_id)
    receipt = next(iter(in_store.get("receipts", [])), {})
    return {
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "reference": receipt.get("reference"),
        "cafe": receipt.get("cafe"),
        "day": day.isoformat(),
        "erased_at": _iso(tombstones.erased_at(store, session_id)),
        "conversation": [
            {name: row[name] for name in CONVERSATION_FIELDS}
            for row in sorted(in_lake.get(TURNS.name, []), key=lambda row: row["turn"])
        ],
        "sound": {
            "kept": "The pilot hears sound and drops it; none is kept.",
            "files": [sound.path.name for sound in sound_files(home.root) if session_id in sound.path.as_posix()],
        },
        "reward": _reward(home, session_id),
        "kept_until": _kept_until(home, session_id),
        "recorded": [_line(each) for each in sorted(set(sessions_lines(home.segments(), day, session_id)))],
        "tables": in_lake,
        "store": in_store,
        "files_that_name_the_session": [
            name for name in search(home.root, [session_id.encode()]) if name not in STORE_FILES
        ],
        "backups": _backups(home, session_id),
    }


def _in_lake(home: Home, session_id: str) -> dict[str, list[dict[str, Any]]]:
    tables = {}
    day, lake = session_day(session_id), home.lake()
    for table in TABLES.values():
        if "session_id" in table.names:
            with lake.snapshot(table) as snapshot:
                rows = snapshot.sql(
                    f"SELECT * FROM {table.name} WHERE day = ? AND session_id = ?",  # noqa: S608
                    [day, session_id],
                ).to_dicts()
            if rows:
                tables[table.name] = rows
    return tables


def _reward(home: Home, session_id: str) -> dict[str, Any] | None:
    decision = decisions.find(home.store(), session_id)
    if decision is None:
        return None
    voucher = vouchers.of_reward(home.store(), decision.reward_id)
    return {
        "decision": decision.outcome,
        "why": decision.reason or None,
        "released_by_a_person": decision.released,
        "amount": kronor(decision.amount_ore),
        "decided_at": _iso(decision.decided_at),
        "voucher": None
        if voucher is None
        else {
            "state": voucher.state,
            "cafe": voucher.cafe,
            "amount": kronor(voucher.amount_ore),
            "issued_at": _iso(voucher.issued_at),
            "valid_until": _iso(voucher.expires_at),
            "redeemed_at": _iso(voucher.redeemed_at),
        },
    }


def _kept_until(home: Home, session_id: str) -> dict[str, str]:
    day = session_day(session_id)
    removed = {kind: day in expirations.expired(home.store(), kind) for kind in KINDS}
    removed_or_due = {
        kind: "removed" if removed[kind] else (day + timedelta(days=retention_days(home.settings, kind))).isoformat()
        for kind in KINDS
        if kind != "audio"
    }
    return removed_or_due | {
        "bookings": "for seven years, as the law on bookkeeping asks; without who it was once erased"
    }


def _backups(home: Home, session_id: str) -> list[dict[str, Any]]:
    """Return the dates of the backups made since the session; their sealed content cannot be listed."""
    day = session_day(session_id)
    return [
        {
            "made_at": _iso(each.manifest.made_at),
            "sealed": each.manifest.sealed,
            "kept_until": (each.manifest.made_at + timedelta(days=home.settings.backup_days)).date().isoformat(),
        }
        for each in list_backups(backup_folder(home.settings))
        if each.manifest.scope != "configuration" and each.manifest.made_at.date() >= day
    ]


def _line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return "a damaged line"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
