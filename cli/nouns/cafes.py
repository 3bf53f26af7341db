"""`pilot cafes`: the cafés' file."""

from __future__ import annotations

from pathlib import Path

import typer

from cli.opening import print_json, settings
from storage.cafes_file import find_cafes_file, read_cafes

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Check and list the cafés' file.")


@app.command()
def check(file: Path | None = typer.Argument(None, help="A file to check instead of PILOT_CAFES_FILE.")) -> None:
    """Read the cafés' file and name every field that is wrong.

    Example: pilot cafes check draft.toml
    """
    path = find_cafes_file(file or settings().cafes_file)
    cafes = read_cafes(path)
    typer.echo(f"{path}: {len(cafes.cafe)} cafés, all fields usable: {', '.join(cafes.ids)}.")


@app.command("list")
def list_cafes(as_json: bool = typer.Option(False, "--json", help="For a machine.")) -> None:
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
