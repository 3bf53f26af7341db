"""`pilot seed`: prepares the home."""

from __future__ import annotations

import typer

from cli.context import AS_JSON, home, print_json
from operations.seeding import seed

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def seed_home(as_json: bool = AS_JSON) -> None:
    """Prepare the home: folders, store, one code for each café without one.

    Running it again changes nothing.

    Example: pilot seed
    """
    opened = home()
    codes = seed(opened)
    if as_json:
        print_json({"home": str(opened.root), "kind": opened.kind, "codes": [code.code for code in codes]})
        return
    typer.echo(f"Home: {opened.root} ({opened.kind})")
    for code in codes:
        typer.echo(f"{code.cafe:<14}{opened.settings.public_url}/c/{code.code}  ({code.label})")
