"""The edge beside pipecat 1.14 with the same clips, weights and threads: time to first words.

    python -m benchmarks.voice.voice_clips clips --whole
    python -m benchmarks.voice.pipecat_side_by_side --clips clips --turns 30 --json

Three systems: the edge; pipecat as it is; pipecat with its beam at 1. One server at a time, in blocks that take turns,
each block the same clips. Both answer at once (the edge by its script, pipecat by one line), or `--first-token-ms`
after they were asked to: what is compared is hearing. pipecat is installed into an environment of its own under
the cache folder, at the first run.

An answer counts as whole when it came after the guest's end and on all the words. pipecat's turn ends by a model of how
sentences sound: on clips of several sentences with pauses it answers early, or on the sentences before the last pause.
So `--whole` clips (one prompt each) compare the time, clips with pauses compare whose turn ends when.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.voice.own_edge import CHECKOUT, own_edge, stop
from benchmarks.voice.peer.client import PeerTurn, talk
from benchmarks.voice.stand_in_model import STAND_IN, stand_in_model
from operations.system import free_port
from proving.journey.connection import connected
from proving.load.guest import Guest, Manner
from proving.load.marks import wait_until_landed
from proving.load.records import Turn
from proving.load.stages import timing
from proving.load.utterances import Utterance, read_folder
from proving.load.watching import watch_process
from voice_edge.hearing.weights import packaged_weights
from voice_edge.hearing.word_error import word_errors

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pilot-benchmarks"
PEER = "pipecat-ai[whisper,websocket,runner]>=1.14,<1.15"
THREADS = 2
SHORTEST_THOUGHT, LONGEST_THOUGHT = 1.5, 3.0
START_SECONDS = 120.0
POLL_SECONDS = 0.2
WIDTH = 120
SYSTEMS = ("edge", "pipecat", "pipecat, beam 1")


def peer_python() -> Path:
    """Return the Python of pipecat's environment, made now unless it is there."""
    folder = CACHE / "pipecat-1.14"
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "--python", python, PEER], check=True)
        (folder / ".ready").touch()
    return python


