"""`pilot survey`: which café managers have answered, and the distribution of their answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, home, print_json
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
    help="Show which managers answered the survey, and what they answered.",
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
