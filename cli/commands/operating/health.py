"""`pilot health`: checks the pilot's services and its home."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, environment, home
from cli.findings import report
from operations.checks.running import UnknownCheck, choose, run_checks
from operations.daily import daily_checks
from operations.health import ALIASES, checks, with_usage
from operations.service_usage import service_usage
from operations.system import make_system

INSTALLATION = "staging"

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def health(
    installation: str = typer.Argument(INSTALLATION, help="The installation; there is one, called staging."),
    service: list[str] = typer.Option([], "--service", help="The services to check; all by default."),
    daily: bool = typer.Option(False, "--daily", help="Also the last backup, certificates, queue and disk."),
    as_json: bool = AS_JSON,
) -> None:
    """Show every service in one table within 10 s: its state, memory and CPU, with remedies.

    Exit code 0 if all are well, 1 if one is not, 2 for an unknown service.

    Example: pilot health --service edge
    """
    if installation != INSTALLATION:
        raise typer.BadParameter(f"there is no {installation!r}, expected {INSTALLATION}", param_hint="INSTALLATION")
    system = make_system(home(), environment=environment())
    try:
        now = datetime.now(UTC)
        chosen = choose(checks(system, now=now), [ALIASES.get(name, name) for name in service])
        chosen += daily_checks(system, now=now) if daily else []
    except UnknownCheck as unknown:
        raise typer.BadParameter(str(unknown).replace("check", "service"), param_hint="--service") from None
    found = run_checks(chosen)
    usage = service_usage(system.run_folder)
    report(
        [with_usage(finding, usage) for finding in found],
        as_json=as_json,
        next_command="pilot smoke",
        failed_command="pilot logs --since 1h",
    )
