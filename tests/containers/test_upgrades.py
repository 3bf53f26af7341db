"""`pilot deploy` on the real stack: in mid-session, and with a version that does not become healthy."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
import websockets

from tests.containers.engine import APP, BASE, CHECKOUT, PREFIX, docker
from tests.containers.guest import Guest
from tests.containers.stack import PROJECT, Stack
from tests.containers.test_stack import everything_landed_once, writing

pytestmark = pytest.mark.timeout(1200)


def deploy(stack: Stack, state: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    command = (
        *(sys.executable, "-c", "from cli.main import main; main()", "deploy", "--no-smoke"),
        *("--now", "--reason", "a test", "--project", PROJECT, "--env-file", str(stack.env_file), *more),
    )
    environment = {**os.environ, "XDG_STATE_HOME": str(state), "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


async def test_a_deployment_in_mid_session_loses_no_acknowledged_word(stack: Stack, codes, tmp_path: Path) -> None:
    before = set(stack.names("api-gateway"))
    async with writing(stack, codes["aurora"]) as (guest, socket):
        deploying = asyncio.create_task(asyncio.to_thread(deploy, stack, tmp_path))
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await reads(socket, guest)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    async with stack.socket() as socket:  # At once: a new edge serves already.
        await guest.hello(socket)
        assert (await guest.hear_until(socket, "welcome"))["resumed"]
        await guest.answer(socket, 1)
        await guest.finish(socket)
    done = await deploying
    assert done.returncode == 0, done.stdout + done.stderr
    steps = [line.split()[0] for line in done.stdout.splitlines()]
    assert steps == ["pre-flight", "build", "migrate", "edges", "services", "healthy", "Deployed"]
    assert not before & set(stack.names("api-gateway"))
    await everything_landed_once(stack, guest)
    print(done.stdout)  # noqa: T201 - the figures of docs/operations/deploy.md


async def reads(socket: websockets.ClientConnection, guest: Guest) -> None:
    """Read until the edge ends the connection, however long the build takes."""
    while True:
        await socket.recv()


def test_a_version_that_does_not_become_healthy_is_rolled_back(stack: Stack, tmp_path: Path) -> None:
    """The next image's edge is never ready: the deployment names it and puts the image before back."""
    sound = docker("image", "inspect", APP, "--format", "{{.Id}}").strip()
    (tmp_path / "Dockerfile").write_text(
        f"FROM {APP}\nRUN rm /opt/pilot/voice_edge/__main__.py\n".replace("RUN", "USER root\nRUN")
    )
    docker("build", "--quiet", "--tag", f"{PREFIX}/broken", str(tmp_path))
    compose = (CHECKOUT / "docker-compose.staging.yml").read_text("utf-8")
    assert "build: {context: ., args:" in compose and BASE
    state = tmp_path / "state"
    program = BROKEN.format(
        env_file=str(stack.env_file), project=PROJECT, image=APP, broken=f"{PREFIX}/broken", state=str(state)
    )
    done = subprocess.run(
        (sys.executable, "-c", program), cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Not healthy after 40 s: api-gateway" in done.stdout
    assert done.stdout.rstrip().endswith("Rolled back: the images before run again.")
    assert docker("image", "inspect", APP, "--format", "{{.Id}}").strip() == sound
    assert {each["Health"] for each in stack.containers("api-gateway") if each["State"] == "running"} == {"healthy"}


# The command's own steps, with a build that gives the broken image.
BROKEN = """
import sys
from pathlib import Path
from operations.deployment.compose import Compose, run_docker
from operations.deployment.deploy import Deployment, NotHealthy, Record

class Broken(Compose):
    def run(self, *arguments):
        return self.docker("tag", "{broken}", "{image}") if arguments == ("build",) else super().run(*arguments)

compose = Broken(run_docker, env_file=Path("{env_file}"), images=Path("deploy/images.env"), project="{project}")
record = Record.read(Path("{state}") / "record.json", version="broken")
work = Deployment(compose, record=record, report=print, image="{image}", previous="{image}-before", healthy_seconds=40)
try:
    work.run()
except NotHealthy:
    sys.exit(3)
"""
