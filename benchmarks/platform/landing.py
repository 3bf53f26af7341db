"""Time until an event is acknowledged: the append log beside SQLite (WAL, synchronous=FULL).

    python benchmarks/platform/landing.py --per-second 200 --seconds 20

Events arrive at random moments (Poisson) at the given rate, the same moments for both; each is acknowledged once it is
on the disk. The log commits in groups; SQLite has one writer that commits each event, as a small service would, and one
that commits in groups like the log. The raw `write` + `fdatasync` of one line is the disk's own share. There are
short rounds in an order drawn anew each time, each after one event that is not counted. One stall of the disk of
0.2 s is 40 events at once, so on a busy machine p99 says more about its neighbours: compare with raw.
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pilot.events import Event, UtteranceCommitted, make_event
from pilot.identifiers import new_identifier
from storage.landing.append_log import AppendLog
from storage.landing.folder_segments import FolderSegments

Append = Callable[[Event], "Future[None]"]
ROUNDS = 10


def events(count: int) -> list[Event]:
    now, session = datetime.now(UTC), new_identifier()
    said = UtteranceCommitted(
        turn=1,
        revision=1,
        mode="voice",
        language="sv",
        transcript="Kardemummabullen var varm men kön till kassan var lång och ingen sa något.",
        confidence=0.8,
    )
    return [
        make_event(
            said,
            event_id=new_identifier(),
            at=now,
            session_id=session,
            cafe="aurora",
            edge="edge1",
            epoch=1,
            seq=number,
            simulated=True,
        )
        for number in range(count)
    ]


@contextmanager
def append_log(folder: Path) -> Iterator[Append]:
    with AppendLog(logs=folder / "log", replica="edge1", segments=FolderSegments(folder / "landing")) as log:
        yield lambda event: log.append([event])


@contextmanager
def sqlite_writer(folder: Path, *, grouped: bool) -> Iterator[Append]:
    waiting: queue.SimpleQueue[tuple[Event, Future[None]] | None] = queue.SimpleQueue()

    def write() -> None:
        connection = sqlite3.connect(folder / "events.sqlite", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS events (event_id TEXT PRIMARY KEY, line BLOB)")
        while (first := waiting.get()) is not None:
            batch = [first]
            while grouped and not waiting.empty():
                following = waiting.get()
                if following is None:
                    waiting.put(None)
                    break
                batch.append(following)
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO events VALUES (?, ?)", [(e.event_id, e.line()) for e, _ in batch])
            connection.execute("COMMIT")
            for _, future in batch:
                future.set_result(None)
        connection.close()

    def append(event: Event) -> Future[None]:
        future: Future[None] = Future()
        waiting.put((event, future))
        return future

    thread = threading.Thread(target=write)
    thread.start()
    yield append
    waiting.put(None)
    thread.join()


@contextmanager
def raw_file(folder: Path) -> Iterator[Append]:
    descriptor = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append(event: Event) -> Future[None]:
        os.write(descriptor, event.line())
        os.fdatasync(descriptor)
        future: Future[None] = Future()
        future.set_result(None)
        return future

    yield append
    os.close(descriptor)


def measure(append: Append, recorded: list[Event], gaps: list[float]) -> list[float]:
    """Return the milliseconds from each event's arrival to its acknowledgement."""
    taken: list[float] = []
    futures = []
    due = time.perf_counter()
    for event, gap in zip(recorded, gaps, strict=True):
        due += gap
        while (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        arrived = time.perf_counter()
        future = append(event)
        future.add_done_callback(lambda _, arrived=arrived: taken.append((time.perf_counter() - arrived) * 1000))
        futures.append(future)
    for future in futures:
        future.result()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--per-second", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20, help="in all, for each contender")
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure; by default the system's")
    given = parser.parse_args()
    contenders: dict[str, Callable[[Path], object]] = {
        "append log": append_log,
        "SQLite, each its own commit": lambda folder: sqlite_writer(folder, grouped=False),
        "SQLite, group commit": lambda folder: sqlite_writer(folder, grouped=True),
        "raw write + fdatasync": raw_file,
    }
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    chance = random.Random(1)
    count = given.per_second * given.seconds // ROUNDS
    for _ in range(ROUNDS):
        gaps = [chance.expovariate(given.per_second) for _ in range(count)]
        for name in chance.sample(sorted(contenders), len(contenders)):
            contender = contenders[name]
            with tempfile.TemporaryDirectory(dir=given.folder) as folder, contender(Path(folder)) as append:  # type: ignore[attr-defined]
                append(events(1)[0]).result()
                taken[name] += measure(append, events(count), gaps)
    print(f"{count * ROUNDS} events each, {given.per_second} a second; load average {os.getloadavg()[0]:.1f}")
    print(f"{'':28} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    for name, millis in taken.items():
        p = statistics.quantiles(millis, n=100)
        print(f"{name:28} {p[49]:8.2f} {p[98]:8.2f} {max(millis):8.2f}")


if __name__ == "__main__":
    main()
