"""`pilot quality`: validates every table of a day, and lists the quarantined rows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import typer

from cli.context import AS_JSON, home, print_json
from pilot.business_days import business_day, days_between, parse_day
from pilot.errors import PilotError
from pilot.expectation_words import expectation_sentence

EXIT_STOPS = 1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Validate every table, and list the rows that break an expectation.",
)


class InvalidRange(PilotError):
    """The days cannot be used."""


@app.command()
def judge(
    first: str = typer.Option("", "--from", help="The first business day; by default yesterday."),
    last: str = typer.Option("", "--to", help="The last business day; by default the first."),
    as_json: bool = AS_JSON,
) -> None:
    """Validate every table of some days and save the verdicts.

    Exit code 1 if an expectation fails that stops payments and reports.

    Example: pilot quality judge --from 2026-11-23 --to 2026-11-24
    """
    from operations.quality_days import judge_days

    found = judge_days(home(), _days(first, last), now=datetime.now(UTC))
    if as_json:
        print_json([asdict(day) for day in found])
    else:
        for day in found:
            kind = "STOPS" if day.stopping else "warns" if day.failed else "holds"
            part = f", one in {day.one_in} sessions validated" if day.one_in > 1 else ""
            typer.echo(f"{day.day}  {kind}  {len(day.failed)} of {day.expectations} expectations fail{part}")
            for item in day.failed:
                rows = "" if item["breaking"] is None else f" ({item['breaking']} rows)"
                sentence = expectation_sentence(item["expectation"])
                typer.echo(f"            {item['severity']}  {item['table_name']}: {sentence}{rows}")
        if any(day.quarantined_rows for day in found):
            typer.echo("Next: pilot quality quarantine")
    if any(day.stopping for day in found):
        raise typer.Exit(EXIT_STOPS)


@app.command()
def quarantine(
    first: str = typer.Option("", "--from", help="The first business day; by default yesterday."),
    last: str = typer.Option("", "--to", help="The last business day; by default the first."),
    as_json: bool = AS_JSON,
) -> None:
    """List the quarantined rows by key, without guests' words.

    Example: pilot quality quarantine --from 2026-11-23
    """
    from operations.quality_days import quarantined_rows

    rows = quarantined_rows(home(), _days(first, last)).to_dicts()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        sentence = expectation_sentence(row["expectation"])
        typer.echo(f"{row['day']}  {row['table_name']}  {row['row_key']}  {sentence} ({row['reason']})")
    if not rows:
        typer.echo("No row is quarantined.")


def _days(first: str, last: str) -> list[date]:
    begin = parse_day(first) if first else business_day(datetime.now(UTC)) - timedelta(days=1)
    end = parse_day(last) if last else begin
    if end < begin:
        raise InvalidRange(f"{end} is before {begin}.", remedy="Give the earlier day first.")
    return list(days_between(begin, end))
