"""What was kept, read from the object store and PostgreSQL without the product's code."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import httpx
import psycopg2

from benchmarks.replicas.writer import Written

SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass
class Kept:
    """Everything that was kept.

    Attributes:
        rows: The number of lines of each event, by session, epoch and number.
        words: The committed texts of each session, the last revision of each turn.
        sent: The number of completions of each session.
        receipts: The number of receipts of each session in the store.
    """

    rows: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    words: dict[str, list[str]] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    receipts: Counter[str] = field(default_factory=Counter)

    def places(self, session: str) -> set[tuple[int, int]]:
        """Return epoch and number of each event of a session."""
        return {(epoch, seq) for found, epoch, seq in self.rows if found == session}


def read_kept(*, s3: str, bucket: str, prefix: str, database: str) -> Kept:
    """Read every segment and every receipt."""
    kept = Kept()
    turns: dict[tuple[str, int], list[tuple[int, int, str]]] = {}
    with httpx.Client(trust_env=False, timeout=30.0) as http:
        for key in _keys(http, f"{s3}/{bucket}", prefix):
            if not key.endswith(".ndjson") or "/probes/" in key:
                continue
            for line in http.get(f"{s3}/{bucket}/{key}").raise_for_status().text.splitlines():
                event = json.loads(line)
                session, epoch, seq = event["session_id"], event["epoch"], event["seq"]
                kept.rows[session, epoch, seq] += 1
                data = event["data"]
                if event["event"] == "utterance_committed":
                    turns.setdefault((session, data["turn"]), []).append(
                        (epoch, data.get("revision", 0), data["transcript"])
                    )
                elif event["event"] == "session_completed":
                    kept.sent[session] += 1
    for session, turn in sorted(turns):
        kept.words.setdefault(session, []).append(max(turns[session, turn])[2])
    connection = psycopg2.connect(database.replace("+psycopg2", ""))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_id FROM receipts")
            kept.receipts.update(str(row[0]) for row in cursor.fetchall())
    finally:
        connection.close()
    return kept


def _keys(http: httpx.Client, bucket: str, prefix: str) -> list[str]:
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = http.get(bucket, params={"list-type": "2", "prefix": f"{prefix}/", **after}).raise_for_status()
        page = ElementTree.fromstring(answer.text)
        found += [each.text or "" for each in page.iter(f"{SPACE}Key")]
        token = page.find(f"{SPACE}NextContinuationToken")
        if token is None or not token.text:
            return found
        after = {"continuation-token": token.text}


def compared(visits: Sequence[Written], kept: Kept) -> dict[str, Any]:
    """Compare what the customers were promised with what was kept."""
    lost_events = lost_words = doubled_words = events = words = begun_anew = 0
    without_completion, without_receipt, doubled_receipts, doubled_completions = [], [], [], []
    for visit in visits:
        events += len(visit.acknowledged)
        begun_anew += max(0, len(visit.sessions) - 1)
        for session in visit.sessions[:1]:
            lost_events += len(visit.acknowledged - kept.places(session))
            stored = Counter(_plain(text) for text in kept.words.get(session, []))
            said = Counter(_plain(text) for text in visit.words)
            words += sum(len(text.split()) for text in visit.words)
            lost_words += sum(len(text.split()) * count for text, count in (said - stored).items())
            doubled_words += sum(len(text.split()) * (count - 1) for text, count in stored.items() if count > 1)
            if visit.completed is not None:
                if not kept.sent[session]:
                    without_completion.append(session)
                if not kept.receipts[session]:
                    without_receipt.append(session)
            if kept.receipts[session] > 1:
                doubled_receipts.append(session)
            if kept.sent[session] > 1:
                doubled_completions.append(session)
    return {
        "acknowledged_events": events,
        "acknowledged_events_lost": lost_events,
        "acknowledged_words": words,
        "acknowledged_words_lost": lost_words,
        "words_doubled": doubled_words,
        "events_doubled": sum(count - 1 for count in kept.rows.values() if count > 1),
        "sent_without_completion": len(without_completion),
        "sent_without_receipt": len(without_receipt),
        "receipts_doubled": len(doubled_receipts),
        "completions_doubled": len(doubled_completions),
        "begun_anew": begun_anew,
    }


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


def faults(found: dict[str, Any]) -> list[str]:
    """Return what must not be."""
    must_be_none = (
        "acknowledged_events_lost", "acknowledged_words_lost", "words_doubled", "events_doubled",
        "sent_without_completion", "sent_without_receipt", "receipts_doubled", "begun_anew",
    )  # fmt: skip
    return [f"{name.replace('_', ' ')}: {found[name]}" for name in must_be_none if found[name]]
