"""Restarts and scales services in containers, for `pilot restart` and `pilot scale`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from operations.deployment.compose import IMAGES_FILE, STAGING_FILE, CommandFailed, Compose, run_docker
from operations.deployment.deploy import EDGE
from operations.switches.scaling import CannotScale
from operations.system import MOST_EDGES
from pilot.errors import PilotError

# `pilot env create --containers` writes it; a host without containers has no use for it.
MARK = "POSTGRES_PASSWORD="
SERVICES: Mapping[str, str] = {
    "edge": EDGE,
    "dashboards": "business-dashboard",
    "code-server": "dagster-code-server",
    "webserver": "dagster-webserver",
    "daemon": "dagster-daemon",
    "entrance": "entrance",
    "watch": "watch",
}
SCALED = (EDGE, "business-dashboard")  # services that may run more than once
EDGE_LIMIT_BYTES = 1536 * 1024**2  # mem_limit of an edge in the compose file.
RESERVE_SHARE = 0.10
MIB = 1024**2
AUDITOR = "watch"  # The process that writes the audit line: only containers reach the store.


class UnknownService(PilotError):
    """No service of the project has this name."""


def running_project(env_file: Path, *, compose: Compose | None = None) -> Compose | None:
    """Return the compose project of the working directory; None if none runs on this host.

    Args:
        env_file: The file of settings and passwords.
        compose: The project; None for the documented one.
    """
    if "PILOT_HOME" in os.environ:  # a home of this host is meant
        return None
    if not (Path(STAGING_FILE).is_file() and env_file.is_file() and shutil.which("docker")):
        return None
    if not any(line.startswith(MARK) for line in env_file.read_text(encoding="utf-8").splitlines()):
        return None
    project = compose or Compose(run_docker, env_file=env_file, images=IMAGES_FILE)
    return project if any(each.state == "running" for each in project.containers()) else None


def restart(project: Compose, names: Sequence[str], *, actor: str, reason: str) -> Sequence[str]:
    """Restart services, all of the pilot's by default; return their names.

    Raises:
        UnknownService: a name is of no service.
        CommandFailed: Docker could not do it.
    """
    services = [_service(name) for name in names] or list(SERVICES.values())
    number = {service: _running(project, service) for service in SCALED if service in services}
    scales = [word for service, count in number.items() for word in ("--scale", f"{service}={max(1, count)}")]
    try:
        # A container keeps the settings that it was made with, so each is made anew.
        project.run("up", "--detach", "--force-recreate", "--no-deps", "--no-build", "--wait", *scales, *services)
    finally:
        _note(project, action="system.restart", subject=",".join(services), actor=actor, reason=reason)
    return services


def scale(project: Compose, edges: int, *, available_bytes: int, total_bytes: int, actor: str, reason: str) -> int:
    """Run some edges; return how many ran before.

    Raises:
        CannotScale: the number is out of range, or the memory is short.
        CommandFailed: Docker could not do it.
    """
    check_scale(project, edges, available_bytes=available_bytes, total_bytes=total_bytes)
    before = running_edges(project)
    project.run(
        "up", "--detach", "--no-recreate", "--no-build", "--no-deps", "--wait", "--scale", f"{EDGE}={edges}", EDGE
    )
    _note(project, action="system.scale", subject=f"edge {before}->{edges}", actor=actor, reason=reason)
    return before


def check_scale(project: Compose, edges: int, *, available_bytes: int, total_bytes: int) -> None:
    """Check that so many edges can run.

    Raises:
        CannotScale: the number is out of range, or the memory is short.
    """
    if not 1 <= edges <= MOST_EDGES:
        raise CannotScale(f"{edges} edges cannot run.", remedy=f"Give 1 to {MOST_EDGES}.")
    new = max(0, edges - running_edges(project))
    left, reserve = available_bytes - new * EDGE_LIMIT_BYTES, round(RESERVE_SHARE * total_bytes)
    if new and left < reserve:
        raise CannotScale(
            f"{edges} edges would leave {left // MIB} MiB of memory; required: {reserve // MIB} MiB (one edge may take "
            f"{EDGE_LIMIT_BYTES // MIB} MiB, {available_bytes // MIB} MiB are available).",
            remedy="Use fewer, or turn on text only: pilot fallback on --reason WHY",
        )


def running_edges(project: Compose) -> int:
    """Return the number of edges that run."""
    return _running(project, EDGE)


def _running(project: Compose, service: str) -> int:
    return sum(each.service == service and each.state == "running" for each in project.containers())


def _service(name: str) -> str:
    found = SERVICES.get(name, name)
    if found not in SERVICES.values():
        known = ", ".join(SERVICES)
        raise UnknownService(f"{name[:40]!r} is no service of the pilot.", remedy=f"Give some of {known}.")
    return found


def _note(project: Compose, *, action: str, subject: str, actor: str, reason: str) -> None:
    program = ("python", "-m", "operations.deployment.audit_line", action, subject, actor, reason)
    try:
        project.run("exec", "-T", AUDITOR, *program)
    except CommandFailed:  # the watch does not run
        project.run("run", "--rm", "--no-deps", "-T", AUDITOR, *program)
