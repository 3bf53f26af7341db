"""`pilot survey`: invites café managers, shows who answered, and the distribution of answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import typer

from cli.context import AS_JSON, home, print_json, print_stderr
from pilot.business_days import business_day
from pilot.errors import PilotError
from pilot.survey import Period, distribution, period_on, periods

if TYPE_CHECKING:
    from storage.home import Home
    from storage.store.access.survey_answers import SurveyAnswer

EXIT_NOT_ALL = 1
PERIOD = typer.Option("", "--period", help="first, second or after; by default the present one.")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Invite managers to the survey, remind them, show who answered and what they answered.",
)


class NoPeriod(PilotError):
    """The survey has no such period, or it has not begun."""


@app.command()
def status(period: str = PERIOD, as_json: bool = AS_JSON) -> None:
    """Show which café managers have answered; exit code 1 while some have not.

    Example: pilot survey status
    """
    from storage.store.access import accounts

    opened = home()
    chosen = _period(opened, period)
    answered = {each.account_id for each in _answers(opened, chosen)}
    managers = [each for each in accounts.every(opened.store()) if each.role == "manager" and each.revoked_at is None]
    missing = [each.email for each in managers if each.id not in answered]
    if as_json:
        print_json(
            {"period": chosen.name, "managers": len(managers), "answered": len(managers) - len(missing),
             "missing": missing}
        )  # fmt: skip
    else:
        for each in missing:
            typer.echo(f"not answered: {each}")
        typer.echo(f"{chosen.name}: {len(managers) - len(missing)} of {len(managers)} managers have answered.")
        if missing:
            typer.echo(f"They answer on the page {opened.settings.pages_url or 'Enkät'}.")
    raise typer.Exit(EXIT_NOT_ALL if missing else 0)


@app.command()
def answers(period: str = PERIOD, as_json: bool = AS_JSON) -> None:
    """Show the distribution of the answers of a period, and the managers' comments, without their names.

    Example: pilot survey answers --json
    """
    opened = home()
    chosen = _period(opened, period)
    found = _answers(opened, chosen)
    counts = distribution(each.answers for each in found)
    comments = [{"cafes": list(each.cafes), "comment": each.comment} for each in found if each.comment]
    if as_json:
        print_json({"period": chosen.name, "answers": len(found), "distribution": counts, "comments": comments})
        return
    for question, options in counts.items():
        typer.echo(f"{question}: " + ", ".join(f"{option} {count}" for option, count in options.items()))
    for each in comments:
        typer.echo(f"{', '.join(each['cafes'])}: {each['comment']}")
    typer.echo(f"{chosen.name}: {len(found)} answers.")


@app.command()
def invite(
    period: str = PERIOD, dry_run: bool = typer.Option(False, "--dry-run", help="List the letters; send none.")
) -> None:
    """Send each manager who has not answered one invitation. Exits with 1 if a letter was not sent.

    Example: pilot survey invite --dry-run
    """
    _send("invite", period, dry_run=dry_run)


@app.command()
def remind(
    period: str = PERIOD, dry_run: bool = typer.Option(False, "--dry-run", help="List the letters; send none.")
) -> None:
    """Remind managers who have not answered, once, three days or more after the invitation.

    Exits with 1 if a letter was not sent.

    Example: pilot survey remind --period second
    """
    _send("remind", period, dry_run=dry_run)


def _send(kind: Literal["invite", "remind"], period: str, *, dry_run: bool) -> None:
    from operations.survey.letters import due_letters, send_letters

    opened = home()
    chosen = _period(opened, period)
    if dry_run:
        due = due_letters(opened, chosen, kind=kind, now=datetime.now(UTC))
        for each in due:
            typer.echo(f"{each.account.email}  {each.language}")
        print_stderr(f"{len(due)} letters are due; nothing was sent.")
        return
    states = []
    for letter, outcome in send_letters(opened, chosen, kind=kind, clock=lambda: datetime.now(UTC)):
        states.append(outcome.state)
        why = f" ({outcome.reason})" if outcome.reason else ""
        typer.echo(f"{letter.account.email}  {outcome.state}{why}")
    print_stderr(f"{states.count('sent')} of {len(states)} letters sent. `pilot survey status` shows who has answered.")
    if states.count("sent") < len(states):
        raise typer.Exit(1)


def _period(opened: Home, name: str) -> Period:
    pilot, today = opened.cafes().pilot, business_day(datetime.now(UTC))
    if not name:
        found = period_on(pilot, today)
    else:
        found = next((each for each in periods(pilot) if each.name == name and each.first <= today), None)
    if found is None:
        raise NoPeriod(
            f"The survey's period {name or 'of today'!r} does not exist or has not begun.",
            remedy=f"The pilot begins on {pilot.first_day}; use first, second or after.",
        )
    return found


def _answers(opened: Home, period: Period) -> list[SurveyAnswer]:
    from storage.store.access.survey_answers import answers_of

    simulated = opened.kind == "demo"
    return [each for each in answers_of(opened.store(), simulated=simulated) if each.period == period.first]
