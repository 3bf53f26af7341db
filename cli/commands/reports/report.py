"""`pilot report`: makes the 30-day report as PDF and page, from frozen figures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import typer

from cli.context import AS_JSON, actor, home, print_json, print_stderr
from pilot.business_days import parse_day
from pilot.formatting import Language
from pilot.words import LANGUAGES

if TYPE_CHECKING:
    from reports.scope import Scope
    from storage.home import Home

QUOTES_SHOWN = 40

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def report(
    period: str = typer.Option("30-days", help="The pilot's length, as its file of cafés states it."),
    cafe: str = typer.Option("", help="Only this café; by default all."),
    language: str = typer.Option("", help="sv or en; by default both."),
    day: str = typer.Option("", help="The last day covered; by default the newest reported one."),
    server_kr: float | None = typer.Option(None, min=0, help="What a server costs a month, kronor: the cost per café."),
    again: bool = typer.Option(False, "--again", help="Make PDF and page again from the frozen model, unchanged."),
    quotes: bool = typer.Option(False, "--quotes", help="List quotes that could be approved; make nothing."),
    approve: list[str] = typer.Option([], help="Approve a quote by its short name; may be given several times."),
    as_json: bool = AS_JSON,
) -> None:
    """Make the report: freeze its model, and write it as PDF and HTML page to the home's folder `reports`.

    Quotes of guests are only included after you approved them. Over more than twelve cafés the report shows how they
    differ instead of a row for each; the rows are in a file cafes.csv beside it.

    Example: pilot report --period=30-days
    Example: pilot report --quotes
    Example: pilot report --approve 3a11605b --approve b1b3fe2f --language sv
    """
    from reports.files import save_report, saved_model
    from reports.model import Figures, build_figures
    from reports.quotes import approve as approve_quotes
    from reports.scope import NoReport, find_scope

    if language and language not in LANGUAGES:
        raise typer.BadParameter("expected sv or en", param_hint="--language")
    opened = home()
    scope = find_scope(opened, period=period, cafe=cafe, day=parse_day(day) if day else None)
    if quotes:
        _list_quotes(opened, scope, as_json=as_json)
        return
    if approve:
        approve_quotes(opened, scope, approve)
        _audit(opened, scope, "report.approve_quotes", details={"quotes": approve})
    began = time.monotonic()
    if again:
        saved = saved_model(opened, scope.name)
        if saved is None:
            raise NoReport(f"There is no frozen model of {scope.name}.", remedy="Leave out --again.")
        figures = Figures(saved)
    else:
        figures = build_figures(opened, scope, server_kr=server_kr)
    model = figures.model
    languages = [cast(Language, each) for each in ([language] if language else LANGUAGES)]
    files = save_report(opened, model, name=scope.name, languages=languages, data_file=figures.data_file)
    _audit(opened, scope, "report.make", details={"hash": model["hash"]})
    verdicts = {row["kpi"]: row["verdict"] for row in model["kpis"]}
    if as_json:
        print_json({"files": [str(each) for each in files], "hash": model["hash"], "verdicts": verdicts})
        return
    for each in files:
        typer.echo(each)
    print_stderr(", ".join(f"{kpi} {verdict}" for kpi, verdict in verdicts.items()))
    state = "the planned look" if model["final"] else f"interim, day {len(scope.days)} of {scope.planned_days}"
    print_stderr(f"{scope.first} to {scope.last} ({state}), made in {time.monotonic() - began:.1f} s.")


def _list_quotes(opened: Home, scope: Scope, *, as_json: bool) -> None:
    from reports.quotes import approved_places, candidates

    approved = {place.name for place in approved_places(opened)}
    found = candidates(opened, scope)
    if as_json:
        print_json(
            [
                {"name": each.place.name, "cafe": each.cafe, "theme": each.place.theme, "text": each.text}
                | {"approved": each.place.name in approved}
                for each in found
            ]
        )
        return
    shown = sorted(found, key=lambda each: each.place.name not in approved)[:QUOTES_SHOWN]
    for each in shown:
        mark = "x" if each.place.name in approved else " "
        typer.echo(f"[{mark}] {each.place.name}  {each.cafe}  {each.place.theme}: {each.text}")
    print_stderr(f"{len(shown)} of {len(found)} quotes; --json lists all. Approve one with --approve NAME.")


def _audit(opened: Home, scope: Scope, action: str, *, details: dict[str, object]) -> None:
    from storage.store import audit

    with opened.store().begin() as connection:
        audit.record(connection, actor=actor(), action=action, subject=scope.name, details=details)
