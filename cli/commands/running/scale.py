"""`pilot scale`: changes the number of edges, if the machine and the store can carry it."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, ENV_FILE, actor, environment, home, print_json
from cli.switching import DRY_RUN

if TYPE_CHECKING:
    from operations.deployment.compose import Compose

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def scale(
    target: str = typer.Argument(help="edge=N: the number of edges on this machine."),
    hosts: int = typer.Option(1, "--hosts", min=1, help="Hosts on which edges would run, to check the store."),
    reason: str = typer.Option("by hand", "--reason", help="The reason, for the audit log."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Run N edges on this machine until the pilot is started anew.

    They share the port; sessions under way go on. Refused if the memory would get short, or if edges on several hosts
    would need a store that one host has. Where this checkout's containers run, edges are containers.

    Example: pilot scale edge=2 --reason "a full Saturday"
    """
    from operations.deployment import service_commands
    from operations.supervisor.control import command
    from operations.switches.scaling import MIB, check, measure
    from operations.system import make_system
    from storage.store import audit

    given = re.fullmatch(r"edge=([0-9]{1,3})", target)
    if given is None:
        raise typer.BadParameter(f"expected edge=N, for example edge=2; found {target[:30]!r}", param_hint="TARGET")
    edges = int(given[1])
    if hosts == 1 and (project := service_commands.running_project(Path(ENV_FILE))) is not None:
        _scale_containers(project, edges, reason=reason, as_json=as_json, dry_run=dry_run)
        return
    opened = home()
    system = make_system(opened, environment=environment())
    room = measure(system)
    notes = check(system, room, edges=edges, hosts=hosts)
    if not as_json:
        typer.echo(
            f"{room.running} edges run; one takes {room.edge_bytes // MIB} MiB, {room.available_bytes // MIB} MiB are "
            f"available, {room.left_after(edges) // MIB} MiB would be left. At most {room.most} fit."
        )
        for note in notes:
            typer.echo(note)
    if dry_run or hosts > 1:
        if as_json:
            print_json({"edges": edges, "room": asdict(room), "notes": notes, "dry_run": True})
        else:
            typer.echo("It can be carried; nothing is changed." if dry_run else "Start the edges on each host there.")
        return
    began, steps = time.monotonic(), []
    for step in command(system.run_folder, {"do": "scale", "edge": edges}):
        steps.append(step)
        if not as_json:
            typer.echo(step)
    with opened.store().begin() as connection:
        audit.record(
            connection,
            actor=actor(),
            action="system.scale",
            subject="edge",
            reason=reason,
            details={"from": room.running, "to": edges},
        )
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        print_json({"edges": edges, "room": asdict(room), "notes": notes, "seconds": seconds, "steps": steps})
        return
    typer.echo(f"{edges} edges run, after {seconds} s. Back: pilot scale edge=1")


def _scale_containers(project: Compose, edges: int, *, reason: str, as_json: bool, dry_run: bool) -> None:
    import psutil

    from operations.deployment import service_commands

    memory = psutil.virtual_memory()
    room = {"available_bytes": memory.available, "total_bytes": memory.total}
    if dry_run:
        service_commands.check_scale(project, edges, **room)
        typer.echo("It can be carried; nothing is changed.")
        return
    began = time.monotonic()
    before = service_commands.scale(project, edges, **room, actor=actor(), reason=reason)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        print_json({"edges": edges, "before": before, "seconds": seconds})
        return
    typer.echo(f"{edges} edges run in containers, after {seconds} s; {before} ran before.")
