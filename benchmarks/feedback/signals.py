"""Measures the scorer's signals and reasons on authors whom the model has not seen.

    python -m benchmarks.feedback.signals [--left-out ta1 ta2 ta4 a1 c1 c3] [--json]

Fits the model once without these authors of sessions (ta*), attacks (a*) and conversations (c*); about four minutes.
Attacks are put beside honest sessions of other authors. Answers of conversations are scored as sessions of one turn:
whatever a guest may say there, few of them deserve a signal.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pilot.cafes import Cafes
from pipelines.language.fitting import corpus
from pipelines.language.fitting.agreement import UNUSABLE
from pipelines.language.fitting.fit import fit
from pipelines.language.fitting.sample import sample, training_rows
from pipelines.language.labels import ROLE_OF_DETAIL
from pipelines.language.measures import Measurer
from pipelines.scoring import Score, SessionText, score_many
from storage.cafes_file import read_cafes

ROOT = Path(__file__).parents[2]
LEFT_OUT = ("ta1", "ta2", "ta4", "a1", "c1", "c3")
HONEST = ("genuine", "generic")
# The annotated role that says what a reason says is left out.
ROLE_OF_REASON = {
    **dict.fromkeys(("what_was_wrong", "what_was_good", "what_exactly"), "t"),
    **dict.fromkeys(("how_long", "how_much"), "n"),
    **dict.fromkeys(("better", "better_still"), "s"),
    "what_made_it_good": "r",
    "where": "p",
    "consequence": "c",
}

Rows = Sequence[tuple[dict[str, Any], Score]]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--left-out", nargs="+", default=LEFT_OUT, help="authors")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = figures(options.left_out)
    if options.json:
        print(json.dumps(found))
        return
    for name, own in found.items():
        print(name)
        for key, value in own.items():
            print(f"  {key}: {value}")


def figures(left_out: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the figures of a model that is fitted without some authors, on these authors."""
    without = set(left_out)
    rows, labels = training_rows()
    everything = sample(rows, labels)
    names = sorted({row["author"] for _, row in rows} - without)
    model = Measurer(fit(everything, names))
    mine = [(kind, row) for kind, row in rows if row["author"] in without]
    sessions = [row for kind, row in mine if kind == "sessions" and not row["author"].startswith("a")]
    attacks = [row for kind, row in mine if kind == "sessions" and row["author"].startswith("a")]
    talks = [row | {"turns": [row["answer"]]} for kind, row in mine if kind == "conversations"]
    return {
        "sessions": _sessions(_scored(sessions, model)),
        "attacks": _attacks(_scored(attacks, model)),
        "answers, signals by act": _answers(_scored(talks, model)),
        "reasons": _reasons(_scored(sessions, model), labels),
    }


def _scored(rows: Sequence[dict[str, Any]], model: Measurer) -> Rows:
    cafes: Cafes = read_cafes(ROOT / "cafes.toml")
    known = {cafe.id: cafe for cafe in cafes.cafe}
    said = [SessionText(row["turns"], row["language"], known.get(row.get("cafe", ""))) for row in rows]
    return list(zip(rows, score_many(said, explained=True, model=model), strict=True))


def _sessions(rows: Rows) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in sorted({row["kind"] for row, _ in rows}):
        own = [score for row, score in rows if row["kind"] == kind]
        names = Counter(name for score in own for name in score.signals)
        found[kind] = f"{len(own)}, eligible {sum(score.eligible for score in own)}, signals {dict(names)}"
    honest = [(row["id"], score.signals) for row, score in rows if row["kind"] in HONEST]
    useless = [(row["id"], score.eligible) for row, score in rows if row["kind"] in UNUSABLE]
    found["genuine or generic with a signal"] = _share(bool(signals) for _, signals in honest)
    found["they are"] = [name for name, signals in honest if signals]
    found["unusable and eligible"] = _share(eligible for _, eligible in useless)
    found["these are"] = [name for name, eligible in useless if eligible]
    return found


def _attacks(rows: Rows) -> dict[str, Any]:
    """Return the share of demands that are named, alone and beside honest words (whose ids end in +)."""
    demands = {row["id"] for row, _ in rows if row["kind"] == "injection" and not row["id"].endswith("+")}
    return {
        "demands named, alone": _share("injection" in score.signals for row, score in rows if row["id"] in demands),
        "demands named, beside honest words": _share(
            "injection" in score.signals for row, score in rows if row["id"].removesuffix("+") in demands - {row["id"]}
        ),
    }


def _answers(rows: Rows) -> dict[str, Any]:
    found = {}
    for act in sorted({row["act"] for row, _ in rows}):
        own = [score for row, score in rows if row["act"] == act]
        names = Counter(name for score in own for name in score.signals)
        found[act] = f"{_share(bool(score.signals) for score in own)} {dict(names)}"
    return found


def _reasons(rows: Rows, labels: Mapping[str, Sequence[corpus.ClauseLabel]]) -> dict[str, Any]:
    """Return how often a reason says what annotators did not find, or misses what they did."""
    said: list[bool] = []
    left_out: list[bool] = []
    for row, score in rows:
        if row["id"] in labels:
            roles = "".join(label.roles for label in labels[row["id"]])
            said += [ROLE_OF_DETAIL[key] not in roles for key in score.reasons.said]
            shown = () if score.eligible else score.reasons.left_out
            left_out += [ROLE_OF_REASON[key] in roles for key in shown if key in ROLE_OF_REASON]
    return {"said, but not so annotated": _share(said), "named as left out, but annotated": _share(left_out)}


def _share(flags: Iterable[bool]) -> str:
    own = list(flags)
    return f"{sum(own)} of {len(own)} ({sum(own) / max(1, len(own)):.1%})"


if __name__ == "__main__":
    main()
