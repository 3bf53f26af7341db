"""`pilot account`: who may open the pages, and the proof that nobody else can."""

from __future__ import annotations

import typer

from cli.context import AS_JSON, actor, home, print_json, print_stderr
from operations.access.access_test import Attempt, test_access
from operations.access.first_sign_in import FIRST, first_link, link_address
from pilot.business_days import local_time
from storage.store.access import accounts, links, sign_ins
from storage.store.access.accounts import NotAnAccount

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Invite, list and revoke the accounts of the pages and Dagster.",
)


@app.callback()
def account() -> None:
    """Invite, list and revoke the accounts of the pages and Dagster."""


@app.command()
def invite(
    email: str = typer.Argument(help="The person's e-mail address."),
    role: str = typer.Option(..., help="manager, support, pilot_manager, data or admin."),
    cafe: list[str] = typer.Option([], help="A café that the account may see; several times for several."),
) -> None:
    """Invite a person, or change an account's role and cafés; print a one-time link for seven days.

    Example: pilot account invite anna@example.se --role manager --cafe aurora
    """
    here = home()
    store, known = here.store(), here.cafes().ids
    invited = accounts.invite(store, email=email, role=role, cafes=cafe or None, known_cafes=known, actor=actor())
    token = links.make(store, invited, kind="invitation", actor=actor())
    print_stderr(f"{invited.email}: {invited.role}, {_cafes(invited.cafes)}. Send the person this link:")
    typer.echo(link_address(here, token, path="/invitation"))


@app.command()
def link(email: str = typer.Argument(FIRST, help="The account; without one, this home's own administrator.")) -> None:
    """Print a link that signs in once, within an hour; an earlier unused one becomes invalid.

    Example: pilot account link
    """
    here = home()
    if email == FIRST:
        typer.echo(first_link(here, actor=actor()))
        return
    found = accounts.find(here.store(), email)
    if found is None or found.revoked_at is not None:
        raise NotAnAccount("No valid account has this address.", remedy="`pilot account list` shows every account.")
    typer.echo(link_address(here, links.make(here.store(), found, kind="sign_in", actor=actor()), path="/link"))


@app.command()
def revoke(
    email: str = typer.Argument(help="The account's address."),
    reason: str = typer.Option(..., help="Why, for the audit log."),
) -> None:
    """Revoke an account: its open pages close within seconds, and its links become invalid.

    Example: pilot account revoke anna@example.se --reason "left the café"
    """
    revoked = accounts.revoke(home().store(), email=email, actor=actor(), reason=reason)
    typer.echo(f"{revoked.email} is revoked. Open pages close within 15 seconds.")


@app.command("list")
def list_accounts(as_json: bool = AS_JSON) -> None:
    """List every account with its role, its cafés, and when it was last seen.

    Example: pilot account list --json
    """
    store = home().store()
    seen = sign_ins.last_seen(store)
    found = accounts.every(store)
    if as_json:
        print_json(
            [
                {
                    "email": each.email,
                    "role": each.role,
                    "cafes": None if each.cafes is None else sorted(each.cafes),
                    "revoked_at": each.revoked_at,
                    "last_seen": seen.get(each.id),
                }
                for each in found
            ]
        )
        return
    if not found:
        typer.echo("No account yet. `pilot account link` signs the first administrator in.")
    for each in found:
        last = seen.get(each.id)
        state = (
            "revoked" if each.revoked_at else f"last seen {local_time(last):%Y-%m-%d %H:%M}" if last else "never seen"
        )
        typer.echo(f"{each.email}  {each.role}  {_cafes(each.cafes)}  {state}")


@app.command("access-test")
def access_test(as_json: bool = AS_JSON) -> None:
    """Open every page as every account and as nobody; compare the answers with the permissions.

    The pilot must run. The result is recorded in the audit log. Exits with 1 if an answer was not the expected one.

    Example: pilot account access-test
    """
    attempts = test_access(home(), actor=actor())
    if as_json:
        print_json([each.as_data() for each in attempts])
    else:
        for each in attempts:
            typer.echo(_line(each))
    wrong = sum(not each.is_right for each in attempts)
    print_stderr(
        f"{len(attempts)} attempts, each answered as it must be." if not wrong else f"{wrong} of {len(attempts)} WRONG."
    )
    if wrong:
        raise typer.Exit(1)


def _line(attempt: Attempt) -> str:
    verdict = "ok   " if attempt.is_right else "WRONG"
    return f"{verdict} {attempt.who}  {attempt.page}  expected {attempt.expected}, found {attempt.found}"


def _cafes(cafes: frozenset[str] | None) -> str:
    return "all cafés" if cafes is None else ", ".join(sorted(cafes))
