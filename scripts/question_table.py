"""Writes `docs/questions.md`: the script's question after each turn of the corpus, with a verdict.

    python scripts/question_table.py            # writes the page
    python scripts/question_table.py --check    # exit code 1 where the page is not in step
    python scripts/question_table.py --unread   # prints the replies that have no verdict yet

A verdict stands in `tests/data/question_verdicts.toml` under the row and turn, with the first letters of the reply's
hash: a reply that changes loses its verdict and shows "not reviewed".
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pilot.cafes import Cafes, parse_cafes
from voice_edge.interviewer import Conversation, Exchange, opening_question
from voice_edge.interviewer.scripted import scripted_reply

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "data" / "corpus"
VERDICTS = ROOT / "tests" / "data" / "question_verdicts.toml"
PAGE = ROOT / "docs" / "questions.md"
MOST_TURNS = 2
DAY = date(2026, 11, 25)  # for questions about opening hours
HASH_LETTERS = 8
NOT_REVIEWED = "not reviewed"
SAID_CHARACTERS = 400
SILENCE = "(silence)"
HEAD = "| row/turn | the guest | the reply | verdict |\n|---|---|---|---|"
INTRODUCTION = """\
# The questions of the scripted interviewer

## For a café's manager

The interviewer is an AI and says so when asked. It opens with one question, and then asks at most two more, and only
what fits:

- **A danger comes first**: short fixed words, the staff, 112 where life is at stake, no further question. You are
  alerted while the guest still sits there ([watch.md](watch.md)).
- **A question to the café** is answered if `cafes.toml` knows (opening hours, wifi); otherwise it says who knows. It
  never guesses what a dish contains.
- **A fault** is regretted, with the thing that the guest named, and passed on. It asks only for what is missing and not
  plain by itself: how long a queue took, what a fair price would be, whether the staff were told; or whether anything
  else should be different. It never names a member of your staff who is blamed, and never asks who it was.
- **Praise** is met with joy; a short one is asked for its reason.
- **Where it did not understand**, it thanks in neutral words, and asks at most what would have made the visit better.
- A second question follows only an answer of a word or two. Nobody is asked when they were there: they are there now.

What it did with 120 talks that nobody here had read, in the eyes of a reader who knew nothing of it:
`python -m benchmarks.feedback.judged`. Figures on labelled answers of authors left out: [language.md](language.md).

## Every reply to the development corpus

One line for each answered turn of the development corpus (`tests/data/corpus`, first two turns), written by
`python scripts/question_table.py`; a test compares the page with the code. The corpus' second answer was written before
the first question, so the second reply of a row does not always fit. Opening hours are those of {day}.

A verdict is the opinion of one reader, who also wrote the interviewer: `good` suits a conversation at a table;
`acceptable` is not wrong, but a person would have asked something better; `poor` should not be said. A changed reply
loses its verdict, and only a sample has one. The corpus was known while the interviewer was written, so this page shows
its behaviour, not its quality with unknown guests. The readings are those of the shipped model, which was fitted to
these rows too.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One reply.

    Attributes:
        key: The row and the turn: "dev-001/1".
        said: What the guest had said.
        reply: What the interviewer says to it.
    """

    key: str
    language: str
    said: str
    reply: str

    @property
    def digest(self) -> str:
        """Return the first letters of the reply's hash."""
        return hashlib.sha256(self.reply.encode()).hexdigest()[:HASH_LETTERS]


def corpus_rows() -> list[dict[str, Any]]:
    """Return all rows of both files."""
    names = ("feedback-development", "feedback-development-balanced")
    texts = [(CORPUS / f"{name}.jsonl").read_text(encoding="utf-8") for name in names]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def lines() -> list[Line]:
    """Return the reply to each turn."""
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
    return [line for row in corpus_rows() for line in _row(row, cafes)]


def _row(row: dict[str, Any], cafes: Cafes) -> list[Line]:
    cafe, language = cafes.get(row["cafe"]), row["language"]
    question, exchanges, found = opening_question(cafe, language), [], []
    for number, said in enumerate(row["turns"][:MOST_TURNS], start=1):
        exchanges.append(Exchange(question, said))
        reply = scripted_reply(Conversation(cafe, language, tuple(exchanges), number - 1), today=DAY)
        question = reply.text
        found.append(Line(f"{row['id']}/{number}", language, said, question))
        if reply.question is None:
            break
    return found


def verdicts() -> dict[str, dict[str, str]]:
    """Return the verdicts by row and turn."""
    return tomllib.loads(VERDICTS.read_text(encoding="utf-8")) if VERDICTS.exists() else {}


def verdict(line: Line, given: dict[str, dict[str, str]]) -> str:
    """Return the verdict that was given to this very reply."""
    one = given.get(line.key, {})
    if one.get("reply") != line.digest:
        return NOT_REVIEWED
    why = one.get("why", "")
    return f"{one['verdict']}: {why}" if why else one["verdict"]


def page() -> str:
    """Return the text of the page."""
    given, found = verdicts(), lines()
    counts = Counter(verdict(line, given).split(":")[0] for line in found)
    total = ", ".join(f"{name} {counts[name]}" for name in ("good", "acceptable", "poor", NOT_REVIEWED))
    rows = "\n".join(
        f"| {line.key} | {_cell(line.said[:SAID_CHARACTERS]) or SILENCE} | {_cell(line.reply)} | {judged} |"
        for line, judged in ((line, verdict(line, given)) for line in found)
    )
    return f"{INTRODUCTION.format(day=DAY)}\n{len(found)} replies: {total}.\n\n{HEAD}\n{rows}\n"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ").strip()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--unread", action="store_true")
    options = parser.parse_args()
    if options.unread:
        given = verdicts()
        for line in lines():
            if verdict(line, given) == NOT_REVIEWED:
                print(f"{line.key}\t{line.digest}\t{line.said[:160]}\n\t-> {line.reply}")
        return 0
    text = page()
    if options.check:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
