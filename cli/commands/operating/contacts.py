"""`pilot contacts`: checks the people to call, and makes the sheet for the cafés."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.context import AS_JSON, actor, home, print_json, settings
from operations.contact_tests import answers, in_words, make_tests
from operations.contact_tests import tick as record_answer
from pilot.business_days import business_day
from pilot.contacts import Contacts
from storage.cafes_file import read_cafes
from storage.contacts_file import read_contacts
from storage.home import Home

EXIT_FAULTS = 1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Check the people to call; make the one-page sheet for the cafés.",
)


@app.command()
def check(
    send_test: bool = typer.Option(False, "--send-test", help="Make a test message for each café's number."),
    answered: bool = typer.Option(False, "--answered", help="Also require that each café has answered a test."),
    as_json: bool = AS_JSON,
) -> None:
    """Name every missing person, placeholder, and number that cannot be dialled from abroad.

    Also shows which café has answered a test message. Exit code 1 if there is a fault.

    Example: pilot contacts check --send-test
    """
    known, opened = settings(), home()
    contacts = read_contacts(known.contacts_file)
    faults = contacts.faults(read_cafes(known.cafes_file).ids)
    if send_test:
        _make_tests(opened, contacts, as_json=as_json)
        return
    shown = answers(opened, contacts)
    if answered:
        faults += [f"café {each.cafe}: {in_words(each)}" for each in shown if each.at is None]
    if as_json:
        print_json({"ok": not faults, "faults": faults, "answers": [asdict(each) for each in shown]})
    else:
        for each in shown:
            typer.echo(f"{'ok      ' if each.at else '-       '}café {each.cafe}: {in_words(each)}")
        for fault in faults:
            typer.echo(f"NOT OK  {fault}")
        typer.echo(f"{len(faults)} faults: fill in {known.contacts_file}." if faults else "Everybody can be called.")
        typer.echo(f"Next: pilot contacts {'check' if faults else 'sheet'}")
    if faults:
        raise typer.Exit(EXIT_FAULTS)


@app.command()
def tick(
    cafe: str = typer.Argument(help="The café's id."),
    code: str = typer.Option("", "--code", help="The code that was answered."),
    by: str = typer.Option("", "--by", help="Who answered."),
) -> None:
    """Record that a café answered the test message; a wrong code is refused.

    Example: pilot contacts tick aurora --code 4711 --by "Åsa Öberg"
    """
    opened, contacts = home(), read_contacts(settings().contacts_file)
    record_answer(opened, contacts, cafe=cafe, by=by, code=code, now=datetime.now(UTC), actor=actor())
    left = [each.cafe for each in answers(opened, contacts) if each.at is None]
    typer.echo(f"{cafe} has answered. {'Left: ' + ', '.join(left) if left else 'Every café has answered'}.")
    typer.echo("Next: pilot contacts check --answered")


def _make_tests(opened: Home, contacts: Contacts, *, as_json: bool) -> None:
    made = make_tests(opened, contacts, now=datetime.now(UTC), actor=actor())
    if as_json:
        print_json([asdict(each) for each in made])
        return
    for each in made:
        typer.echo(f"{each.cafe}: to {each.phone}: {each.text}")
    typer.echo(
        f"{len(made)} tests are recorded; send each text from the support's telephone, as the numbers are shown."
    )
    typer.echo("Next, for each answer: pilot contacts tick CAFE --code CODE --by NAME")


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
