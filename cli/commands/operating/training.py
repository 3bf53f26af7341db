"""`pilot training`: records and lists who took which drill."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, actor, home, print_json
from operations.training import DRILLS, record_training, trainings
from pilot.business_days import business_day, parse_day

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Record and list who was trained, and in which drill.",
)


@app.callback()
def training() -> None:
    """Record and list who was trained, and in which drill."""


@app.command()
def record(
    name: str = typer.Argument(help="The person's name."),
    drill: str = typer.Option(..., "--drill", help=f"One of {', '.join(DRILLS)}."),
    day: str = typer.Option("", "--day", help="The day; today by default."),
) -> None:
    """Record in the audit log that a person took a drill.

    Example: pilot training record "Elin Berg" --drill level-1
    """
    today = business_day(datetime.now(UTC))
    taken = parse_day(day) if day else today
    record_training(home().store(), name=name, drill=drill, day=taken, today=today, actor=actor())
    typer.echo(f"{name} took the drill {drill} on {taken}.")
    typer.echo("Next: pilot training list")


@app.command("list")
def list_trainings(as_json: bool = AS_JSON) -> None:
    """List every recorded drill, newest first, and the drills that nobody has taken.

    Exit code 1 if there is one.

    Example: pilot training list --json
    """
    found = trainings(home().store())
    missing = [drill for drill in DRILLS if drill not in {each.drill for each in found}]
    if as_json:
        print_json({"ok": not missing, "trainings": [asdict(each) for each in found], "missing": missing})
    else:
        for each in found:
            typer.echo(f"{each.day}  {each.drill:<10}{each.name}  (recorded by {each.recorded_by})")
        typer.echo(f"Nobody took: {', '.join(missing)}." if missing else "Every drill was taken.")
        typer.echo("Next: pilot training record NAME --drill DRILL" if missing else "Next: pilot contacts check")
    if missing:
        raise typer.Exit(1)
