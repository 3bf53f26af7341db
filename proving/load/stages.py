"""Where the time of an answer goes: the edge's marks on the guest's clock, and the parts that sum to the whole."""

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
        stage: Its name.
        turns: How many turns have it.
        p50: Half are not above this one.
        p95: 95 in 100 are not above this one.
        most: The longest.
    """

    stage: str
    turns: int
    p50: float
    p95: float
    most: float


def timing(stage: str, values: Iterable[float]) -> Timing | None:
    """Return the percentiles of values that occurred (nearest rank, never between two of them); None of nothing."""
    found = np.fromiter(values, dtype=float)
    if not found.size:
        return None
    p50, p95 = np.percentile(found, [50, 95], method="inverted_cdf")
    return Timing(stage, int(found.size), round(float(p50), 1), round(float(p95), 1), round(float(found.max()), 1))


def reached(turns: Iterable[tuple[Turn, Mapping[str, float]]]) -> list[Timing]:
    """Return when each stage was reached, after the true last voiced sample; marks without an answer do not count."""
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
    """Return how long each part took of what the guest waited; for each turn the parts sum to its response time.

    What ran beside the silence before the commit costs nothing: only what came after it is counted.
    """
    taken: dict[str, list[float]] = {}
    for turn, marks in turns:
        for name, ms in split(turn, marks).items():
            taken.setdefault(name, []).append(ms)
    found = [timing(name, values) for name, values in taken.items()]
    return [each for each in found if each is not None]


def split(turn: Turn, marks: Mapping[str, float]) -> dict[str, float]:
    """Return the parts of one turn's response time; empty where it or its marks are missing."""
    needed = ("soft_end", "recognition_end", "commit", "first_token", "sent")
    if turn.response_ms is None or turn.end_error_ms is None or any(name not in marks for name in needed):
        return {}
    soft_end, commit, sent = marks["soft_end"], marks["commit"], marks["sent"]
    heard = max(commit, marks["recognition_end"])
    # An edge that does not tell when a worker took the speech has its waiting in the recognition.
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
