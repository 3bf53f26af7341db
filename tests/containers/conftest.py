"""One stack for all tests of containers: built, started and removed once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from operations.environment_file import make_environment_file
from operations.hosts.names import public_hosts
from operations.hosts.proxy_file import CONTAINERS, proxy_file
from scripts import container_engine
from storage.cafes_file import read_cafes
from tests.containers.engine import CHECKOUT, NoEngine, daemon, image_variables, make_base, make_stand_ins
from tests.containers.stack import ROOT_AT, STAFF, Stack
from tests.ports import free_ports
from tests.waiting import until

NOT_RUN: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests, and keep them on one worker."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.containers)
            item.add_marker(pytest.mark.xdist_group("containers"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the engine if its tests were left out."""
    for reason in NOT_RUN:
        terminalreporter.write_line(f"NOT RUN: Docker with Compose {reason}; its tests were left out.")


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    """Run the daemon; leave the tests out if it cannot run here."""
    with ExitStack() as running:
        if absent := container_engine.missing():
            NOT_RUN.append(f"is not complete here (missing: {', '.join(absent)})")
        else:
            try:
                running.enter_context(daemon())
            except NoEngine as fault:
                NOT_RUN.append(f"does not start here ({fault})")
        if NOT_RUN:
            pytest.skip(NOT_RUN[0])
        yield


@pytest.fixture(scope="session")
def stack(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Build and start everything, as documented; remove it at the end."""
    folder = tmp_path_factory.mktemp("stack")
    cafes = read_cafes(CHECKOUT / "cafes.toml")
    http_port, https_port = free_ports(2)
    env_file, caddyfile = folder / ".env", folder / "Caddyfile"
    make_environment_file(env_file, containers=cafes)
    caddyfile.write_text(proxy_file(public_hosts(cafes), replace(CONTAINERS, internal=True)), "utf-8")
    variables = {
        **image_variables(),
        "ENV_FILE": str(env_file),
        "CADDYFILE": str(caddyfile),
        "HTTP_PORT": str(http_port),
        "HTTPS_PORT": str(https_port),
    }
    text = env_file.read_text("utf-8").replace(f"https://{STAFF}", f"https://{STAFF}:{https_port}")
    env_file.write_text(text + "".join(f"{name}={value}\n" for name, value in variables.items()), "utf-8")
    opened = Stack(env_file, http_port, https_port, folder / "root.crt")
    make_base()
    opened.compose("build", seconds=1500)
    make_stand_ins()
    opened.compose("down", "--volumes", "--remove-orphans")
    try:
        opened.up()
        until(lambda: _authority(opened), what="the proxy's authority", every=0.5)
        yield opened
    finally:
        if os.environ.get("KEEP_CONTAINERS") != "1":
            opened.compose("down", "--volumes", "--remove-orphans", check=False)


def _authority(stack: Stack) -> bool:
    stack.compose("cp", f"proxy:{ROOT_AT}", str(stack.authority), check=False)
    return stack.authority.is_file()


@pytest.fixture(scope="session")
def codes(stack: Stack) -> dict[str, str]:
    """Return a code of each café."""
    lines = stack.inside("watch", "pilot", "seed").splitlines()
    split = (line[1:].split()[:2] for line in lines if line[:1] in "+=" and "/c/" in line)
    return {cafe: address.rpartition("/")[2] for cafe, address in split}
