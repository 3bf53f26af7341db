"""`pilot landing`: what the edge has landed."""

from __future__ import annotations

import typer

from cli.context import home, print_json
from operations.landing_status import salvage_days, status

EXIT_DAMAGED = 1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Show what the edge has landed, and save what a damaged segment still holds.",
)


@app.command("status")
def show_status(as_json: bool = typer.Option(False, "--json", help="For a machine.")) -> None:
    """Show each landed day: segments, damaged ones, and log files that wait. Exit code 1 if any is damaged.

    Example: pilot landing status
    """
    found = status(home())
    if as_json:
        print_json(found.as_json())
    else:
        for day in found.days:
            damaged = f", {len(day.damaged)} damaged" if day.damaged else ""
            typer.echo(f"{day.day}  {day.segments} segments{damaged}")
            for path in day.damaged:
                typer.echo(f"            {path}")
        typer.echo(f"{len(found.days)} days; {found.waiting_logs} log files wait to be published.")
        if found.is_damaged:
            typer.echo("`pilot landing salvage` saves the lines of damaged segments that are still whole.")
    if found.is_damaged:
        raise typer.Exit(EXIT_DAMAGED)


@app.command()
def salvage(
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say which segments are damaged."),
) -> None:
    """Publish the whole lines of each damaged segment anew and set the damaged one aside. Again, it does nothing.

    Prefer a good copy from the backup where there is one.

    Example: pilot landing salvage --dry-run
    """
    opened = home()
    if dry_run:
        damaged = [path for day in status(opened).days for path in day.damaged]
        typer.echo("\n".join(damaged) or "No segment is damaged.")
        return
    done = salvage_days(opened)
    for name, result in done:
        typer.echo(f"{name}: {result.lines_kept} lines saved, {result.lines_lost} lost")
    if not done:
        typer.echo("No segment is damaged.")
