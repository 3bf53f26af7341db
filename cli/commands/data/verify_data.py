"""`pilot verify-data`: verifies that store, ledger, lake and KPIs agree."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, actor, home, print_json
from operations.backup.verified import release
from operations.data_verification import verify_data as verify_home

EXIT_WRONG = 1

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def verify_data(as_json: bool = AS_JSON) -> None:
    """Verify the store's keys and migration, the ledger's balance, the lake's rows, and the KPIs.

    Nothing changes, except that a restored home may run once it has passed. Exit code 1 if something is wrong.

    Example: pilot verify-data
    """
    opened = home()
    checks = verify_home(opened)
    wrong = [check for check in checks if not check.ok]
    if not wrong:
        release(opened, verified=True, actor=actor(), reason="passed", at=datetime.now(UTC))
    if as_json:
        print_json({"passed": not wrong, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            typer.echo(f"{'ok   ' if check.ok else 'WRONG'}  {check.name:<8}  {check.found}")
            if not check.ok:
                typer.echo(f"{'':<17}required: {check.required}")
        typer.echo("passed: the data agrees." if not wrong else f"FAILED: {len(wrong)} of {len(checks)} checks.")
        typer.echo("Next: pilot run" if not wrong else "Next: pilot backup list, then pilot backup restore NAME")
    if wrong:
        raise typer.Exit(EXIT_WRONG)
