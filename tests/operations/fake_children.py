"""Small programs that behave like the pilot's processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from operations.supervisor import FileTouched, ProcessSpec

PRELUDE = "import os, signal, subprocess, sys, time, pathlib\n"
STAY = "signal.pause()\n"


def child(
    name: str,
    body: str,
    *,
    folder: Path,
    after: tuple[str, ...] = (),
    ready: str | None = None,
    stop_seconds: float = 5.0,
) -> ProcessSpec:
    """Return a process that runs `body`; it calls `ready()`, which writes its pid to a file, when ready."""
    sign = folder / f"{ready or name}.ready"
    program = PRELUDE + f"def ready(): pathlib.Path({str(sign)!r}).write_text(str(os.getpid()))\n" + body
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-I", "-S", "-u", "-c", program),
        environment={"PATH": os.environ["PATH"]},
        folder=folder,
        ready=FileTouched(sign),
        after=after,
        stop_seconds=stop_seconds,
    )
