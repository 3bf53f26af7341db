"""Seconds and memory for scoring many sessions, with one process and with two.

    python benchmarks/feedback/scoring_speed.py [--rows 1000000] [--json]

Sessions are made from the labelled feedback: turns of different sessions are recombined and one word in twelve is
replaced by another session's, so that hardly two are alike. Goal: a million in 60 s on two cores, under 4 GiB; one
session within 5 ms.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# This folder holds a pipelines.py of its own, which must not stand before the room of that name.
sys.path[:] = [str(ROOT), *(each for each in sys.path if Path(each or ".").resolve() != ROOT / "benchmarks")]

from pilot.cafes import parse_cafes  # noqa: E402
from pipelines.scoring import SessionText, score, score_many  # noqa: E402

FILES = ("feedback-development.jsonl", "feedback-development-balanced.jsonl")
SEED = 20261123
SWAPPED = 12  # one word in so many
PART = 50_000  # sessions handed to a process at once
ALONE = 200


def sessions(rows: int, *, seed: int) -> list[SessionText]:
    """Return `rows` made-up sessions."""
    dice = random.Random(seed)
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
    lines = [
        json.loads(line)
        for name in FILES
        for line in (ROOT / "tests/data/corpus" / name).read_text(encoding="utf-8").splitlines()
    ]
    turns = {
        language: [turn for row in lines if row["language"] == language for turn in row["turns"]]
        for language in ("sv", "en")
    }
    words = {language: " ".join(every).split() for language, every in turns.items()}
    made = []
    for _ in range(rows):
        row = lines[dice.randrange(len(lines))]
        language = row["language"]
        made_sessions = []
        for _ in row["turns"]:
            said = turns[language][dice.randrange(len(turns[language]))].split()
            for place in range(0, len(said), SWAPPED):
                said[place] = words[language][dice.randrange(len(words[language]))]
            made_sessions.append(" ".join(said))
        made.append(SessionText(made_sessions, language, cafes.get(row["cafe"])))
    return made


def scored_part(seed: int, rows: int) -> tuple[float, float, int, int]:
    """Make and score a part; return seconds and CPU seconds of scoring, words and the sum of the scores."""
    made_sessions = sessions(rows, seed=seed)
    made, used = time.perf_counter(), time.process_time()
    total = sum(result.score for result in score_many(made_sessions))
    done, used = time.perf_counter(), time.process_time() - used
    return done - made, used, sum(len(turn.split()) for said in made_sessions for turn in said.turns), total


def run(*, rows: int) -> dict:
    """Return the figures for `rows` sessions; two processes' time is that of the slower one."""
    parts = [(SEED + number, min(PART, rows - begin)) for number, begin in enumerate(range(0, rows, PART))]
    one = [0.0, 0.0]
    cpu, words = 0.0, 0
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for number, (seconds, used, spoken, _) in enumerate(pool.map(scored_part, *zip(*parts, strict=True))):
            one[number % 2] += seconds
            words += spoken
            cpu += used
    peak = 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    made_sessions = sessions(ALONE, seed=SEED)
    score(made_sessions[0].turns, language=made_sessions[0].language, cafe=made_sessions[0].cafe)
    alone = []
    for said in made_sessions:
        began = time.perf_counter()
        score(said.turns, language=said.language, cafe=said.cafe)
        alone.append((time.perf_counter() - began) * 1000)
    return {
        "rows": rows,
        "words": words,
        "seconds_two_processes": round(max(one), 2),
        "cpu_microseconds_a_session": round(cpu / rows * 1e6, 1),
        "seconds_for_a_million_two_processes": round(max(one) / rows * 1e6, 1),
        "peak_mib_both_at_most": peak,
        "one_session_ms_p50": round(statistics.median(alone), 2),
        "one_session_ms_p95": round(statistics.quantiles(alone, n=20)[-1], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    found = run(rows=options.rows)
    print(
        json.dumps(found, indent=2) if options.json else "\n".join(f"{name}: {value}" for name, value in found.items())
    )


if __name__ == "__main__":
    main()
