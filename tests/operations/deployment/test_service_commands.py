"""`pilot restart` and `pilot scale` of containers, against a FAKE Docker of few commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from operations.deployment import service_commands
from operations.deployment.compose import UNCHECKED, CommandFailed, Compose, Container
from operations.deployment.service_commands import UnknownService, check_scale, restart, running_project, scale
from operations.switches.scaling import CannotScale
from tests.deploy.test_compose_files import SERVICES as COMPOSE_SERVICES

GIB = 1024**3
ROOM = {"available_bytes": 4 * GIB, "total_bytes": 8 * GIB}


class FakeDocker:
    """Edges by number, and the commands that were run."""

    def __init__(self, edges: int = 1, *, watch: bool = True, fails: bool = False) -> None:
        self.edges = edges
        self.watch = watch
        self.fails = fails
        self.calls: list[str] = []

    def __call__(self, arguments: Sequence[str]) -> str:
        words = list(arguments)[list(arguments).index("--file") + 2 :]
        self.calls.append(" ".join(words))
        match words:
            case ["ps", "--all", "--format", "json"]:
                names = [f"api-gateway-{number}" for number in range(1, self.edges + 1)]
                lines = [{"Name": name, "Service": "api-gateway", "State": "running", "Health": ""} for name in names]
                return "\n".join(json.dumps(line) for line in lines)
            case ["up", "--detach", "--no-recreate", "--no-build", "--no-deps", "--wait", "--scale", edges, _]:
                self.edges = int(edges.partition("=")[2])
            case ["up", "--detach", "--force-recreate", "--no-deps", "--no-build", "--wait", *rest]:
                if self.fails:
                    raise CommandFailed("api-gateway is not healthy", remedy="Read its log.")
                # Compose runs one of a service whose number is not given.
                self.edges = int(rest[1].partition("=")[2]) if rest[0] == "--scale" else 1
            case ["exec", "-T", "watch", "python", "-m", "operations.deployment.audit_line", *_]:
                if not self.watch:
                    raise CommandFailed("watch does not run", remedy="Start it.")
            case ["run", "--rm", "--no-deps", "-T", "watch", "python", "-m", "operations.deployment.audit_line", *_]:
                pass
            case _:
                raise AssertionError(f"the fake does not know {words}")
        return ""


def project(docker: FakeDocker) -> Compose:
    return Compose(docker, env_file=Path("none"), images=Path("none"))


def test_processes_are_restarted_by_their_names_and_waited_for() -> None:
    docker = FakeDocker()
    assert restart(project(docker), ["edge", "watch"], actor="cli:eva", reason="slow") == ["api-gateway", "watch"]
    assert docker.calls[-2:] == [
        "up --detach --force-recreate --no-deps --no-build --wait --scale api-gateway=1 api-gateway watch",
        "exec -T watch python -m operations.deployment.audit_line system.restart api-gateway,watch cli:eva slow",
    ]


def test_a_restart_keeps_the_number_of_edges() -> None:
    docker = FakeDocker(edges=3)
    restart(project(docker), ["edge"], actor="a", reason="r")
    assert docker.edges == 3


def test_a_restart_is_audited_without_the_watch_and_if_it_failed() -> None:
    docker = FakeDocker(watch=False, fails=True)
    with pytest.raises(CommandFailed, match="not healthy"):
        restart(project(docker), ["edge"], actor="a", reason="r")
    assert docker.calls[-1].startswith("run --rm --no-deps -T watch python -m operations.deployment.audit_line system.")


def test_without_a_name_every_service_of_the_pilot_is_restarted_and_no_database() -> None:
    services = restart(project(FakeDocker()), [], actor="a", reason="r")
    assert set(services) < set(COMPOSE_SERVICES)
    assert not {"postgres", "redis", "proxy", "ollama"} & set(services)


def test_an_unknown_service_is_refused_before_anything_happens() -> None:
    docker = FakeDocker()
    with pytest.raises(UnknownService, match="'edgee' is no service"):
        restart(project(docker), ["edge", "edgee"], actor="a", reason="r")
    assert docker.calls == []


def test_edges_are_scaled_without_replacing_the_others() -> None:
    docker = FakeDocker()
    assert scale(project(docker), 2, **ROOM, actor="a", reason="r") == 1
    assert docker.edges == 2
    assert docker.calls[-1].startswith(
        "exec -T watch python -m operations.deployment.audit_line system.scale edge 1->2"
    )


def test_more_edges_than_the_memory_carries_are_refused_and_fewer_never() -> None:
    docker = FakeDocker(edges=2)
    scarce = {"available_bytes": 2 * GIB, "total_bytes": 8 * GIB}
    with pytest.raises(CannotScale, match="3 edges would leave 512 MiB of memory; required: 819 MiB"):
        check_scale(project(docker), 3, **scarce)
    with pytest.raises(CannotScale, match="0 edges cannot run"):
        check_scale(project(docker), 0, **scarce)
    assert scale(project(docker), 1, **scarce, actor="a", reason="r") == 2


def test_a_host_without_containers_has_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker, env = FakeDocker(), tmp_path / ".env"
    monkeypatch.setattr(service_commands.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.delenv("PILOT_HOME", raising=False)
    assert running_project(env, compose=project(docker)) is None
    env.write_text("PILOT_PUBLIC_URL=https://aurora.feedbackai.se\n")
    assert running_project(env, compose=project(docker)) is None
    env.write_text("POSTGRES_PASSWORD=secret\n")
    assert running_project(env, compose=project(docker)) is not None
    monkeypatch.setenv("PILOT_HOME", str(tmp_path))  # another pilot is meant
    assert running_project(env, compose=project(docker)) is None
    monkeypatch.delenv("PILOT_HOME")
    docker.edges = 0
    assert running_project(env, compose=project(docker)) is None


def test_the_files_memory_limit_of_an_edge_is_the_one_that_is_counted() -> None:
    assert COMPOSE_SERVICES["api-gateway"]["mem_limit"] == f"{service_commands.EDGE_LIMIT_BYTES >> 20}m"


def test_only_a_service_without_a_check_is_well_without_a_health() -> None:
    unchecked = {name for name, service in COMPOSE_SERVICES.items() if "healthcheck" not in service}
    assert unchecked == UNCHECKED | {"migrate"}
    for service in COMPOSE_SERVICES:
        running = Container("x-1", service, "running", "")
        assert running.is_well is (service in UNCHECKED), service
    assert Container("x-1", "migrate", "exited", "", 0).is_well
