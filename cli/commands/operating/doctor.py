"""`pilot doctor`: the pre-flight of this host."""

from __future__ import annotations

from pathlib import Path

import typer

from cli.context import AS_JSON, ENV_FILE, environment
from cli.findings import report
from cli.weights_check import swedish_weights
from operations.checks.running import Check, UnknownCheck, choose, run_checks
from operations.doctor import configuration
from operations.doctor.catalog import Order, checks
from pilot.errors import InvalidSettings
from pilot.settings import read_settings
from storage.cafes_file import read_cafes

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def doctor(
    only: list[str] = typer.Option([], "--only", help="The checks to run, separated by commas; all by default."),
    containers: bool = typer.Option(False, "--containers", help="Check Docker and Compose, too."),
    as_json: bool = AS_JSON,
) -> None:
    """Check this host, its network, dependencies and configuration before going live.

    Nothing is changed. The checks run at once, each within its own time limit. Exit code 0 if all are well, 1 if one
    is not, 2 for a name that is no check.

    Example: pilot doctor --only dns,certificates
    """
    given = environment()
    try:
        settings = read_settings(given)
    except InvalidSettings:
        # Nothing else can be checked with settings that cannot be read.
        report([configuration.settings(given, env_file=Path(ENV_FILE))], as_json=as_json, failed_command="pilot doctor")
        return
    cafes = read_cafes(settings.cafes_file)
    every = checks(Order(settings, cafes, given, env_file=Path(ENV_FILE), containers=containers))
    place = next(number for number, check in enumerate(every) if check.name == "ollama") + 1
    every.insert(place, Check("weights", lambda: swedish_weights(settings)))
    try:
        chosen = choose(every, only)
    except UnknownCheck as unknown:
        raise typer.BadParameter(str(unknown), param_hint="--only") from None
    report(run_checks(chosen), as_json=as_json, next_command="pilot seed", failed_command="pilot doctor")
