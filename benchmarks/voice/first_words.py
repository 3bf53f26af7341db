"""First words after the end of speech with several guests at once, on an edge of the benchmark's own.

    python -m benchmarks.voice.first_words --sessions 6 --seconds 300 --json
    python -m benchmarks.voice.first_words --sessions 6 --interviewer ollama --first-token-ms 150

The edge runs in a process and a home of its own; the guests are those of `pilot load-test`. With the interviewer
`ollama` the language model is a stand-in that speaks Ollama's protocol: its first token comes after the given time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.voice.own_edge import own_edge
from benchmarks.voice.stand_in_model import STAND_IN, stand_in_model
from proving.load.figures import load_figures
from proving.load.making import Plan, generate_load
from proving.load.marks import wait_until_landed
from proving.load.running import UTTERANCES
from proving.load.showing import show
from proving.load.utterances import default_utterances, read_folder


async def measure(
    *,
    clips: Path | None,
    sessions: int,
    seconds: float,
    seed: int = 1,
    interviewer: str = "scripted",
    ollama_url: str = "",
    model: str = "",
    first_token_ms: float = 150.0,
) -> dict[str, Any]:
    """Start the edge, make the load, return its figures."""
    utterances = read_folder(clips) if clips else default_utterances("en", count=UTTERANCES, seed=seed)
    async with stand_in_model(
        first_token_ms=first_token_ms, wanted=interviewer == "ollama" and not ollama_url
    ) as stand_in:
        settings = {"PILOT_INTERVIEWER": interviewer}
        if interviewer == "ollama":
            settings["PILOT_OLLAMA_URL"] = ollama_url or stand_in
            settings["PILOT_OLLAMA_MODEL"] = model or STAND_IN
        async with own_edge(settings=settings) as edge:
            plan = Plan(
                url=edge.url, code=edge.code, guests=sessions, seconds=seconds, utterances=utterances, seed=seed
            )
            load = await generate_load(plan, edge_pid=edge.pid, report=lambda line: print(line, file=sys.stderr))
            found = await wait_until_landed(
                edge.home, {each.session_id for each in load.conversations if each.session_id}
            )
        asked = {"interviewer": interviewer}
        if interviewer == "ollama":
            asked |= {"model": model or STAND_IN, "first_token_ms": None if ollama_url else first_token_ms}
        return {
            **load_figures(load, found),
            "interviewer": asked,
            "clips": clips.name if clips else "made from this machine's",
        }


def run(*, clips: Path | None, sessions: int, seconds: float, **more: Any) -> dict[str, Any]:
    """Measure, from code that is not asynchronous."""
    return asyncio.run(measure(clips=clips, sessions=sessions, seconds=seconds, **more))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--sessions", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--interviewer", choices=("scripted", "ollama"), default="scripted")
    parser.add_argument("--ollama-url", default="", help="a model of your own instead of the stand-in")
    parser.add_argument("--model", default="", help="its name there")
    parser.add_argument("--first-token-ms", type=float, default=150.0, help="of the stand-in")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(
        clips=given.clips,
        sessions=given.sessions,
        seconds=given.seconds,
        seed=given.seed,
        interviewer=given.interviewer,
        ollama_url=given.ollama_url,
        model=given.model,
        first_token_ms=given.first_token_ms,
    )
    if given.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        show(Console(highlight=False, soft_wrap=True), found)


if __name__ == "__main__":
    main()
