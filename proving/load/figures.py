"""The figures of a load: response, stages, failures, the edge's cost, and the generator's own delays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import psutil

from proving.load.making import Load
from proving.load.marks import LandedSessions
from proving.load.records import Conversation, Turn
from proving.load.stages import RESPONSE, parts, reached, timing
from voice_edge.hearing.word_error import word_error_rate, word_errors

GOAL_MS = 2000.0
# A frame has 40 ms: a generator that delays more than 1 % of its frames by more than that is too slow.
LATE_FRAME_MS = 40.0
MOST_OWN_SHARE = 0.5  # Of one core.
FEWEST_TURNS = 20


def load_figures(load: Load, landed: LandedSessions | None) -> dict[str, Any]:
    """Return all figures of a load.

    Args:
        load: The load.
        landed: The load's sessions in the landing; None if the landing is not on this machine.
    """
    ended = [each for each in load.conversations if not each.stopped]
    turns = [(each, turn) for each in load.conversations for turn in each.turns]
    marks = landed.marks if landed is not None else {}
    timed = [(turn, marks.get((each.session_id, turn.turn), {})) for each, turn in turns]
    response = timing(RESPONSE, (turn.response_ms for turn, _ in timed if turn.response_ms is not None))
    failures = Counter(f"{one.kind}: {one.detail}" for each in load.conversations for one in each.failures)
    return {
        "simulated": True,
        "plan": {
            "guests": load.plan.guests,
            "seconds": load.plan.seconds,
            "seed": load.plan.seed,
            "language": load.plan.manner.language,
            "utterances": len(load.plan.utterances),
            "url": load.plan.url,
        },
        "began_at": load.began_at.isoformat(timespec="seconds"),
        "seconds": round(load.seconds, 1),
        "conversations": {
            "begun": len(load.conversations),
            "completed": sum(each.completed for each in ended),
            "failed": sum(bool(each.failures) for each in ended),
            "stopped_at_the_end": len(load.conversations) - len(ended),
        },
        "response_ms": asdict(response) if response else None,
        "goal_met": None if response is None else bool(response.p95 < GOAL_MS and not failures),
        "reached_ms": [asdict(each) for each in reached(timed)],
        "parts_ms": [asdict(each) for each in parts(timed)],
        "turns": _turns(load.conversations),
        "failures": dict(failures.most_common()),
        "word_error": _word_error([turn for _, turn in turns], language=load.plan.manner.language),
        "landing": _landing(load, landed),
        "edge": _edge(load),
        "generator": _generator(load, answered=response.turns if response else 0),
        "machine": {"cores": psutil.cpu_count(), "memory_mib": psutil.virtual_memory().total >> 20},
    }


def _turns(conversations: list[Conversation]) -> dict[str, Any]:
    turns = [turn for each in conversations for turn in each.turns]
    answered = [turn for turn in turns if turn.response_ms is not None]
    return {
        "said": len(turns),
        "answered": len(answered),
        "cut_early": sum(turn.cut_early for turn in turns),
        "asked_again": sum(turn.purpose == "ask_again" for turn in turns),
        "not_heard": sum(turn.purpose == "no_speech" for turn in turns),
        "prompted_while_thinking": sum(each.prompted for each in conversations),
        "authors": dict(Counter(turn.author for turn in turns if turn.author)),
        "seconds_said": round(sum(turn.seconds for turn in turns if turn.last_voiced_ms is not None), 1),
    }


def _word_error(turns: list[Turn], *, language: str) -> dict[str, Any] | None:
    heard = [turn for turn in turns if turn.heard and not turn.cut_early]
    compared = [word_errors(turn.text, turn.heard, language=language) for turn in heard]
    words = sum(each.words for each in compared)
    return {"turns": len(compared), "words": words, "share": round(word_error_rate(compared), 4)} if words else None


def _landing(load: Load, landed: LandedSessions | None) -> dict[str, Any] | None:
    if landed is None:
        return None
    sessions = {each.session_id for each in load.conversations if each.session_id}
    return {
        "sessions": len(sessions),
        "ended_with_an_event": len(landed.ended & sessions),
        "without_an_end": sorted(sessions - landed.ended),
        "events": dict(sorted(landed.events.items())),
    }


def _edge(load: Load) -> dict[str, Any] | None:
    watched = load.edge
    if watched is None:
        return None
    answered = sum(turn.response_ms is not None for each in load.conversations for turn in each.turns)
    return {
        "pid": watched.pid,
        "cpu_seconds": watched.cpu_seconds,
        "cpu_share_of_the_machine": _share(watched.cpu_seconds, load.seconds * (psutil.cpu_count() or 1)),
        "cpu_seconds_an_answer": _share(watched.cpu_seconds, answered),
        "peak_memory_mib": watched.peak_memory_mib,
        "most_open_files": watched.most_files,
    }


def _generator(load: Load, *, answered: int) -> dict[str, Any]:
    late = np.asarray(load.late_ms, dtype=float)
    decisive = [turn.late_ms for each in load.conversations for turn in each.turns if turn.response_ms is not None]
    share = _share(load.own_cpu_seconds, load.seconds) or 0.0
    p99 = float(np.percentile(late, 99, method="inverted_cdf")) if late.size else 0.0
    doubts = []
    if p99 > LATE_FRAME_MS:
        doubts.append(f"one frame in a hundred left {p99:.0f} ms late or later (a frame is {LATE_FRAME_MS:.0f} ms)")
    if share > MOST_OWN_SHARE:
        doubts.append(f"the generator itself used {share:.0%} of a core")
    if answered < FEWEST_TURNS:
        doubts.append(f"only {answered} answers were timed: a p95 wants {FEWEST_TURNS} or more")
    return {
        "cpu_seconds": round(load.own_cpu_seconds, 2),
        "cpu_share_of_a_core": share,
        "frames": int(late.size),
        "frames_late_ms": _spread(late),
        "decisive_frames_late_ms": _spread(np.asarray(decisive, dtype=float)),
        "to_be_trusted": not doubts,
        "doubts": doubts,
    }


def _spread(values: np.ndarray) -> Mapping[str, float] | None:
    if not values.size:
        return None
    p50, p95, p99 = np.percentile(values, [50, 95, 99], method="inverted_cdf")
    return {"p50": round(p50, 1), "p95": round(p95, 1), "p99": round(p99, 1), "most": round(float(values.max()), 1)}


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
