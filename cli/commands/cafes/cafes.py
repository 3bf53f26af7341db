"""`pilot cafes`: checks and lists the cafés' file, with opening hours and trials."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.context import AS_JSON, home, print_json, settings
from pilot.cafe_changes import changes, place
from storage.cafes_file import find_cafes_file, read_cafes

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Check and list the cafés' file, opening hours and trials.",
)


@app.command()
def check(file: Path | None = typer.Argument(None, help="A file to check instead of PILOT_CAFES_FILE.")) -> None:
    """Read the cafés' file and name every field that is wrong; of another file, show what it would change.

    Example: pilot cafes check draft.toml
    """
    current = find_cafes_file(settings().cafes_file)
    path = find_cafes_file(file) if file else current
    cafes = read_cafes(path)
    typer.echo(f"{path}: {len(cafes.cafe)} cafés, all fields usable: {', '.join(cafes.ids)}.")
    if path.samefile(current):
        return
    found = changes(read_cafes(current), cafes)
    for change in found:
        typer.echo(f"  {place(change)}: {_shown(change.before)} -> {_shown(change.after)}")
    typer.echo(f"{len(found)} changes against {current}. Nothing was written.")
    typer.echo(f"Next: cp {path} {current}" if found else "Next: pilot cafes list")


@app.command("list")
def list_cafes(as_json: bool = AS_JSON) -> None:
    """List the cafés.

    Example: pilot cafes list --json
    """
    cafes = read_cafes(settings().cafes_file)
    if as_json:
        print_json([cafe.model_dump(mode="json") for cafe in cafes.cafe])
        return
    for cafe in cafes.cafe:
        band = cafe.expected_feedbacks_per_day
        typer.echo(f"{cafe.id:<14}{cafe.name:<18}{cafe.city:<12}{band.low}-{band.high} feedbacks a day")


@app.command("open")
def open_hours(
    cafe: str = typer.Argument(help="The café's id."),
    days: int = typer.Option(7, "--days", min=1, max=60, help="Number of days."),
) -> None:
    """Show a café's opening hours on the next days, with holidays and special days.

    Example: pilot cafes open aurora --days 14
    """
    from datetime import timedelta

    from pilot.business_days import business_day, days_between
    from pilot.opening_hours import hours_on

    chosen = read_cafes(settings().cafes_file).get(cafe)
    today = business_day(datetime.now(UTC))
    for day in days_between(today, today + timedelta(days=days - 1)):
        here = hours_on(chosen, day)
        window = "closed" if here.window is None else f"{here.window[0]:%H:%M}-{here.window[1]:%H:%M}"
        typer.echo(f"{day:%a} {day.isoformat()}  {window:<13}{here.reason.en if here.reason else ''}".rstrip())


@app.command()
def trial(cafe: str = typer.Argument(help="The café's id.")) -> None:
    """Show the usage of a café's trial; `pilot cafe extend` changes its limit.

    Example: pilot cafes trial aurora
    """
    from storage.store.cafes import trial_slots

    opened = home()
    use = trial_slots.usage(opened.store(), opened.cafes().get(cafe))
    typer.echo(f"{cafe}: {use.used} of {use.limit} used, {use.reserved} under way, {use.unrewarded} beyond the limit.")
    if use.full:
        typer.echo(f"It is full. Extend it: pilot cafe extend {cafe} --limit N --reason WHY")
    elif use.nearly_full:
        typer.echo("Four fifths are used: decide now whether to extend it.")


def _shown(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)
