"""`pilot landing`: shows the landed segments, and salvages damaged ones."""

from __future__ import annotations

import typer

from cli.context import AS_JSON, home, print_json
from operations.landing_status import salvage_days, status

EXIT_DAMAGED = 1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Show the landed segments, and salvage damaged ones.",
)


@app.command("status")
def show_status(as_json: bool = AS_JSON) -> None:
    """Show the segments of each landed day, and the unpublished log files.

    Exit code 1 if a segment is damaged.

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
        typer.echo(f"{len(found.days)} days; {found.waiting_logs} log files are not published yet.")
        if found.is_damaged:
            typer.echo("Next: pilot landing salvage, which saves the whole lines of damaged segments.")
    if found.is_damaged:
        raise typer.Exit(EXIT_DAMAGED)


@app.command()
def salvage(
    dry_run: bool = typer.Option(False, "--dry-run", help="Only list the damaged segments."),
) -> None:
    """Publish the whole lines of each damaged segment as a new one, and move the damaged one away.

    Prefer a good copy from a backup if there is one. Running it again changes nothing.

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
