"""`pilot digest`: previews, sends and stops the Monday letters to the cafés' managers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import cast

import typer

from cli.context import AS_JSON, actor, home, print_json, print_stderr
from operations.digest.letter import write_letter
from operations.digest.mail import html_of, text_of
from operations.digest.sending import DigestSender, due_at, is_configured, recipients
from operations.digest.week_facts import week_facts
from pilot.business_days import business_day, local_time, parse_day
from pilot.formatting import Language
from pipelines.cases.feedback_claims import DAYS_A_WEEK, monday_of
from storage.home import Home
from storage.store.access import accounts, preferences
from storage.store.access.accounts import Account, NotAnAccount
from storage.store.outgoing import digests
from storage.store.outgoing.digests import AGAIN, Digest

LANGUAGES = ("sv", "en")
NO_LINK = "https://example.invalid/"  # A preview has no reader whose link could be signed.

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Preview, send and stop the Monday letters to the cafés' managers.",
)


@app.callback()
def digest() -> None:
    """Preview, send and stop the Monday letters to the cafés' managers."""


@app.command()
def preview(
    cafe: str = typer.Argument(help="The café's id."),
    week: str = typer.Option("", help="A day of the week; empty: this week. The figures are of the week before."),
    language: str = typer.Option("sv", help="sv or en."),
    as_html: bool = typer.Option(False, "--html", help="Print the HTML part instead of the plain text."),
) -> None:
    """Print a café's letter without sending it.

    Example: pilot digest preview aurora --html > letter.html
    """
    here = home()
    if language not in LANGUAGES:
        raise typer.BadParameter("expected sv or en", param_hint="--language")
    found = here.cafes().get(cafe)
    letter = write_letter(
        week_facts(here, cafe=cafe, week=_week(week)),
        cafe=found,
        language=cast(Language, language),
        pages_url=here.settings.pages_url,
    )
    print_stderr(letter.subject)
    render = html_of if as_html else text_of
    typer.echo(render(letter, unsubscribe=NO_LINK, account=f"{here.settings.entrance_url}/account"), nl=False)


@app.command()
def send(
    again: str = typer.Option("", help="A manager whose letters of this week did not arrive: send them again."),
    reason: str = typer.Option("", help="Why, for the audit log; required with --again."),
    dry_run: bool = typer.Option(False, "--dry-run", help="List the letters and send nothing."),
) -> None:
    """Send the letters of this week that are due, as the watch does every minute; none is sent twice.

    With --again, letters that were refused, expired or of unknown outcome are sent once more: a letter of unknown
    outcome may then arrive twice. Exits with 1 if a letter was not sent.

    Example: pilot digest send --again anna@example.se --reason "the mailbox was full"
    """
    here, now = home(), _now()
    week = monday_of(business_day(now))
    if again and not reason.strip():
        raise typer.BadParameter("a reason is required with --again", param_hint="--reason")
    chosen = _undelivered(here, again, week=week) if again else []
    if dry_run:
        _list(here, chosen or digests.due_digests(here.store(), now=now))
        print_stderr(f"Nothing was sent. Digests of this week are due from {local_time(due_at(week)):%Y-%m-%d %H:%M}.")
        return
    if not is_configured(here.settings):
        print_stderr("No mail server is set. Set PILOT_SMTP_URL and PILOT_MAIL_FROM.")
        raise typer.Exit(1)
    for each in chosen:
        digests.send_again(here.store(), each, actor=actor(), reason=reason, now=now)
    addresses = _addresses(here)
    outcomes = []
    for each, outcome in DigestSender(here, clock=_now).send_due():
        outcomes.append(outcome.state)
        why = f" ({outcome.reason}{f' {outcome.code}' if outcome.code else ''})" if outcome.reason else ""
        typer.echo(f"{each.cafe}  {addresses.get(each.account_id, '?')}  {outcome.state}{why}")
    sent = outcomes.count("sent")
    print_stderr(f"{sent} of {len(outcomes)} letters sent. `pilot digest status` shows every letter.")
    if sent < len(outcomes):
        raise typer.Exit(1)


