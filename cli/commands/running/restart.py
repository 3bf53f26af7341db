"""`pilot restart`: restarts processes of a running pilot, in order and without a lost write."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, ENV_FILE, actor, environment, home, print_json
from cli.switching import DRY_RUN

if TYPE_CHECKING:
    from operations.deployment.compose import Compose

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def restart(
    service: list[str] = typer.Argument(None, help="Processes: edge, dashboards, entrance, watch, ...; none for all."),
    reason: str = typer.Option("by hand", "--reason", help="The reason, for the audit log."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Restart processes and what depends on them: dependents stop first and start last.

    An edge sends its guests' pages to reconnect, and writes what it has recorded, before it ends. What a guest said
    and the edge acknowledged is on the disk; the page sends the rest again. The file of settings is read again first:
    what changed is valid for the restarted processes; if a setting is wrong, nothing stops. Where this checkout's
    containers run, their services are restarted.

    Example: pilot restart edge --reason "it answers slowly"
    """
    from operations.deployment import service_commands
    from operations.supervisor.control import command
    from operations.system import make_system, processes
    from storage.store import audit

    if (project := service_commands.running_project(Path(ENV_FILE))) is not None:
        _restart_containers(project, service or [], reason=reason, as_json=as_json, dry_run=dry_run)
        return
    opened = home()
    system = make_system(opened, environment=environment())
    names = service or []
    if dry_run:
        known = [spec.name for spec in processes(system)]
        typer.echo(f"Dry run: would restart {', '.join(names or known)} and what depends on them.")
        return
    began, steps = time.monotonic(), []
    for step in command(system.run_folder, {"do": "restart", "names": names}):
        steps.append(step)
        if not as_json:
            typer.echo(step)
    seconds = round(time.monotonic() - began, 1)
    with opened.store().begin() as connection:
        audit.record(
            connection,
            actor=actor(),
            action="system.restart",
            subject=",".join(names) or "all",
            reason=reason,
            details={"seconds": seconds},
        )
    if as_json:
        print_json({"restarted": names or "all", "seconds": seconds, "steps": steps})
        return
    typer.echo(
        f"Restarted {', '.join(names) or 'everything'} in {seconds} s; every process is ready. Next: pilot health"
    )


def _restart_containers(project: Compose, names: list[str], *, reason: str, as_json: bool, dry_run: bool) -> None:
    from operations.deployment import service_commands

    if dry_run:
        typer.echo(f"Dry run: would restart the containers of {', '.join(names) or 'every service of the pilot'}.")
        return
    began = time.monotonic()
    services = service_commands.restart(project, names, actor=actor(), reason=reason)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        print_json({"restarted": services, "seconds": seconds})
        return
    typer.echo(f"Restarted the containers of {', '.join(services)} in {seconds} s; each is healthy.")
