"""The deployment's steps, against a FAKE Docker that refuses what it does not know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from operations.deployment.compose import CommandFailed, Compose
from operations.deployment.deploy import Deployment, NotHealthy, Record
from pilot.errors import PilotError

SERVICES = ("api-gateway", "business-dashboard", "watch")


class FakeDocker:
    """Images by name, containers by name; a container is healthy if its image is sound."""

    def __init__(self, *, old: str = "old", new: str = "new") -> None:
        self.images = {"pilot:local": old} if old else {}
        self.new = new
        self.unsound: set[str] = set()
        self.loops = False
        self.ended: set[str] = set()
        self.containers: dict[str, tuple[str, str]] = {}
        self.calls: list[str] = []
        self.broken = ""
        if old:
            self.containers = {f"{service}-1": (service, old) for service in SERVICES}

    def __call__(self, arguments: Sequence[str]) -> str:
        words = list(arguments)
        if words[0] == "compose":
            words = words[words.index("--file") + 2 :]
        self.calls.append(" ".join(words))
        if self.broken and " ".join(words).startswith(self.broken):
            raise CommandFailed(f"{self.broken} failed.", remedy="Mend it.")
        match words:
            case ["image", "ls", "--quiet", name]:
                return self.images.get(name, "")
            case ["tag", source, target]:
                self.images[target] = self.images[source]
            case ["build"]:
                self.images["pilot:local"] = self.new
            case ["run", "--rm", "--no-deps", "migrate"] | ["up", "--detach", "--wait", "postgres", "redis"]:
                pass
            case ["up", "--detach", "--no-deps", "--no-recreate", "--scale", scale, "api-gateway"]:
                self._scale(int(scale.partition("=")[2]))
            case ["up", "--detach", "--no-build", *_]:
                image = self.images["pilot:local"]
                edges = [name for name, (service, _) in self.containers.items() if service == "api-gateway"]
                self.containers = dict.fromkeys(edges or ["api-gateway-1"], ("api-gateway", image))
                self.containers |= {f"{service}-1": (service, image) for service in SERVICES[1:]}
            case ["stop", name]:
                assert name in self.containers
            case ["rm", name] | ["rm", "--force", name]:
                del self.containers[name]
                self.ended.discard(name)
            case ["ps", "--all", "--format", "json"]:
                return "\n".join(self._line(name, *each) for name, each in self.containers.items())
            case ["logs", "--tail", _, service]:
                return f"{service} | it says why\n"
            case _:
                raise AssertionError(f"the fake does not know {words}")
        return ""

    def _scale(self, count: int) -> None:
        have = [name for name, (service, _) in self.containers.items() if service == "api-gateway"]
        self.ended.clear()  # Compose starts those that ended before it makes new ones.
        for number in range(len(have) + 1, count + 1):
            self.containers[f"api-gateway-{number}"] = ("api-gateway", self.images["pilot:local"])

    def _line(self, name: str, service: str, image: str) -> str:
        health = "unhealthy" if (service in self.unsound and image == self.new) else "healthy"
        state = "restarting" if health == "unhealthy" and self.loops else "running"
        state = "exited" if name in self.ended else state
        return json.dumps({"Name": name, "Service": service, "State": state, "Health": health, "ExitCode": 0})


def deployment(docker: FakeDocker, tmp_path: Path, *, smoke=None, version: str = "v2") -> tuple[Deployment, list[str]]:
    said: list[str] = []
    time = iter(range(10_000))
    return (
        Deployment(
            Compose(docker, env_file=tmp_path / "none", images=tmp_path / "none"),
            record=Record.read(tmp_path / "record.json", version=version),
            report=said.append,
            smoke=smoke,
            clock=lambda: float(next(time) * 10),
            sleep=lambda seconds: None,
        ),
        said,
    )


def test_new_edges_are_healthy_before_an_old_one_stops(tmp_path: Path) -> None:
    docker = FakeDocker()
    deployment(docker, tmp_path)[0].run()
    calls = docker.calls
    assert calls.index("build") < calls.index("run --rm --no-deps migrate")
    started = next(n for n, call in enumerate(calls) if "--scale api-gateway=2 api-gateway" in call)
    asked = next(n for n, call in enumerate(calls) if n > started and call.startswith("ps"))
    assert calls.index("run --rm --no-deps migrate") < started < asked < calls.index("stop api-gateway-1")
    assert {image for _, image in docker.containers.values()} == {"new"}
    assert len([1 for service, _ in docker.containers.values() if service == "api-gateway"]) == 1


def test_two_edges_stay_two(tmp_path: Path) -> None:
    docker = FakeDocker()
    docker.containers["api-gateway-2"] = ("api-gateway", "old")
    deployment(docker, tmp_path)[0].run()
    assert sorted(service for service, _ in docker.containers.values()).count("api-gateway") == 2


def test_an_old_edge_that_ended_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    docker = FakeDocker()
    docker.containers["api-gateway-2"] = ("api-gateway", "old")
    docker.ended = {"api-gateway-2"}
    docker.unsound = {"api-gateway"}
    with pytest.raises(NotHealthy, match="api-gateway"):
        deployment(docker, tmp_path)[0].run()
    assert "stop api-gateway-1" not in docker.calls
    docker.unsound = set()
    docker.containers["api-gateway-2"], docker.ended = ("api-gateway", "old"), {"api-gateway-2"}
    deployment(docker, tmp_path)[0].run()
    assert [image for service, image in docker.containers.values() if service == "api-gateway"] == ["new"]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("loops", [False, True], ids=["unhealthy", "ends again and again"])
def test_a_service_that_is_late_is_named_and_the_images_before_run_again(
    tmp_path: Path, service: str, loops: bool
) -> None:
    docker = FakeDocker()
    docker.unsound, docker.loops = {service}, loops
    work, said = deployment(docker, tmp_path)
    with pytest.raises(NotHealthy, match=rf"300 s: {service}\.\n{service} \| it says why"):
        work.run()
    assert {image for _, image in docker.containers.values()} == {"old"}
    assert said[-1] == "Rolled back: the images before run again."
    if service == "api-gateway":  # The old edge served all the time.
        assert "stop api-gateway-1" not in docker.calls


def test_a_failed_smoke_test_rolls_back(tmp_path: Path) -> None:
    docker = FakeDocker()

    def smoke() -> None:
        raise CommandFailed("aurora: no reward.", remedy="See the log.")

    with pytest.raises(CommandFailed):
        deployment(docker, tmp_path, smoke=smoke)[0].run()
    assert {image for _, image in docker.containers.values()} == {"old"}


def test_a_failed_build_leaves_what_runs_alone(tmp_path: Path) -> None:
    docker = FakeDocker()
    docker.broken = "build"
    with pytest.raises(CommandFailed):
        deployment(docker, tmp_path)[0].run()
    assert not any(call.startswith(("up", "stop", "run")) for call in docker.calls)


def test_a_first_deployment_that_fails_says_that_nothing_was_before(tmp_path: Path) -> None:
    docker = FakeDocker(old="")
    docker.unsound = {"watch"}
    work, said = deployment(docker, tmp_path)
    with pytest.raises(NotHealthy):
        work.run()
    assert "nothing to roll back to" in said[-1]


def test_called_again_it_goes_on_where_the_machine_stopped_it(tmp_path: Path) -> None:
    docker = FakeDocker()

    def cut(seconds: None = None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deployment(docker, tmp_path, smoke=cut)[0].run()
    docker.calls.clear()
    tried: list[bool] = []
    work, said = deployment(docker, tmp_path, smoke=lambda: tried.append(True))
    work.run()
    assert tried == [True]
    assert not any(call.startswith(("build", "up", "run")) for call in docker.calls)
    assert [line.split()[0] for line in said if "done before" in line] == [
        "build", "migrate", "edges", "services", "healthy",
    ]  # fmt: skip
    # Another version, or the same one after it was over, begins anew.
    assert Record.read(tmp_path / "record.json", version="v2").done == []
    assert Record.read(tmp_path / "record.json", version="v3").done == []


def test_after_a_roll_back_every_step_is_done_again(tmp_path: Path) -> None:
    docker = FakeDocker()
    docker.unsound = {"watch"}
    with pytest.raises(PilotError):
        deployment(docker, tmp_path)[0].run()
    assert Record.read(tmp_path / "record.json", version="v2").done == []
