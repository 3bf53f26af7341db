"""The edge's own cost: CPU milliseconds per second of one customer's audio, by part.

`python -m benchmarks.voice.edge_cost --sessions 6 --seconds 60 --json` serves a real edge (network, voice activity,
turn taking, interviewer by script, append log on the disk) in this process, with a recogniser that answers at once,
and lets talkers of another process speak packaged English in real time. `--profile` prints where the time goes.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from dataclasses import fields, replace
from typing import Any

import numpy as np
import websockets

from operations.seeding import seed
from pilot.settings import read_settings
from proving.journey.lines import line
from proving.journey.speech import speech
from storage.home import open_home
from storage.store.cafes import codes
from voice_edge.__main__ import open_edge
from voice_edge.hearing.transcript import Transcript
from voice_edge.hearing.voice_activity import VoiceActivity
from voice_edge.hearing.workload import Admission, RecogniserFigures
from voice_edge.http.app import create_app
from voice_edge.http.server import edge_server
from voice_edge.protocol import AudioFrame, encode_frame

FRAME_SAMPLES = 640
FRAME_SECONDS = 0.04
PAUSE_SECONDS = 3.0
NO_LIMIT = 10**6
WORDS = "The coffee was good but we waited ten minutes in line at the counter"


class InstantRecogniser:
    """Hears the same words in no time."""

    queue_depth = 0

    def recognise(
        self, audio: Any, *, language: str, session_id: str, final: bool = True, prompt: str = "", part: bool = False
    ) -> Future[Transcript]:
        future: Future[Transcript] = Future()
        future.set_result(Transcript(WORDS, 0.9, False, False, False, 0.0, language))
        return future

    def qualified(self, language: str) -> bool:
        return True

    def forget(self, session_id: str) -> None: ...

    def hurry(self, session_id: str) -> None: ...

    def admission(self, *, voice_sessions: int) -> Admission:
        return Admission(True)

    def figures(self) -> RecogniserFigures:
        return RecogniserFigures(**dict.fromkeys((field.name for field in fields(RecogniserFigures)), 0))


def voice_activity_ms(*, seconds: float = 20.0) -> float:
    """Return what finding speech costs by itself, CPU milliseconds per second of audio."""
    listener = VoiceActivity()
    samples = np.resize(speech(line("en", 1)).samples, int(seconds * 16_000)).astype("<i2")
    frames = [samples[at : at + FRAME_SAMPLES].tobytes() for at in range(0, len(samples), FRAME_SAMPLES)]
    listener.feed(frames[0])
    began = time.process_time()
    for frame in frames:
        listener.feed(frame)
    return (time.process_time() - began) / seconds * 1000


async def talk(url: str, code: str, *, seconds: float) -> None:
    """Speak and pause in turn, in real time, for so long."""
    loud = speech(line("en", 1)).samples
    pause = np.zeros(int(PAUSE_SECONDS * 16_000), dtype=np.int16)
    samples = np.tile(np.concatenate([loud, pause]), 1 + int(seconds * 16_000 / (len(loud) + len(pause))))
    async with websockets.connect(f"{url}/ws/v1", ping_interval=None, max_size=None) as socket:

        async def send(kind: str, **fields: object) -> None:
            await socket.send(json.dumps({"type": kind, **fields}))

        async def read() -> None:
            async for raw in socket:
                message = json.loads(raw)
                if message["type"] == "reply" and message["final"]:
                    await send("shown", turn=message["turn"], at_ms=0.0)

        await send("hello", v=1, code=code, language="en", client={"browser": "benchmark"}, simulated=True)
        await send("start", mode="voice", language="en")
        await send("consent", granted=True, version="2026-11", scope=["transcript"])
        await send("microphone", result="granted", sample_rate=48_000)
        reading = asyncio.create_task(read())
        began = time.monotonic()
        for number in range(int(seconds / FRAME_SECONDS)):
            await asyncio.sleep(max(0.0, began + number * FRAME_SECONDS - time.monotonic()))
            pcm = samples[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES].astype("<i2").tobytes()
            await socket.send(encode_frame(AudioFrame(number, number * 40.0, pcm)))
        reading.cancel()


async def talkers(url: str, code: str, *, sessions: int, seconds: float) -> None:
    await asyncio.gather(*(talk(url, code, seconds=seconds) for _ in range(sessions)))


async def measure(*, sessions: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="pilot-cost-") as folder:
        home = open_home(
            read_settings({"PILOT_HOME": folder, "PILOT_CAFES_FILE": "cafes.toml", "PILOT_INTERVIEWER": "scripted"})
        )
        seed(home)
        code = next(each.code for each in codes.active(home.store()) if each.cafe == "aurora")
        warm = threading.Event()
        warm.set()
        with home.append_log("edge1") as event_log:
            edge = open_edge(home, event_log=event_log, recogniser=InstantRecogniser(), warm=warm)  # type: ignore[arg-type]
            edge.limits = replace(edge.limits, turns=NO_LIMIT, speech_seconds=NO_LIMIT, follow_ups=NO_LIMIT)
            server = edge_server(create_app(edge), edge=edge, host="127.0.0.1", port=0, loop="none")
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
                await asyncio.sleep(0.05)
            url = f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            began = os.times()
            arguments = ["--talkers", url, code, "--sessions", str(sessions), "--seconds", str(seconds)]
            client = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "benchmarks.voice.edge_cost", *arguments
            )
            failed = await client.wait()
            ended = os.times()
            user, system = ended.user - began.user, ended.system - began.system
            server.should_exit = True
            await serving
            if failed:
                raise SystemExit("the talkers failed")
        replies = sum(
            sample.value
            for family in edge.metrics.registry.collect()
            for sample in family.samples
            if sample.name == "edge_replies_total"
        )
    audio = sessions * seconds
    return {
        "sessions": sessions,
        "seconds": seconds,
        "replies": replies,
        "cpu_ms_per_audio_second": round((user + system) / audio * 1000, 3),
        "of_that_system_ms": round(system / audio * 1000, 3),
        "of_that_voice_activity_ms": round(voice_activity_ms(), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--talkers", nargs=2, metavar=("URL", "CODE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.talkers:
        url, code = options.talkers
        asyncio.run(talkers(url, code, sessions=options.sessions, seconds=options.seconds))
        return
    import uvloop

    profile = cProfile.Profile() if options.profile else None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if profile:
            profile.enable()
        figures = runner.run(measure(sessions=options.sessions, seconds=options.seconds))
        if profile:
            profile.disable()
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(28)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:40} {value}")


if __name__ == "__main__":
    main()
