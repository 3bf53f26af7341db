"""`pilot health`: what runs and what is missing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import environment, home, print_json
from operations.health import findings
from operations.system import make_system

EXIT_UNHEALTHY = 1

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def health(as_json: bool = typer.Option(False, "--json", help="For a machine.")) -> None:
    """Say what runs, what is missing, and what to do about it. Exit code 0 only if everything is well.

    Example: pilot health --json
    """
    found = findings(make_system(home(), environment=environment()), now=datetime.now(UTC))
    bad = [finding for finding in found if not finding.ok]
    if as_json:
        print_json({"healthy": not bad, "findings": [asdict(finding) for finding in found]})
    else:
        for finding in found:
            typer.echo(f"{'ok     ' if finding.ok else 'MISSING'}  {finding.name:<16}{finding.found}")
            if finding.remedy:
                typer.echo(f"{'':<25}{finding.remedy}")
        typer.echo("Everything is well." if not bad else f"{len(bad)} of {len(found)} are not well.")
    if bad:
        raise typer.Exit(EXIT_UNHEALTHY)
