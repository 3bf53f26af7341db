"""Splits response times into stages by the edge's marks, on the guest's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from proving.load.records import Turn

MARKS = (
    "soft_end",
    "recognition_start",
    "recognition_taken",
    "recognition_end",
    "commit",
    "responder_start",
    "first_token",
    "sent",
)
RESPONSE = "first words at the guest"


@dataclass(frozen=True, slots=True)
class Timing:
    """Percentiles of one stage, milliseconds.

    Attributes:
        stage: The stage's name.
        turns: The number of turns with this stage.
        p50: The median, nearest rank.
        p95: The 95th percentile, nearest rank.
        most: The longest.
    """

    stage: str
    turns: int
    p50: float
    p95: float
    most: float


def timing(stage: str, values: Iterable[float]) -> Timing | None:
    """Return the percentiles of some values by nearest rank; None without values."""
    found = np.fromiter(values, dtype=float)
    if not found.size:
        return None
    p50, p95 = np.percentile(found, [50, 95], method="inverted_cdf")
    return Timing(stage, int(found.size), round(float(p50), 1), round(float(p95), 1), round(float(found.max()), 1))


def reached(turns: Iterable[tuple[Turn, Mapping[str, float]]]) -> list[Timing]:
    """Return the time of each stage after the true last voiced sample, over answered turns."""
    stages: dict[str, list[float]] = {}
    for turn, marks in turns:
        if turn.response_ms is None:
            continue
        if turn.end_error_ms is not None:
            stages.setdefault("end of speech as the edge heard it", []).append(turn.end_error_ms)
            for name in (*MARKS, *sorted(set(marks) - set(MARKS))):
                if name in marks:
                    stages.setdefault(name.replace("_", " "), []).append(marks[name] + turn.end_error_ms)
        stages.setdefault(RESPONSE, []).append(turn.response_ms)
    whole = stages.pop(RESPONSE, [])
    found = [timing(name, values) for name, values in {**stages, RESPONSE: whole}.items()]
    return [each for each in found if each is not None]


def parts(turns: Iterable[tuple[Turn, Mapping[str, float]]]) -> list[Timing]:
    """Return the duration of each part of the response time; a turn's parts sum to its response time.

    Work that ran in parallel with the silence before the commit costs nothing: only later work is counted.
    """
    taken: dict[str, list[float]] = {}
    for turn, marks in turns:
        for name, ms in split(turn, marks).items():
            taken.setdefault(name, []).append(ms)
    found = [timing(name, values) for name, values in taken.items()]
    return [each for each in found if each is not None]


def split(turn: Turn, marks: Mapping[str, float]) -> dict[str, float]:
    """Return the parts of one turn's response time; empty if the time or a mark is missing."""
    needed = ("soft_end", "recognition_end", "commit", "first_token", "sent")
    if turn.response_ms is None or turn.end_error_ms is None or any(name not in marks for name in needed):
        return {}
    soft_end, commit, sent = marks["soft_end"], marks["commit"], marks["sent"]
    heard = max(commit, marks["recognition_end"])
    # Without the mark of a worker's start, its waiting is counted as recognition.
    taken = min(heard, max(commit, marks.get("recognition_taken", commit)))
    spoken = max(heard, marks["first_token"])
    return {
        "end of speech placed late": turn.end_error_ms,
        "silence until the soft end": soft_end,
        "silence from there to the commit": commit - soft_end,
        "waiting for the recogniser after the commit": taken - commit,
        "recognition after the commit": heard - taken,
        "responder after the words": spoken - heard,
        "sending": sent - spoken,
        "frame, wire and generator": turn.response_ms - turn.end_error_ms - sent,
    }
