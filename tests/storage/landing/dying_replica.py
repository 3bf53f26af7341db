"""A program that forks a dying replica for each order on standard input and reports its output.

An order says where the replica kills itself (`failpoint`, the `nth` time it is reached), or after how many
acknowledgements it is killed from outside, wherever it then is. A fork is cheap, so property tests can afford many.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from storage.landing.append_log import AppendLog, Cadence
from storage.landing.folder_segments import FolderSegments
from tests.storage.recorded import MONDAY_MORNING, TUESDAY_MORNING, utterances

ID_LENGTH = 36


def main() -> None:
    for order in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(order))) + "\n")
        sys.stdout.flush()


def obey(order: dict[str, object]) -> dict[str, object]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        live(Path(str(order["folder"])), order, write)
        os._exit(0)
    os.close(write)
    acknowledged: list[str] = []
    with os.fdopen(read, "rb") as said:
        while record := said.read(ID_LENGTH):
            acknowledged.append(record.decode())
            if len(acknowledged) == order.get("acknowledgements"):
                os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return {"acknowledged": acknowledged, "killed": os.WIFSIGNALED(status)}


def live(folder: Path, order: dict[str, object], said: int) -> None:
    seen = [0]

    def failpoint(name: str) -> None:
        if name == order.get("failpoint"):
            seen[0] += 1
            if seen[0] == order["nth"]:
                os.kill(os.getpid(), signal.SIGKILL)

    with AppendLog(
        logs=folder / "log",
        replica="edge1",
        segments=FolderSegments(folder / "landing"),
        cadence=Cadence(soon_seconds=0.0, seal_seconds=3600, adopt_seconds=3600),
        failpoint=failpoint,
    ) as log:
        for _ in range(int(str(order["batches"]))):
            batch = [*utterances(2, at=MONDAY_MORNING), *utterances(1, at=TUESDAY_MORNING)]
            log.append(batch).result()
            for event in batch:
                os.write(said, event.event_id.encode())
            if order["publish"]:
                log.publish_soon()


if __name__ == "__main__":
    main()
