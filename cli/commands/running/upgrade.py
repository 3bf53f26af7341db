"""`pilot upgrade`: migrates a stopped home to this release, and verifies its data."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.switching import DRY_RUN, WHY, require_reason
from operations.releases import present_revision
from operations.releases import upgrade as upgrade_home
from storage.store.migrate import HEAD

EXIT_WRONG = 1

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def upgrade(reason: str = WHY, dry_run: bool = DRY_RUN, as_json: bool = AS_JSON) -> None:
    """Migrate the store of a stopped home to this release, and verify the data.

    Make a backup with the earlier release first. Exit code 1 if the data is wrong afterwards.

    Example: pilot upgrade --reason "release 12"
    """
    opened = home()
    if dry_run:
        before = present_revision(opened)
        if as_json:
            print_json({"dry_run": True, "from": before, "to": HEAD})
        else:
            typer.echo(f"The store would go from {before or 'nothing'} to {HEAD}. Nothing was changed: a dry run.")
        return
    done = upgrade_home(opened, actor=actor(), reason=require_reason(reason), now=datetime.now(UTC))
    if as_json:
        print_json({"passed": done.passed, **asdict(done)})
    else:
        typer.echo(f"The store went from {done.before or 'nothing'} to {done.after}.")
        for check in done.checks:
            typer.echo(f"{'ok   ' if check.ok else 'WRONG'}  {check.name:<8}  {check.found}")
        typer.echo("passed: the data agrees. Next: pilot run" if done.passed else "FAILED. Next: pilot rollback --help")
    if not done.passed:
        raise typer.Exit(EXIT_WRONG)
