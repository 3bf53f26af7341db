"""`pilot health`: checks the pilot's processes and its home."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, environment, home, print_json
from operations.health import findings
from operations.system import make_system

EXIT_UNHEALTHY = 1

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def health(as_json: bool = AS_JSON) -> None:
    """Report what runs and what is missing, with remedies. Exit code 0 only if every check passes.

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
        typer.echo("Every check passed." if not bad else f"{len(bad)} of {len(found)} checks failed.")
    if bad:
        raise typer.Exit(EXIT_UNHEALTHY)
