"""`pilot counts`: reports and imports the number of customers of a café's day."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from cli.commands.cafes.import_plan import plan_as_data, show_plan
from cli.context import AS_JSON, actor, home, print_json
from operations.counts.reporting import parse_count_day, report_count
from operations.counts.till_import import import_counts, plan_import
from pilot.business_days import business_day, days_between, local_time
from pilot.counts import before_pilot
from pipelines.till.answers import Answers
from storage.store.cafes import customer_counts
from storage.store.cafes.customer_counts import Report, ReportResult

SHOWN_DAYS = 14

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Report a café's number of customers, import a till's file, show the reports.",
)


@app.callback()
def counts() -> None:
    """Report a café's number of customers, import a till's file, show the reports."""


@app.command()
def report(
    cafe: str = typer.Argument(help="The café's id."),
    day: str = typer.Argument(help="The business day, for example 2026-11-23."),
    customers: int = typer.Argument(help="Paying customers on that day."),
) -> None:
    """Report a café's customers; the latest report of a day counts.

    Example: pilot counts report aurora 2026-11-23 742
    """
    business = parse_count_day(day)
    done = report_count(
        home(),
        cafe=cafe,
        day=business,
        customers=customers,
        source="manager",
        actor=actor(),
        now=datetime.now(UTC),
    )
    if done.outcome == "unchanged":
        typer.echo(f"{cafe} on {business}: {customers} customers are reported already. Nothing was changed.")
        return
    instead = f" instead of {done.before.customers}" if done.before else ""
    typer.echo(f"{cafe} had {customers} customers on {business}{instead}. The figures follow within a minute.")


@app.command("import")
def import_files(
    files: list[Path] = typer.Argument(
        exists=True, dir_okay=False, readable=True, help="CSV from the till; several are counted together."
    ),
    cafe: str | None = typer.Option(None, help="The café of the files, if no column names it."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show the plan and write nothing."),
    rows: bool = typer.Option(False, "--rows", help="Show the outcome of every row."),
    customers: str = typer.Option("", metavar="HEADING", help="The column of the customers, if two seem to be."),
    amount: str = typer.Option("", metavar="HEADING", help="The column of the amounts, if it is not found."),
    no_amount: bool = typer.Option(False, "--no-amount", help="There is no amount: every receipt is a sale."),
    till: str = typer.Option("", metavar="HEADING", help="The column of the till, if it is not found."),
    one_till: bool = typer.Option(False, "--one-till", help="All rows are of one till."),
    status: list[str] = typer.Option([], metavar="HEADING", help="A further column that says if a row is a sale."),
    no_status: list[str] = typer.Option([], metavar="HEADING", help="A column that does not say so."),
    each_hour: bool = typer.Option(False, "--each-hour", help="Each number is of its hour alone."),
    running_total: bool = typer.Option(False, "--running-total", help="Each number includes the day's earlier ones."),
    counts: list[str] = typer.Option([], metavar="VALUE", help="A status, type or café that counts."),
    ignores: list[str] = typer.Option([], metavar="VALUE", help="A status, type or café that does not count."),
    as_json: bool = AS_JSON,
) -> None:
    """Import customers from a till's file: receipts (Zettle's report too) or a number a day.

    Imports all days or, if a row is faulty or a question is open, none. Importing a file again changes nothing.
    docs/counts.md describes the formats and the questions.

    Example: pilot counts import november.csv --cafe aurora --dry-run
    """
    opened = home()
    named = [(path.name if len({each.name for each in files}) == len(files) else str(path), path) for path in files]
    if each_hour and running_total:
        raise typer.BadParameter("--each-hour and --running-total exclude each other; give one of them.")
    answers = Answers(
        count=customers,
        amount=amount,
        no_amount=no_amount,
        till=till,
        one_till=one_till,
        status=tuple(status),
        no_status=tuple(no_status),
        each_hour=each_hour,
        running_total=running_total,
        sales=tuple(counts),
        others=tuple(ignores),
    )
    bodies = [(name, path.read_bytes()) for name, path in named]
    plan = plan_import(opened, bodies, cafe=cafe, now=datetime.now(UTC), answers=answers)
    if as_json:
        if not dry_run:
            import_counts(opened, plan, actor=actor())
        print_json({"written": not dry_run, **plan_as_data(plan, rows=rows)})
        if plan.tally.faults or plan.tally.questions:
            raise typer.Exit(1)
        return
    show_plan(plan, rows=rows)
    if dry_run:
        for fault in plan.tally.faults:
            typer.echo(f"cannot be used: {fault}")
        for question in plan.tally.questions:
            typer.echo(f"question: {question}")
        first = " Correct the faults first." if plan.tally.faults else ""
        first += " Answer the questions first." if plan.tally.questions else ""
        typer.echo(f"Nothing was written.{first}")
        if first:
            raise typer.Exit(1)
        return
    typer.echo(_summary(import_counts(opened, plan, actor=actor())))


@app.command()
def show(
    cafe: str | None = typer.Argument(None, help="The café's id; every café if left out."),
    days: int = typer.Option(SHOWN_DAYS, min=1, max=366, help="Number of days up to today."),
    as_json: bool = AS_JSON,
) -> None:
    """Show each day's current number, with its reporter and time; an unreported day is "missing".

    Example: pilot counts show aurora
    """
    opened = home()
    cafes, demo = opened.cafes(), opened.kind == "demo"
    chosen = [cafes.get(cafe)] if cafe else list(cafes.cafe)
    today = business_day(datetime.now(UTC))
    shown = [
        day
        for day in days_between(today - timedelta(days=days - 1), today)
        if not before_pilot(day, cafes=cafes, demo=demo)
    ]
    reports = customer_counts.current_reports(opened.store(), shown, simulated=demo)
    found = [(each.id, day, reports.get((each.id, day))) for each in chosen for day in shown]
    if as_json:
        print_json([{"cafe": of, "day": day, "report": asdict(one) if one else None} for of, day, one in found])
        return
    for of, day, one in found:
        typer.echo(f"{day}  {of:14} {_report_line(one)}")


@app.command()
def history(
    cafe: str = typer.Argument(help="The café's id."),
    day: str = typer.Argument(help="The business day, for example 2026-11-23."),
    as_json: bool = AS_JSON,
) -> None:
    """Show every report of a café's day, the current one first.

    Example: pilot counts history aurora 2026-11-23
    """
    opened = home()
    opened.cafes().get(cafe)
    reports = customer_counts.history(
        opened.store(), cafe=cafe, day=parse_count_day(day), simulated=opened.kind == "demo"
    )
    if as_json:
        print_json([asdict(one) for one in reports])
        return
    for place, one in enumerate(reports):
        typer.echo(f"{'counts' if place == 0 else 'before':7} {_report_line(one)}")
    if not reports:
        typer.echo(f"Nobody has reported {cafe}'s customers on {day}.")


def _report_line(one: Report | None) -> str:
    if one is None:
        return "missing"
    return f"{one.customers:6}  {one.source} ({one.actor}), {local_time(one.reported_at):%Y-%m-%d %H:%M}"


def _summary(reported: list[ReportResult]) -> str:
    outcomes = Counter(each.outcome for each in reported)
    if not outcomes["new"] + outcomes["corrected"]:
        return "Nothing was changed: these numbers are reported already, or the files have no usable number."
    return (
        f"{outcomes['new']} days new, {outcomes['corrected']} corrected, {outcomes['unchanged']} unchanged. "
        "The figures follow within a minute."
    )