@asynccontextmanager
async def running_peer(*, weights: Path, beam: int, first_token_ms: float) -> AsyncIterator[tuple[str, int]]:
    """Run the bot until the end of the block; give its address and its process's number."""
    port = free_port()
    command = [peer_python(), CHECKOUT / "benchmarks/voice/peer/bot.py", "--port", port, "--weights", weights]
    command += ["--beam", beam, "--first-token-ms", first_token_ms]
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        env={**os.environ, "OMP_NUM_THREADS": str(THREADS), "LOGURU_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as client:
            while True:
                if process.returncode is not None:
                    sys.exit("The bot ended at once: start benchmarks/voice/peer/bot.py by hand to see why.")
                try:
                    await client.get(f"http://127.0.0.1:{port}/ready")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(POLL_SECONDS)
        yield f"ws://127.0.0.1:{port}/ws", process.pid
    finally:
        await stop(process)


async def edge_block(clips: Sequence[Utterance], *, seed: str, first_token_ms: float) -> dict[str, Any]:
    """Speak the clips to the edge, three in a conversation or by its interviewer; return turns and cost."""
    async with stand_in_model(first_token_ms=first_token_ms, wanted=first_token_ms > 0) as model:
        settings = {"PILOT_RECOGNISER_THREADS": str(THREADS)}
        if model:
            settings |= {
                "PILOT_INTERVIEWER": "ollama",
                "PILOT_OLLAMA_URL": model,
                "PILOT_OLLAMA_MODEL": STAND_IN,
            }
        async with own_edge(settings=settings) as edge, watch_process(edge.pid, every_seconds=0.5) as cost:
            said: list[tuple[str, Turn]] = []
            left = iter(clips)
            visit = 0
            while len(said) < len(clips):
                visit += 1
                async with connected(edge.url, user_agent=f"benchmark/{seed}.{visit}") as connection:
                    guest = Guest(
                        connection,
                        code=edge.code,
                        number=0,
                        manner=Manner(shortest_thought=SHORTEST_THOUGHT, longest_thought=LONGEST_THOUGHT),
                        utterances=_then_silence(left, clips[0]),
                        chance=random.Random(seed),
                    )
                    await guest.converse()
                said += [(guest.conversation.session_id, turn) for turn in guest.conversation.turns]
            found = await wait_until_landed(edge.home, {session for session, _ in said})
            rows = [_row(turn, marks=found.marks.get((session, turn.turn), {})) for session, turn in said[: len(clips)]]
            return {"turns": rows, "cpu_seconds": cost.cpu_seconds, "memory_mib": cost.peak_memory_mib}


def _then_silence(left: Any, spare: Utterance) -> Any:
    """Give the clips that are left, and at their end one that will not count."""
    yield from left
    while True:
        yield spare


async def peer_block(
    clips: Sequence[Utterance], *, seed: str, weights: Path, beam: int, first_token_ms: float
) -> dict[str, Any]:
    """Say the clips to pipecat on one connection; return turns and cost."""
    chance = random.Random(seed)
    thoughts = [chance.uniform(SHORTEST_THOUGHT, LONGEST_THOUGHT) for _ in clips]
    async with (
        running_peer(weights=weights, beam=beam, first_token_ms=first_token_ms) as (url, pid),
        watch_process(pid, every_seconds=0.5) as cost,
    ):
        turns = await talk(url, clips, thoughts=thoughts)
        rows = [_row(turn, marks=turn.marks) for turn in turns]
        return {"turns": rows, "cpu_seconds": cost.cpu_seconds, "memory_mib": cost.peak_memory_mib}


def _row(turn: Turn, *, marks: dict[str, float]) -> dict[str, Any]:
    compared = word_errors(turn.text, turn.heard, language="en")
    partly = isinstance(turn, PeerTurn) and turn.response_ms is not None and marks.get("transcript", 0.0) < 0
    return {
        "said": turn.said,
        "seconds": round(turn.seconds, 2),
        "response_ms": None if turn.response_ms is None else round(turn.response_ms, 1),
        "cut_early": turn.cut_early,
        "on_part_of_the_words": partly,
        "unanswered": turn.answered_ms is None,
        "marks": {name: round(value, 1) for name, value in marks.items()},
        "word_errors": compared.errors,
        "words": compared.words,
    }


def summary(blocks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one system's figures over its blocks."""
    rows = [row for block in blocks for row in block["turns"]]
    timed = [row for row in rows if row["response_ms"] is not None]
    whole = [row for row in timed if not row["on_part_of_the_words"]]
    stages = sorted({name for row in whole for name in row["marks"]})
    response = timing("first words, all words heard", (row["response_ms"] for row in whole))
    any_answer = timing("first words, whatever was heard", (row["response_ms"] for row in timed))
    heard = [row for row in rows if not row["cut_early"]]
    words = sum(row["words"] for row in heard)
    return {
        "turns": len(rows),
        "answered_whole": len(whole),
        "cut_early": sum(row["cut_early"] for row in rows),
        "answered_on_part_of_the_words": sum(row["on_part_of_the_words"] for row in rows),
        "unanswered": sum(row["unanswered"] for row in rows),
        "response_ms": asdict(response) if response else None,
        "response_on_any_words_ms": asdict(any_answer) if any_answer else None,
        "stages_ms": [
            asdict(found)
            for name in stages
            if (found := timing(name, (row["marks"][name] for row in whole if name in row["marks"])))
        ],
        "word_error": round(sum(row["word_errors"] for row in heard) / words, 4) if words else None,
        "cpu_seconds_a_turn": round(sum(block["cpu_seconds"] for block in blocks) / len(rows), 2) if rows else None,
        "peak_memory_mib": max((block["memory_mib"] for block in blocks), default=None),
    }


async def compare(*, clips: Path, turns: int, blocks: int, seed: int, first_token_ms: float) -> dict[str, Any]:
    """Run all systems in blocks that take turns; return every figure."""
    peer_python()
    weights = packaged_weights(CACHE)
    said = read_folder(clips)
    chosen = [said[number % len(said)] for number in range(turns)]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SYSTEMS}
    for block in range(blocks):
        part = chosen[block * turns // blocks : (block + 1) * turns // blocks]
        # Each system is first, second and third equally often.
        for place in range(len(SYSTEMS)):
            name = SYSTEMS[(place + block) % len(SYSTEMS)]
            print(f"block {block + 1} of {blocks}: {name}, {len(part)} turns", file=sys.stderr)
            label = f"{seed}.{block}"
            if name == "edge":
                made = await edge_block(part, seed=label, first_token_ms=first_token_ms)
            else:
                beam = 1 if name == SYSTEMS[2] else 0
                made = await peer_block(part, seed=label, weights=weights, beam=beam, first_token_ms=first_token_ms)
            found[name].append(made)
    return {
        "clips": clips.name,
        "turns": turns,
        "blocks": blocks,
        "threads": THREADS,
        "first_token_ms": first_token_ms,
        "machine": {"cores": psutil.cpu_count(), "load_at_the_end": psutil.getloadavg()[0]},
        "systems": {name: summary(each) for name, each in found.items()},
        "rows": {name: [row for block in each for row in block["turns"]] for name, each in found.items()},
    }


def show(found: dict[str, Any]) -> None:
    """Print the comparison."""
    grid = Table(title="first words after the last voiced sample, ms")
    for name in ("", "turns", "whole", "p50", "p95", "most", "early", "on part", "none", "WER", "CPU s"):
        grid.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for name, each in found["systems"].items():
        response = each["response_ms"] or {"p50": 0, "p95": 0, "most": 0}
        counts = (each["cut_early"], each["answered_on_part_of_the_words"], each["unanswered"])
        grid.add_row(
            name,
            str(each["turns"]),
            str(each["answered_whole"]),
            *(f"{response[key]:.0f}" for key in ("p50", "p95", "most")),
            *(str(count) for count in counts),
            f"{each['word_error']}",
            f"{each['cpu_seconds_a_turn']}",
        )
    console = Console(highlight=False, width=WIDTH)
    console.print(grid)
    console.print("whole: after the end and on all words; p50, p95, most: of those; CPU s: a turn, loading not counted")
    for name, each in found["systems"].items():
        stages = ", ".join(f"{stage['stage']} {stage['p50']:.0f}/{stage['p95']:.0f}" for stage in each["stages_ms"])
        console.print(f"{name}, ms after the last voiced sample (p50/p95): {stages}", soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first-token-ms", type=float, default=0.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = asyncio.run(
        compare(
            clips=given.clips,
            turns=given.turns,
            blocks=given.blocks,
            seed=given.seed,
            first_token_ms=given.first_token_ms,
        )
    )
    if given.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        show(found)


if __name__ == "__main__":
    main()
