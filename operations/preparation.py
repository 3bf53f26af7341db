"""What must be in place before the processes start: codes, Dagster's folder, the recogniser's weights."""

from __future__ import annotations

import shutil
import subprocess
import sys

from operations.seeding import seed
from operations.system import CHECKOUT, LOOPBACK, WORKSPACE_NAME, System
from pilot.errors import PilotError
from storage.store.codes import Code

INSTANCE_NAME = "dagster.yaml"
LOCATION_NAME = "cafe_feedback"
WEIGHTS_DEADLINE_SECONDS = 300.0


class NotPrepared(PilotError):
    """Something that the processes need could not be put in place."""


def prepare(system: System) -> list[Code]:
    """Put everything in place; return the active codes. Running it again changes nothing.

    Raises:
        NotPrepared: the recogniser's weights are missing or damaged.
        PilotError: the cafés' file or the store cannot be used.
    """
    codes = seed(system.home)
    prepare_dagster(system)
    prepare_weights(system)
    return codes


def prepare_dagster(system: System) -> None:
    """Copy the instance's settings, and write the workspace that points to this run's code server."""
    system.dagster_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(CHECKOUT / INSTANCE_NAME, system.dagster_home / INSTANCE_NAME)
    (system.dagster_home / WORKSPACE_NAME).write_text(
        "load_from:\n"
        "  - grpc_server:\n"
        f"      host: {LOOPBACK}\n"
        f"      port: {system.code_server_port}\n"
        f"      location_name: {LOCATION_NAME}\n",
        encoding="utf-8",
    )


def prepare_weights(system: System) -> None:
    """Join and check the packaged weights; in a process of its own, for only the edge may load the recogniser.

    Raises:
        NotPrepared: they are missing or damaged; the text is the process's own.
    """
    try:
        done = subprocess.run(
            (sys.executable, "-m", "voice_edge.hearing.weights"),
            env=dict(system.environment),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=WEIGHTS_DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotPrepared(
            f"The recogniser's weights were not joined within {WEIGHTS_DEADLINE_SECONDS:g} s.",
            remedy="See whether the disk is full or very slow, and start again.",
        ) from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it said nothing"]
        raise NotPrepared(
            f"The recogniser's weights cannot be used: {said[0]}", remedy="Install the requirements again: `make run`."
        )
