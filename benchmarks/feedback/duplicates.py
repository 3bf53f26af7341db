"""Detection of copies: time over many sessions, and accuracy on rings and honest crowds.

    python -m benchmarks.feedback.duplicates --rows 1000000 [--json]

The honest crowd is generated: guests who speak of the same few things (the queue, the coffee, a table, the noise) in
clauses drawn from a small grammar, with words of their own in between. Real guests share less wording than a grammar
does, so its false alarms are too many rather than too few; `alike` says by how much. Rings copy one guest's words and
change them: by a recogniser's errors, by swapped words, by a template with other numbers and names, with sentences
moved or added. Speed is measured on the crowd with rings and short answers in it, all of which would be paid; recall by
kind of copy and the crowd's false alarms on QUALITY_ROWS sessions of each language, none of which would be paid.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.feedback.duplicate_guests import KINDS, corpus_rows, guest, text
from pilot.lake_tables.tables import FINGERPRINTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS
from pilot.settings import Settings
from pipelines.shapes import schema
from pipelines.signals.duplicates import HISTORY_DAYS, LEAST_WORDS, copies
from pipelines.signals.finding import Finding
from pipelines.signals.fingerprints import fingerprints, hash_texts, unpack_pairs
from pipelines.signals.resemblance import Sets, common
from pipelines.signals.session_signals import session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS
from pipelines.statistics.intervals import wilson
from storage.home import open_home

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 11, 23)
KEY = b"benchmark only, no home's secret"
SEED = 20261123
QUALITY_ROWS = 5_000  # what three cafés gather in a look-back window
RING_COPIES = 200  # of each kind and language
RING_SHARE = 0.01  # of the speed run's guests are copied three times
SHORT_SHARE = 0.16  # of the speed run's guests say less than LEAST_WORDS, as in the corpus of the language room
CAFES = ("aurora", "malmohuset", "goteborg")


def fingerprinted(texts: list[str], *, simulated: bool = True) -> pl.DataFrame:
    start = datetime(2026, 11, 23, 6, tzinfo=UTC)
    count = len(texts)
    base = pl.DataFrame({"n": pl.arange(0, count, eager=True)}).select(
        day=pl.lit(DAY),
        session_id=pl.col("n").cast(pl.String).str.zfill(9),
        cafe=pl.lit(pl.Series(CAFES)).gather(pl.col("n") % len(CAFES)),
        simulated=pl.lit(simulated),
        completed_at=pl.lit(start) + pl.duration(milliseconds=pl.col("n")),
    )
    rows = pl.concat([base, hash_texts(pl.Series(texts), key=KEY)], how="horizontal")
    return rows.select([pl.col(name).cast(kind) for name, kind in schema(FINGERPRINTS).items()])


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=schema(FINGERPRINTS))


def speed(rows: int) -> dict[str, object]:
    rng = random.Random(SEED)
    texts: list[str] = []
    kinds = list(KINDS.values())
    while len(texts) < rows:
        said, language = guest(rng, "sv" if rng.random() < 0.7 else "en"), "sv"
        if rng.random() < SHORT_SHARE:
            texts.append(" ".join(text(said).split()[: rng.randrange(3, LEAST_WORDS)]))
            continue
        texts.append(text(said))
        if rng.random() < RING_SHARE:
            texts += [rng.choice(kinds)(rng, said, language) for _ in range(3)]
    texts = texts[:rows]
    rng.shuffle(texts)
    began, cpu = time.perf_counter(), time.process_time()
    outcome = fingerprinted(texts)
    fingerprint_s, fingerprint_cpu = time.perf_counter() - began, time.process_time() - cpu
    del texts
    began, cpu = time.perf_counter(), time.process_time()
    found = copies(DAY, today=outcome, earlier=_none(), eligible=outcome["session_id"])
    return {
        "rows": rows,
        "short": outcome.filter(pl.col("words") < LEAST_WORDS).height,
        "mean_words": round(float(outcome["words"].mean() or 0), 1),
        "fingerprint_seconds": round(fingerprint_s, 1),
        "fingerprint_cpu_seconds": round(fingerprint_cpu, 1),
        "find_seconds": round(time.perf_counter() - began, 1),
        "find_cpu_seconds": round(time.process_time() - cpu, 1),
        "signals": len(found),
        "copied_exactly": sum(each.signal == "copied_exactly" for each in found),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def quality(rows: int) -> dict[str, object]:
    rng = random.Random(SEED + 1)
    texts: list[str] = []
    kind_of: list[str] = []  # "" for an honest guest
    for language in ("sv", "en"):
        crowd = [guest(rng, language) for _ in range(rows)]
        texts += [text(said) for said in crowd]
        kind_of += [""] * rows
    honest = len(texts)
    for language, offset in (("sv", 0), ("en", rows)):
        for kind, change in KINDS.items():
            for copied in rng.sample(range(rows), RING_COPIES):
                original = texts[offset + copied].split(". ")
                texts.append(change(rng, original, language))
                kind_of.append(f"{language} {kind}")
    outcome = fingerprinted(texts)
    caught = {int(found.session_id) for found in _copies(outcome)}
    false_alarms = sum(index < honest for index in caught)
    recall: dict[str, str] = {}
    for kind in dict.fromkeys(kind_of[honest:]):
        members = [index for index in range(honest, len(texts)) if kind_of[index] == kind]
        recall[kind] = _share(sum(index in caught for index in members), len(members))
    low, high = wilson(false_alarms, honest)
    return {
        "honest": honest,
        "honest_held": false_alarms,
        "honest_held_share": f"{false_alarms / honest:.4f} ({low:.4f} to {high:.4f})",
        "precision_at_one_copy_in_ten": round(_precision(recall, false_alarms / honest), 3),
        "recall": recall,
    }


def _copies(today: pl.DataFrame) -> list[Finding]:
    found = copies(DAY, today=today, earlier=_none(), eligible=_none()["session_id"])
    return [each for each in found if each.signal in ("copied_exactly", "copied_nearly")]


def _share(caught: int, of: int) -> str:
    low, high = wilson(caught, of)
    return f"{caught / of:.3f} ({low:.3f} to {high:.3f})"


def _precision(recall: dict[str, str], false_share: float) -> float:
    """Precision where one session in ten is a copy, its kinds equally frequent."""
    caught = 0.1 * sum(float(value.split()[0]) for value in recall.values()) / len(recall)
    return caught / (caught + 0.9 * false_share)


def corpus() -> dict[str, object]:
    """The labelled development feedback: what is copied there, and what is held that is not."""
    rows = list(corpus_rows())
    outcome = fingerprinted([" ".join(row["turns"]) for row in rows])
    found = _copies(outcome)
    named = [(rows[int(each.session_id)]["id"], rows[int(each.related[0])]["id"], each.signal) for each in found]
    return {
        "sessions": len(rows),
        "labelled_copied": [row["id"] for row in rows if row["kind"] == "copied"],
        "found": [{"session": session, "of": of, "signal": signal} for session, of, signal in named],
    }


def alike() -> dict[str, object]:
    """Return the similarity of each session to its nearest one, for the corpus and for the crowd."""
    rng = random.Random(SEED + 3)
    outcome: dict[str, object] = {}
    for language in ("sv", "en"):
        copied = {"dev-010", "dev-052", "dev-053", "dev-073", "dev-088"}  # what its copies were made from
        rows = [row for row in corpus_rows() if row["language"] == language and row["kind"] != "copied"]
        own = [" ".join(row["turns"]) for row in rows if row["id"] not in copied]
        crowd = [text(guest(rng, language)) for _ in own]
        outcome[language] = {"sessions": len(own), "corpus": _nearest(own), "crowd": _nearest(crowd)}
    return outcome


def _nearest(texts: list[str]) -> dict[str, float]:
    frame = fingerprinted(texts).filter(pl.col("words") >= LEAST_WORDS)
    sets = Sets(*unpack_pairs(frame["pairs"]))
    ones, others = (side.ravel() for side in np.indices((len(sets), len(sets))))
    shared = common(sets, ones, others)
    resemblance = shared / np.maximum(sets.sizes[ones] + sets.sizes[others] - shared, 1)
    nearest = np.where(ones == others, 0, resemblance).reshape(len(sets), len(sets)).max(axis=0)
    return {"median": round(float(np.median(nearest)), 3), "largest": round(float(nearest.max()), 3)}


def incremental(days: int, a_day: int) -> dict[str, object]:
    """CPU milliseconds to judge one day against the look-back window, on the first day and on the last."""
    rng = random.Random(SEED + 2)
    frames = []
    for n in range(days):
        frame = fingerprinted([text(guest(rng, "sv")) for _ in range(a_day)])
        frames.append(
            frame.with_columns(
                day=pl.lit(DAY + timedelta(days=n)), session_id=pl.format("{}-{}", pl.lit(n), "session_id")
            )
        )
    costs = []
    for n, frame in enumerate(frames):
        window = pl.concat([_none(), *frames[max(0, n - 14) : n]])
        began = time.process_time()
        copies(DAY + timedelta(days=n), today=frame, earlier=window, eligible=frame["session_id"])
        costs.append(round(1000 * (time.process_time() - began)))
    return {
        "sessions_a_day": a_day,
        "cpu_ms_first_day": costs[0],
        "cpu_ms_day_15": costs[14],
        "cpu_ms_last_day": costs[-1],
    }


def a_day(sessions: int) -> dict[str, object]:
    """CPU milliseconds that the two tables of the signals add to the rebuild of a day, lake included."""
    rng = random.Random(SEED + 4)
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Settings(home=Path(folder)), kind="demo")
        lake, cafes, key = home.lake(), home.cafes(), home.secret()
        costs = []
        for n in range(HISTORY_DAYS + 1):
            day = DAY + timedelta(days=n)
            visits, turns = _visits(rng, day=day, sessions=sessions, key=n)
            scored = pl.DataFrame(schema=schema(SCORED_FEEDBACK))
            lake.replace_partition(SESSIONS, day, visits, commit={})
            before = [day - timedelta(days=back) for back in range(1, HISTORY_DAYS + 1)]
            began = time.process_time()
            lake.replace_partition(FINGERPRINTS, day, fingerprints(visits, turns, key=key), commit={})
            signals = session_signals(
                day,
                sessions=visits,
                turns=turns,
                history=lake.read(SESSIONS, days=before, columns=HISTORY_COLUMNS),
                fingerprints=lake.read(FINGERPRINTS, days=[day]),
                earlier_fingerprints=lake.read(FINGERPRINTS, days=before),
                scored=scored,
                cafes=cafes,
            )
            lake.replace_partition(SESSION_SIGNALS, day, signals, commit={})
            costs.append(round(1000 * (time.process_time() - began)))
    return {"sessions": sessions, "cpu_ms_first_day": costs[0], "cpu_ms_with_a_full_window": costs[-1]}


def _visits(rng: random.Random, *, day: date, sessions: int, key: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    opened = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
    visits, turns = [], []
    for n in range(sessions):
        session, at = f"{key:03}-{n:06}", opened + timedelta(seconds=120 * n)
        base = {"day": day, "session_id": session, "cafe": CAFES[n % 3], "simulated": True}
        ended = {
            "opened_at": at,
            "completed_at": at + timedelta(seconds=90),
            "last_event_at": at + timedelta(seconds=90),
        }
        visits.append(
            {**base, **ended, "outcome": "completed", "code": "BCD234", "device_hash": f"{n % 97}", "epochs": 1}
        )
        visits[-1] |= {"turns": 2, "failed_turns": 0, "missing_events": 0}
        for turn, said in enumerate(guest(rng, "sv")[:2], start=1):
            turns.append({**base, "turn": turn, "transcript": said, "low_confidence": False})
    return pl.DataFrame(visits, schema=schema(SESSIONS)), pl.DataFrame(turns, schema=schema(TURNS))


def run(*, rows: int) -> dict[str, object]:
    return {
        "speed": speed(rows),
        "incremental": incremental(31, 300),
        "a_day": a_day(300),
        "quality": quality(QUALITY_ROWS if rows >= QUALITY_ROWS else rows),
        "alike": alike(),
        "corpus": corpus(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = run(rows=arguments.rows)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    for part, figures in result.items():
        print(part)
        assert isinstance(figures, dict)
        for name, value in figures.items():
            nested = isinstance(value, dict | list)
            print(f"  {name}: {json.dumps(value, ensure_ascii=False, indent=4) if nested else value}")


if __name__ == "__main__":
    main()
