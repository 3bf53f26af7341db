"""`pilot rollback`: takes a stopped home back to the store of an earlier release."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.switching import DRY_RUN, WHY, require_reason
from operations.releases import rollback as roll_home_back

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def rollback(
    to: str = typer.Option(..., "--to", help="The earlier release's revision: `required` of its `pilot db status`."),
    reason: str = WHY,
    yes: bool = typer.Option(False, "--yes", help="Do it without asking."),
    dry_run: bool = DRY_RUN,
    as_json: bool = AS_JSON,
) -> None:
    """Take the store of a stopped home back to an earlier revision, after a safety copy.

    It says which rows would be lost, and asks. Afterwards install the earlier release: any command of this one would
    migrate the store again.

    Example: pilot rollback --to 0019 --reason "release 12 is slow"
    """
    opened, now = home(), datetime.now(UTC)
    why = reason.strip() if dry_run else require_reason(reason)
    lost = roll_home_back(opened, to, rehearse=True, actor=actor(), reason=why, now=now)
    if as_json and dry_run:
        print_json({"dry_run": True, "lost": lost})
        return
    if not as_json:
        for table, rows in lost.items():
            typer.echo(f"{table}: {rows} rows are lost, except in the safety copy")
    if dry_run:
        typer.echo("Nothing was changed: a dry run.")
        return
    if not yes:
        typer.confirm("Roll back?", abort=True)
    roll_home_back(opened, to, rehearse=False, actor=actor(), reason=why, now=now)
    if as_json:
        print_json({"dry_run": False, "lost": lost})
        return
    typer.echo(f"The store is at {to}. Next: install the earlier release, then its pilot verify-data and pilot run")