@app.command()
def status(
    weeks: int = typer.Option(4, min=1, max=520, help="How many weeks to show."),
    as_json: bool = AS_JSON,
) -> None:
    """List every letter with its state. Exits with 1 if a letter of this week did not arrive.

    Example: pilot digest status --json
    """
    here = home()
    week = monday_of(business_day(_now()))
    rows = digests.digests_of(here.store(), since=week - timedelta(days=(weeks - 1) * DAYS_A_WEEK))
    addresses = _addresses(here)
    undelivered = [each for each in rows if each.week == week and each.state in AGAIN]
    if as_json:
        print_json([_as_data(each, addresses) for each in rows])
    else:
        configured = "set" if is_configured(here.settings) else "NOT SET: PILOT_SMTP_URL and PILOT_MAIL_FROM"
        typer.echo(f"Mail server: {configured}. Recipients: {len(recipients(here))} (a café and manager each).")
        _list(here, rows)
    if undelivered:
        print_stderr(f"{len(undelivered)} letters of this week did not arrive. Next: pilot digest send --again EMAIL")
        raise typer.Exit(1)
    print_stderr("Every letter of this week that was due was sent, or waits for another attempt.")


@app.command()
def subscribe(
    email: str = typer.Argument(help="The manager's address."),
    off: bool = typer.Option(False, "--off", help="Send this manager no more letters."),
    language: str = typer.Option("", help="sv or en; empty: as it is."),
    reason: str = typer.Option(..., help="Why, for the audit log."),
) -> None:
    """Let a manager get the letter, or none; and choose its language.

    Example: pilot digest subscribe anna@example.se --language en --reason "asked by telephone"
    """
    if language not in ("", *LANGUAGES):
        raise typer.BadParameter("expected sv or en", param_hint="--language")
    here = home()
    account = _account(here, email)
    after = preferences.choose(
        here.store(),
        account.id,
        digest=not off,
        language=cast(Language, language) if language else None,
        reason=reason,
        actor=actor(),
    )
    assert after is not None
    typer.echo(f"{account.email}: {'gets' if after.digest else 'does not get'} the letter, in {after.language}.")
    if account.role != "manager":
        print_stderr("Only managers get the letter; this account is none.")


def _now() -> datetime:
    return datetime.now(UTC)


def _week(text: str) -> date:
    return monday_of(parse_day(text) if text else business_day(_now()))


def _account(here: Home, email: str) -> Account:
    account = accounts.find(here.store(), email)
    if account is None:
        raise NotAnAccount("No account has this address.", remedy="`pilot account list` shows every account.")
    return account


def _undelivered(here: Home, email: str, *, week: date) -> list[Digest]:
    account = _account(here, email)
    found = [
        each
        for each in digests.digests_of(here.store(), since=week)
        if each.account_id == account.id and each.state in AGAIN
    ]
    if not found:
        print_stderr("No letter of this week to this address waits for you: each was sent, or will be tried again.")
        raise typer.Exit(1)
    return found


def _addresses(here: Home) -> dict[str, str]:
    return {each.id: each.email for each in accounts.every(here.store())}


def _list(here: Home, rows: list[Digest]) -> None:
    addresses = _addresses(here)
    for each in rows:
        when = each.ended_at or each.next_at
        why = f"  {each.reason}{f' {each.code}' if each.code else ''}" if each.reason else ""
        typer.echo(
            f"{each.week}  {each.cafe}  {addresses.get(each.account_id, '?')}  {each.state}  "
            f"{local_time(when):%Y-%m-%d %H:%M}  attempts {each.attempts}{why}"
        )
    if not rows:
        typer.echo("No letter is due.")


def _as_data(digest: Digest, addresses: dict[str, str]) -> dict[str, object]:
    return {
        "id": digest.id,
        "week": digest.week,
        "cafe": digest.cafe,
        "email": addresses.get(digest.account_id),
        "state": digest.state,
        "reason": digest.reason,
        "code": digest.code,
        "attempts": digest.attempts,
        "next_at": digest.next_at,
        "ended_at": digest.ended_at,
    }
