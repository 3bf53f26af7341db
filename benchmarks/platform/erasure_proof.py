"""The erasure proof (`proving.erasure`) on the real asset graph: `make prove-erasure`.

    .venv/bin/python -m benchmarks.platform.erasure_proof [--json] [--keep FOLDER]

A guest with words and tokens of its own passes through everything beside another guest, is erased, and is then looked
for in every byte of the home (Dagster's storage included), of a fresh backup, and of a home restored from a backup
that is older than the erasure. So is a third one, of a day whose time limits are reached: words and device are gone,
the scores are what they were. Exit code 1 if anything is found. The language model is a stand-in.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

import dagster as dg  # noqa: E402

from assets.definitions import build_defs  # noqa: E402
from assets.framework.partitions import range_tags  # noqa: E402
from assets.framework.resources import HomeResource  # noqa: E402
from proving.erasure.proof import ProofResult, prove  # noqa: E402
from storage.home import Home  # noqa: E402
from tests.ollama_server.running import running  # noqa: E402
from tests.ollama_server.server import StandIn  # noqa: E402
from tests.ollama_server.speakers import Planned, said  # noqa: E402

JOBS = ("rebuild", "quality", "judging", "rebuild")
MODEL = "llama3.2:1b"
ANSWER = '{"score": 80, "quote": "torr klockan elva"}'
START_SECONDS = 20.0


def build(home: Home, day: date) -> None:
    """Run every job over a day, with Dagster's own storage in the home."""
    folder = home.root / ".dagster"
    shutil.copyfile(CHECKOUT / "dagster.yaml", folder / "dagster.yaml")
    definitions = build_defs(resource_overrides={"home": HomeResource(home=str(home.root))})
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        for job in JOBS:
            done = definitions.resolve_job_def(job).execute_in_process(instance=instance, tags=range_tags(day, day))
            if not done.success:
                raise SystemExit(f"The job {job} failed.")


@contextlib.contextmanager
def stand_in() -> Iterator[str]:
    """Serve a language model that always gives the same answer."""
    ready, stop = threading.Event(), threading.Event()
    address: list[str] = []

    async def serve() -> None:
        async with running(StandIn(Planned([said(ANSWER)]), model=MODEL)) as url:
            address.append(url)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    if not ready.wait(START_SECONDS):
        raise SystemExit("The stand-in for the language model did not start.")
    try:
        yield address[0]
    finally:
        stop.set()
        thread.join()


def run(folder: Path) -> ProofResult:
    """Run the proof in a folder."""
    now = datetime.now(UTC)
    with stand_in() as url:
        os.environ |= {"PILOT_JUDGEMENTS": "true", "PILOT_OLLAMA_URL": url, "PILOT_OLLAMA_MODEL": MODEL}
        return prove(folder, build=build, now=now)


def summary(proof: ProofResult, *, seconds: float) -> dict[str, Any]:
    """Return the proof for a machine."""
    return {"proved": proof.proved, "seconds": round(seconds, 1), **asdict(proof)}


def main() -> None:
    """Run it and print what it came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="for a machine")
    parser.add_argument("--keep", type=Path, help="run in this empty folder and leave it there")
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = arguments.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="erasure-proof-")))
        proof = run(folder)
    result = summary(proof, seconds=time.monotonic() - begun)
    if arguments.json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        for mark, places in proof.before.items():
            print(f"before: {mark} in {len(places)} places")
        for searched, found in proof.after.items():
            for mark, places in found.items():
                print(f"after:  {mark} in {searched}: {', '.join(places) or 'nowhere'}")
        print(f"the session beside the store: {', '.join(proof.session_elsewhere) or 'nowhere'}")
        print(f"{'PROVED' if proof.proved else 'NOT PROVED'} in {result['seconds']} s; reward: {proof.reward}")
    if not proof.proved:
        sys.exit(1)


if __name__ == "__main__":
    main()
