"""Copy signals: sessions that repeat an earlier one, on the same day or within the look-back window.

The first session with a text gets no signal. A short answer is a copy only if its score earns a reward ("det var gott"
is common and earns none), and honest answers about the same queue are not similar enough: docs/signals.md has the
measurements.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.signals.finding import Finding
from pipelines.signals.fingerprints import unpack_pairs
from pipelines.signals.resemblance import Sets, Twins, earlier_twins

HISTORY_DAYS = 14
LEAST_WORDS = 12  # shorter answers may be alike by chance
LEAST_SHARED_PAIRS = 14
LEAST_RESEMBLANCE = 0.33
RING_SESSIONS = 4  # the minimum of similar sessions in a ring
RELATED_SHOWN = 5

Integers = npt.NDArray[np.int64]


def copies(day: date, *, today: pl.DataFrame, earlier: pl.DataFrame, eligible: pl.Series) -> list[Finding]:
    """Return the copies of `day`; real sessions are never compared with simulated ones.

    Args:
        day: The business day.
        today: Frame of FINGERPRINTS of that day.
        earlier: Frame of FINGERPRINTS of the days before it.
        eligible: The ids of that day's sessions whose score earns a reward.
    """
    prints = pl.concat([earlier.filter(pl.col("day") < day), today]).with_columns(
        long=pl.col("words") >= LEAST_WORDS, eligible=pl.col("session_id").is_in(eligible.implode())
    )
    return [
        found
        for part in prints.partition_by("simulated", maintain_order=True)
        for found in _among(part.sort("day", "completed_at", "session_id"), day=day)
    ]


def _among(prints: pl.DataFrame, *, day: date) -> Iterator[Finding]:
    first_new = int((prints["day"] < day).sum())
    first_said = _first_said(prints)
    said_again = first_said != np.arange(prints.height)
    long = prints["long"].to_numpy()
    # Without pairs, short answers are like no other: only equal words make them copies.
    body, starts = unpack_pairs(prints.select(pl.when("long").then("pairs").otherwise(pl.lit("")))["pairs"])
    twins = earlier_twins(
        Sets(body, starts),
        first_new=first_new,
        least_shared=LEAST_SHARED_PAIRS,
        least_resemblance=LEAST_RESEMBLANCE,
    )
    rows = prints.select("session_id", "cafe", "day", "words")
    for new in np.flatnonzero(said_again & (long | prints["eligible"].to_numpy())).tolist():
        if new >= first_new:
            yield _exact(rows, new=new, original=int(first_said[new]), day=day)
    best = _best(twins)
    for new, at in sorted(best.items()):
        if not said_again[new]:
            yield _near(rows, twins, at=at, day=day)
    repeated = np.flatnonzero(said_again & long)
    yield from _rings(rows, twins, first_said=first_said, repeated=repeated, first_new=first_new)


def _first_said(prints: pl.DataFrame) -> Integers:
    """Return for each session the first one with exactly its words, perhaps itself."""
    first = prints.with_row_index("row").select(pl.col("row").first().over("text_hash", "words"))
    indexes: Integers = first["row"].to_numpy().astype(np.int64)
    return indexes


def _best(twins: Twins) -> dict[int, int]:
    """Return for each later session its most similar entry; among equals the earliest."""
    order = np.lexsort((twins.earlier, -twins.resemblance, twins.later))
    later = twins.later[order]
    first = np.flatnonzero(np.concatenate([[True], later[1:] != later[:-1]])) if later.size else order
    return dict(zip(later[first].tolist(), order[first].tolist(), strict=True))


def _exact(rows: pl.DataFrame, *, new: int, original: int, day: date) -> Finding:
    session, cafe, _, words = rows.row(new)
    of, its_cafe, its_day, _ = rows.row(original)
    counts = {"words": words, "days_before": (day - its_day).days, "other_cafe": int(its_cafe != cafe)}
    return Finding(session, "copied_exactly", related=(of,), counts=counts)


def _near(rows: pl.DataFrame, twins: Twins, *, at: int, day: date) -> Finding:
    session, cafe, _, words = rows.row(int(twins.later[at]))
    of, its_cafe, its_day, _ = rows.row(int(twins.earlier[at]))
    counts = {
        "words": words,
        "shared_pairs": int(twins.shared[at]),
        "percent_alike": round(100 * float(twins.resemblance[at])),
        "days_before": (day - its_day).days,
        "other_cafe": int(its_cafe != cafe),
    }
    return Finding(session, "copied_nearly", related=(of,), counts=counts)


def _rings(
    rows: pl.DataFrame, twins: Twins, *, first_said: Integers, repeated: Integers, first_new: int
) -> Iterator[Finding]:
    """Yield the new members of each ring except the first, which the others may have copied."""
    ones = np.concatenate([twins.later, repeated])
    others = np.concatenate([twins.earlier, first_said[repeated]])
    labels = _components(ones, others, count=rows.height)
    members = np.unique(np.concatenate([ones, others]))
    sizes = np.bincount(labels[members], minlength=rows.height) if members.size else np.zeros(0, dtype=np.int64)
    for new in members[members >= first_new].tolist():
        label = int(labels[new])
        if sizes[label] < RING_SESSIONS or new == label:
            continue
        ring = members[labels[members] == label] if sizes[label] <= RING_SESSIONS * RELATED_SHOWN else members[:0]
        related = [rows.item(int(member), "session_id") for member in ring.tolist() if member != new]
        shown = tuple(related[:RELATED_SHOWN]) or (rows.item(label, "session_id"),)
        yield Finding(rows.item(new, "session_id"), "ring", related=shown, counts={"sessions": int(sizes[label])})


def _components(ones: Integers, others: Integers, *, count: int) -> Integers:
    """Return the smallest index in the connected component of each of `count` sessions."""
    labels = np.arange(count, dtype=np.int64)
    while True:
        low = np.minimum(labels[ones], labels[others])
        before = labels.copy()
        np.minimum.at(labels, ones, low)
        np.minimum.at(labels, others, low)
        labels = labels[labels]
        if np.array_equal(before, labels):
            return labels
