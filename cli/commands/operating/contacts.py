"""`pilot contacts`: checks the people to call, and makes the sheet for the cafés."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.context import AS_JSON, print_json, settings
from pilot.business_days import business_day
from storage.cafes_file import read_cafes
from storage.contacts_file import read_contacts

EXIT_FAULTS = 1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Check the people to call; make the one-page sheet for the cafés.",
)


@app.command()
def check(as_json: bool = AS_JSON) -> None:
    """Name every missing person, placeholder, and number that cannot be dialled from abroad.

    Exit code 1 if there is a fault.

    Example: pilot contacts check
    """
    known = settings()
    contacts = read_contacts(known.contacts_file)
    faults = contacts.faults(read_cafes(known.cafes_file).ids)
    if as_json:
        print_json({"ok": not faults, "faults": faults})
    else:
        for fault in faults:
            typer.echo(f"NOT OK  {fault}")
        typer.echo(f"{len(faults)} faults: fill in {known.contacts_file}." if faults else "Everybody can be called.")
        typer.echo(f"Next: pilot contacts {'check' if faults else 'sheet'}")
    if faults:
        raise typer.Exit(EXIT_FAULTS)


@app.command()
def sheet(
    out: Path = typer.Option(Path("contacts.pdf"), "--out", "-o", help="The PDF."),
    draft: bool = typer.Option(False, "--draft", help="Make it in spite of placeholders."),
) -> None:
    """Make the one-page PDF for the cafés' managers, in Swedish; refused while a number is a placeholder.

    Example: pilot contacts sheet -o contacts.pdf
    """
    from operations.contact_sheet import contact_sheet

    known = settings()
    contacts, cafes = read_contacts(known.contacts_file), read_cafes(known.cafes_file)
    if not draft and (faults := contacts.faults(cafes.ids)):
        typer.echo(f"No sheet was made: {len(faults)} faults. `pilot contacts check` lists them.", err=True)
        raise typer.Exit(EXIT_FAULTS)
    out.write_bytes(contact_sheet(contacts, cafes, day=business_day(datetime.now(UTC))))
    typer.echo(f"{out}: one page. Print one for each café.")
