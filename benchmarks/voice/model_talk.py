"""A configured model's questions to the corpus's guests, for people to judge before it is qualified.

    python -m benchmarks.voice.model_talk --language sv                # the Ollama of PILOT_OLLAMA_URL and _MODEL
    python -m benchmarks.voice.model_talk --language en --rows 20 --json out.json
    python -m benchmarks.voice.model_talk --language sv --sheet sheet.csv        # to be filled in by readers

Each row shows what the guest said, the model's reply up to its first question, the guard's verdict and the script's
own question. The procedure, and from when on a language counts as spoken, is in `docs/voice.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import random
import sys
import time
from collections import Counter
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from pilot.cafes import Language, parse_cafes
from pilot.settings import read_settings
from scripts.question_table import ROOT, corpus_rows
from voice_edge.interviewer import Conversation, Exchange, opening_question
from voice_edge.interviewer.errors import ModelAway
from voice_edge.interviewer.model.guard import fault, the_question
from voice_edge.interviewer.model.ollama_chat import OllamaChat
from voice_edge.interviewer.model.prompt import messages
from voice_edge.interviewer.scripted import scripted_reply

SEED = 7
MOST_CHARACTERS = 320
LIMIT_SECONDS = 60.0
SHEET = ("row", "guest", "A", "B", "A would be said at a table (yes/no)", "B (yes/no)", "better (A/B/same)")


@dataclass(frozen=True, slots=True)
class Row:
    row: str
    guest: str
    model: str
    question: str
    guard: str
    script: str
    first_token_seconds: float
    whole_seconds: float


async def ask(chat: OllamaChat, row: dict, talk: Conversation) -> Row:
    began, text, first = time.perf_counter(), "", 0.0
    async with asyncio.timeout(LIMIT_SECONDS), aclosing(chat.say(messages(talk))) as tokens:
        async for token in tokens:
            first = first or time.perf_counter() - began
            text += token
            if len(text) > MOST_CHARACTERS or the_question(text):
                break
    question = the_question(text)
    return Row(
        row=row["id"],
        guest=talk.exchanges[-1].answer,
        model=text.strip(),
        question=question,
        guard=fault(question, talk),
        script=scripted_reply(talk).question or "(thanks)",
        first_token_seconds=round(first, 3),
        whole_seconds=round(time.perf_counter() - began, 3),
    )


async def talk_through(options: argparse.Namespace) -> list[Row]:
    settings = read_settings(os.environ)
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
    language: Language = options.language
    rows = [row for row in corpus_rows() if row["language"] == language and row["turns"][0].strip()]
    random.Random(SEED).shuffle(rows)
    chat = OllamaChat(url=options.url or settings.ollama_url, model=options.model or settings.ollama_model)
    await chat.load()
    found: list[Row] = []
    for row in rows:
        cafe = cafes.get(row["cafe"])
        talk = Conversation(cafe, language, (Exchange(opening_question(cafe, language), row["turns"][0]),), 0)
        if scripted_reply(talk).certain:
            continue  # The model is never asked these.
        found.append(await ask(chat, row, talk))
        if len(found) == options.rows:
            break
    await chat.close()
    return found


def sheet(rows: list[Row], path: Path) -> None:
    """Write a blind sheet of model's and script's questions in random order, with the key in another file."""
    dice = random.Random(SEED)
    key = {}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SHEET)
        for row in (one for one in rows if not one.guard):
            first = dice.random() < 0.5
            key[row.row] = "A" if first else "B"
            pair = (row.question, row.script) if first else (row.script, row.question)
            writer.writerow([row.row, row.guest, *pair, "", "", ""])
    path.with_suffix(".key.json").write_text(json.dumps({"model_is": key}, indent=1), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=["sv", "en"], required=True)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--url")
    parser.add_argument("--model")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    try:
        rows = asyncio.run(talk_through(options))
    except ModelAway as error:
        print(error, file=sys.stderr)
        return 1
    for row in rows:
        print(f"{row.row}\n  guest:  {row.guest[:200]}\n  model:  {row.model}\n  guard:  {row.guard or 'lets it pass'}")
        print(
            f"  script: {row.script}\n  {row.first_token_seconds} s to the first token, {row.whole_seconds} s in all\n"
        )
    passed = sum(not row.guard for row in rows)
    stopped = dict(Counter(row.guard for row in rows if row.guard))
    print(f"{passed} of {len(rows)} questions pass the guard; stopped: {stopped}")
    if options.json:
        options.json.write_text(
            json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1), encoding="utf-8"
        )
    if options.sheet:
        sheet(rows, options.sheet)
    return 0


if __name__ == "__main__":
    sys.exit(main())
