"""`pilot process`: becomes one process of the pilot, for a container or a unit of its own."""

from __future__ import annotations

import os
import re
import socket

import typer

from cli.context import environment, home
from operations.health import ALIASES

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def process(
    name: str = typer.Argument(help="The process: api-gateway, business-dashboard, entrance, code-server, ..."),
) -> None:
    """Become one process of the pilot, in the foreground, after `pilot prepare`.

    A container or systemd supervises it. An edge is named after its host, unless PILOT_REPLICA names it.

    Example: pilot process api-gateway
    """
    from operations.backup.verified import check_verified
    from operations.system import EDGE, make_system, processes

    given = environment()
    known = ALIASES.get(name, name)
    if known == EDGE and not given.get("PILOT_REPLICA"):
        given["PILOT_REPLICA"] = re.sub(r"[^a-z0-9]", "", socket.gethostname().lower())
    system = make_system(home(), environment=given, fake_allowed=False)
    check_verified(system.home)
    specs = {spec.name: spec for spec in processes(system)}
    if known not in specs:
        raise typer.BadParameter(f"there is no {name!r}, expected one of {', '.join(specs)}", param_hint="NAME")
    spec = specs[known]
    os.chdir(spec.folder)
    os.execvpe(spec.command[0], list(spec.command), dict(spec.environment))  # noqa: S606 - our own command
