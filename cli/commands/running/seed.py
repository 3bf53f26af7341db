"""`pilot seed`: prepares the home."""

from __future__ import annotations

import typer

from cli.context import AS_JSON, home, print_json
from operations.seeding import seed
from storage.store.cafes import codes as store_codes

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def seed_home(as_json: bool = AS_JSON) -> None:
    """Prepare the home: folders, store, one code for each café without one.

    Prints what is new (+) and what was there (=); running it again changes nothing.

    Example: pilot seed
    """
    opened = home()
    before = {code.code for code in store_codes.active(opened.store())}
    codes = seed(opened)
    new = [code.code for code in codes if code.code not in before]
    if as_json:
        listed = [code.code for code in codes]
        print_json({"home": str(opened.root), "kind": opened.kind, "codes": listed, "new": new})
        return
    typer.echo(f"Home: {opened.root} ({opened.kind})")
    for code in codes:
        mark = "+" if code.code in new else "="
        typer.echo(f"{mark} {code.cafe:<14}{opened.settings.public_url}/c/{code.code}  ({code.label})")
    typer.echo(f"{len(new)} new, {len(codes) - len(new)} unchanged.")
    typer.echo("Next: pilot qr generate")
