"""Measures the speed of the language model beside a plain TF-IDF and ridge of scikit-learn.

    python -m benchmarks.feedback.language_speed [--rows 200000] [--json]

Sessions are made from the labelled corpus: turns of different sessions are recombined and one word in twelve is
replaced by another's, so that hardly two are alike; they hold about 45 words. Two processes of one thread each measure
parts in turn. After each part the plain model predicts the quality of some of the same sessions, one number where the
language model finds clauses, themes, acts, details and dangers. Goal: a million in 60 s on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # read when numpy is imported

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline, make_union

from pipelines.language.fitting import corpus
from pipelines.language.reader import measurer

SEED = 20261129
TURNS = (1, 1, 2, 2, 2, 3)  # of a session, drawn at random
SWAPPED = 12  # one word in so many
PART = 20_000  # sessions measured at once
PLAIN_PART = 2_000  # of which the plain models read so many
PLAIN = ("plain_words", "plain_words_and_grams")


@cache
def labelled() -> list[dict[str, Any]]:
    """Return the labelled sessions."""
    return [row for author in corpus.authors("sessions") for row in corpus.rows("sessions", author)]


def sessions(rows: int, *, seed: int) -> list[list[str]]:
    """Return `rows` made-up sessions."""
    dice = random.Random(seed)
    turns: dict[str, list[list[str]]] = {}
    for row in labelled():
        turns.setdefault(row["language"], []).extend(turn.split() for turn in row["turns"])
    words = {language: [word for turn in some for word in turn] for language, some in turns.items()}
    made = []
    for _ in range(rows):
        language = dice.choice(labelled())["language"]
        session = []
        for _ in range(dice.choice(TURNS)):
            said = list(dice.choice(turns[language]))
            for place in range(0, len(said), SWAPPED):
                said[place] = dice.choice(words[language])
            session.append(" ".join(said))
        made.append(session)
    return made


@cache
def plain(name: str) -> Any:
    """Return a plain model of the quality, fitted to the labelled sessions."""
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    if name == "plain_words_and_grams":
        grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
        vectors = make_union(vectors, grams)
    rows = labelled()
    return make_pipeline(vectors, Ridge(alpha=1.0)).fit(
        [" ".join(row["turns"]) for row in rows], [row["quality"] for row in rows]
    )


def measured_part(seed: int, rows: int) -> dict[str, float]:
    """Make and measure a part; return seconds and CPU seconds."""
    made = sessions(rows, seed=seed)
    some = [" ".join(turns) for turns in made[:PLAIN_PART]]
    found: dict[str, float] = {
        "rows": rows,
        "words": sum(len(turn.split()) for turns in made for turn in turns),
        "some": len(some),
    }
    found["seconds"], found["cpu"] = _timed(lambda: measurer().measure(made))
    for name in PLAIN:
        _, found[name] = _timed(partial(plain(name).predict, some))
    return found


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def run(*, rows: int) -> dict[str, Any]:
    """Return the figures for `rows` sessions; the processes' time is that of the slower one."""
    parts = [(SEED + number, min(PART, rows - begin)) for number, begin in enumerate(range(0, rows, PART))]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(measured_part, *zip(*parts, strict=True)))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    total = {name: sum(part[name] for part in found) for name in found[0]}
    seconds = max(sum(part["seconds"] for part in found[number::2]) for number in range(min(2, len(found))))
    each = total["cpu"] / rows * 1e6
    by_plain = {name: total[name] / total["some"] * 1e6 for name in PLAIN}
    return {
        "rows": rows,
        "words_a_session": round(total["words"] / rows, 1),
        "seconds_two_processes": round(seconds, 1),
        "sessions_a_second_two_processes": round(rows / seconds),
        "seconds_for_a_million_two_processes": round(seconds / rows * 1e6, 1),
        "cpu_seconds_a_process_for_a_million": round(each / 2, 1),
        "cpu_microseconds_a_session": round(each, 1),
        "peak_mib_a_process": peak,
        **{f"cpu_microseconds_a_session_{name}": round(own, 1) for name, own in by_plain.items()},
        **{f"times_faster_than_{name}": round(own / each, 2) for name, own in by_plain.items()},
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    found = run(rows=options.rows)
    print(
        json.dumps(found, indent=2) if options.json else "\n".join(f"{name}: {value}" for name, value in found.items())
    )


if __name__ == "__main__":
    main()
