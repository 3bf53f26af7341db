"""Faults during a session, with real processes: what the guest sees, and which events are kept.

    python -m benchmarks.voice.faults            # all, about five minutes
    python -m benchmarks.voice.faults edge-killed --json
    python -m benchmarks.voice.faults --table    # the rows of docs/voice-load.md

model-killed: the language model is killed in the middle of a reply. disk-full: the edge may not write another byte
(RLIMIT_FSIZE, set from outside) for 15 s. edge-killed: kill -9, started again after 3 s. network-cut: nothing passes
for 20 s. other-replica: the replica is told to stop, another one on the same home goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from benchmarks.voice.fault_report import row, show
from benchmarks.voice.line import line_to
from benchmarks.voice.own_edge import OwnEdge, own_edge, stop
from benchmarks.voice.phone import Phone, Visit
from benchmarks.voice.stand_in_model import STAND_IN, start_stand_in
from operations.system import free_port
from pilot.business_days import session_day
from proving.load.utterances import default_utterances
from storage.home import Home
from storage.landing.days import read_day
from voice_edge.hearing.word_error import word_errors

VISIT_SECONDS = 150.0
CUT_SECONDS = 20.0
FULL_SECONDS = 15.0
DOWN_SECONDS = 3.0
IN_MID_REPLY_SECONDS = 0.2
PUBLISHED_SECONDS = 3.0
MOST_WAIT_SECONDS = 25.0
MOST_WORDS_WRONG = 0.2  # Of those said: what the recogniser mishears is no loss, a lost sentence is.


class Moment:
    """Waits for a message of the edge: the fault strikes then."""

    def __init__(self, wanted: Callable[[str, dict[str, Any]], bool]) -> None:
        self._wanted = wanted
        self.come = asyncio.Event()

    def __call__(self, kind: str, fields: dict[str, Any]) -> None:
        if self._wanted(kind, fields):
            self.come.set()


def hearing_second_turn() -> Moment:
    """Return the moment in which the guest is speaking the second answer."""
    turn = itertools.count()
    return Moment(lambda kind, fields: kind == "state" and fields["state"] == "hearing" and next(turn) == 1)


async def model_killed() -> dict[str, Any]:
    port = free_port()
    model = await start_stand_in(first_token_ms=100, port=port, token_ms=400)
    settings = {
        "PILOT_INTERVIEWER": "ollama",
        "PILOT_OLLAMA_URL": f"http://127.0.0.1:{port}",
        "PILOT_OLLAMA_MODEL": STAND_IN,
    }
    moment = Moment(lambda kind, fields: kind == "heard" and fields["turn"] == 1)
    try:
        async with own_edge(settings=settings) as edge:

            async def strike(phone: Phone) -> None:
                # Its tokens come 400 ms apart: whether the edge shows them one by one or whole, it is in mid-reply.
                await asyncio.sleep(IN_MID_REPLY_SECONDS)
                phone.note("FAULT", "the model is killed")
                model.kill()
                await model.wait()

            return await _visited(edge, moment, strike)
    finally:
        await stop(model)


async def disk_full() -> dict[str, Any]:
    async with own_edge() as edge:
        process = psutil.Process(edge.pid)

        async def strike(phone: Phone) -> None:
            phone.note("FAULT", "no byte can be written any more")
            process.rlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            await asyncio.sleep(FULL_SECONDS)
            process.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            phone.note("MENDED", "there is room again")

        return await _visited(edge, hearing_second_turn(), strike)


async def edge_killed() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="pilot-benchmark-") as folder:
        home, port = Path(folder) / "home", free_port()
        again = asyncio.Event()

        async def second() -> None:
            await again.wait()
            await asyncio.sleep(DOWN_SECONDS)
            async with own_edge(home_folder=home, port=port):
                await asyncio.Event().wait()

        successor = asyncio.create_task(second())
        try:
            async with own_edge(home_folder=home, port=port) as edge:

                async def strike(phone: Phone) -> None:
                    phone.note("FAULT", "kill -9")
                    edge.process.kill()
                    await edge.process.wait()
                    again.set()

                return await _visited(edge, hearing_second_turn(), strike)
        finally:
            successor.cancel()
            await asyncio.gather(successor, return_exceptions=True)


async def network_cut() -> dict[str, Any]:
    async with own_edge() as edge, line_to(edge.url) as line:

        async def strike(phone: Phone) -> None:
            phone.note("FAULT", f"nothing passes for {CUT_SECONDS:g} s")
            line.cut()
            await asyncio.sleep(CUT_SECONDS)
            line.mend()
            phone.note("MENDED", "the line is back")

        return await _visited(edge, hearing_second_turn(), strike, address=lambda: line.url)


async def other_replica() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="pilot-benchmark-") as folder:
        home = Path(folder) / "home"
        async with (
            own_edge(home_folder=home) as first,
            own_edge(home_folder=home, settings={"PILOT_REPLICA": "edge2"}) as second,
        ):
            where = [first.url]

            async def strike(phone: Phone) -> None:
                phone.note("FAULT", "the replica is told to stop; the proxy leads to the other one")
                where[0] = second.url
                first.process.send_signal(signal.SIGTERM)

            return await _visited(first, hearing_second_turn(), strike, address=lambda: where[0])


FAULTS: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
    "model-killed": model_killed,
    "disk-full": disk_full,
    "edge-killed": edge_killed,
    "network-cut": network_cut,
    "other-replica": other_replica,
}


async def _visited(
    edge: OwnEdge,
    moment: Moment,
    strike: Callable[[Phone], Awaitable[None]],
    *,
    address: Callable[[], str] | None = None,
) -> dict[str, Any]:
    """Visit the edge, strike at the moment, and lay what was seen beside what was kept."""
    say = itertools.cycle(default_utterances("en", count=6, seed=3))
    reached = address or (lambda: edge.url)
    phone = Phone(address=lambda: reached().replace("http", "ws", 1), code=edge.code, utterances=say, on=moment)

    async def fault() -> None:
        await moment.come.wait()
        await strike(phone)

    striking = asyncio.create_task(fault())
    visit = await phone.hold(seconds=VISIT_SECONDS)
    struck = moment.come.is_set()
    striking.cancel()
    await asyncio.gather(striking, return_exceptions=True)
    await asyncio.sleep(PUBLISHED_SECONDS)  # The log is sealed at most a second after the session.
    return {"struck": struck, **asdict(_plain(visit)), "kept": await asyncio.to_thread(kept, edge.home, visit)} | {
        "acknowledged": len(visit.acknowledged)
    }


def _plain(visit: Visit) -> Visit:
    return Visit(**{**vars(visit), "acknowledged": set()})


def kept(home: Home, visit: Visit) -> dict[str, Any]:
    """Return what the landing holds of the visit."""
    if not visit.session_id:
        return {}
    frame = read_day(home.segments(), session_day(visit.session_id)).frame
    rows = [row for row in frame.iter_rows(named=True) if row["session_id"] == visit.session_id]
    places = [(row["epoch"], row["seq"]) for row in rows]
    committed = [json.loads(row["data"]) for row in rows if row["event"] == "utterance_committed"]
    last = {each["turn"]: each["transcript"] for each in sorted(committed, key=lambda each: int(each["revision"]))}
    compared = word_errors(" ".join(visit.said), " ".join(last[turn] for turn in sorted(last)), language="en")
    return {
        "events": dict(Counter(row["event"] for row in rows)),
        "epochs": sorted({epoch for epoch, _ in places}),
        "replicas": sorted({row["edge"] for row in rows}),
        "doubled": len(places) - len(set(places)),
        "acknowledged_but_lost": len(visit.acknowledged - set(places)),
        "turns_with_words": sum(bool(text.strip()) for text in last.values()),
        "words_said": compared.words,
        "words_wrong": compared.errors,
    }


def judged(found: dict[str, Any]) -> list[str]:
    """Return what is wrong about a visit."""
    if not found["struck"]:
        return ["the moment for the fault never came: nothing was shown"]
    wrong = []
    if not found["completed"]:
        wrong.append("the feedback was not sent")
    if found["longest_wait_s"] > MOST_WAIT_SECONDS:
        wrong.append(f"the guest waited {found['longest_wait_s']} s for an answer")
    if found["kept"].get("acknowledged_but_lost"):
        wrong.append(f"{found['kept']['acknowledged_but_lost']} acknowledged events are lost")
    if found["kept"].get("doubled"):
        wrong.append(f"{found['kept']['doubled']} events are there twice")
    if found["kept"].get("words_wrong", 0) > MOST_WORDS_WRONG * found["kept"].get("words_said", 0):
        wrong.append(f"{found['kept']['words_wrong']} of {found['kept']['words_said']} words are not kept as said")
    if broken := [seen["detail"] for seen in found["seen"] if _breaks_off(seen)]:
        wrong.append(f"{len(broken)} questions break off in mid-sentence, for example {broken[0]!r}")
    if found["resumed"] < found["connections"] - 1:
        wrong.append("a session was begun anew instead of resumed")
    return wrong


def _breaks_off(seen: dict[str, Any]) -> bool:
    """Return whether a question that the guest is asked to answer is no whole sentence."""
    return seen["what"].startswith("question") and not seen["detail"].rstrip().endswith((".", "?", "!"))


async def demonstrate(names: list[str]) -> dict[str, Any]:
    """Make the faults one after another."""
    results = {}
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        found = await FAULTS[name]()
        results[name] = {**found, "wrong": judged(found)}
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fault", nargs="*", metavar="FAULT", help=", ".join(FAULTS))
    shown_as = parser.add_mutually_exclusive_group()
    shown_as.add_argument("--json", action="store_true")
    shown_as.add_argument("--table", action="store_true")
    given = parser.parse_args()
    results = asyncio.run(demonstrate(given.fault or list(FAULTS)))
    if given.json:
        print(json.dumps(results, indent=2, ensure_ascii=False))
    for name, found in results.items() if not given.json else ():
        if given.table:
            print(row(name, found))
        else:
            show(name, found)
    sys.exit(any(found["wrong"] for found in results.values()))


if __name__ == "__main__":
    main()
