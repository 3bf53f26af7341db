"""Prints what a fresh reader thought of the replies to 120 talks that nobody here had read.

    python -m benchmarks.feedback.judged [--changed]

`tests/data/judged_talks.jsonl` holds the talks, the replies as they were judged, and the verdicts. A reply that has
changed since is counted by itself: nobody has judged the new one.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from storage.cafes_file import read_cafes
from voice_edge.interviewer import Conversation, Exchange
from voice_edge.interviewer.scripted import scripted_reply

ROOT = Path(__file__).parents[2]
TALKS = ROOT / "tests" / "data" / "judged_talks.jsonl"
VERDICTS = ("good", "acceptable", "poor")
DAY = date(2026, 11, 29)  # the day of the judgement, for opening hours


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changed", action="store_true", help="print the replies that have changed")
    show = parser.parse_args().changed
    cafes = read_cafes(ROOT / "cafes.toml")
    rows = [json.loads(line) for line in TALKS.read_text(encoding="utf-8").splitlines()]
    judged, unchanged = Counter(row["verdict"] for row in rows), Counter[str]()
    for row in rows:
        reply = _reply(row, cafes)
        if reply == row["reply"]:
            unchanged[row["verdict"]] += 1
        elif show:
            print(f"{row['id']} ({row['verdict']}): {row['answer']}\n  was: {row['reply']}\n  is:  {reply}")
    print(f"{'':12}{'judged':>10}{'unchanged':>12}")
    for verdict in VERDICTS:
        print(f"{verdict:12}{judged[verdict]:>10}{unchanged[verdict]:>12}")
    print(f"{'all':12}{len(rows):>10}{sum(unchanged.values()):>12}")


def _reply(row: dict[str, Any], cafes: Any) -> str:
    exchanges = [Exchange(each["question"], each["answer"]) for each in row["history"]]
    exchanges.append(Exchange(row["question"], row["answer"]))
    talk = Conversation(cafes.get(row["cafe"]), row["language"], tuple(exchanges), len(row["history"]))
    return scripted_reply(talk, today=DAY).text


if __name__ == "__main__":
    main()
