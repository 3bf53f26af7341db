"""`pilot kpi`: yesterday's success metrics of each café against their targets and the last seven days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer

from cli.context import AS_JSON, home, print_json
from operations.kpi_days import DAYS_BESIDE, KpiDay, kpi_day
from pilot.business_days import business_day, parse_day
from pilot.kpis import KPIS, Unit
from pilot.words import say

EXIT_MISSED = 1
VERDICTS = {"met": "met", "missed": "MISSED", "cannot_tell": "cannot tell", "missing": "missing"}

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def kpi(
    day: str = typer.Option("", "--day", help="The business day; yesterday by default."),
    as_json: bool = AS_JSON,
) -> None:
    """Show the five metrics of each café on a day, with 95 % intervals, targets and the seven days before.

    Exit code 1 if one missed its target. A metric without a figure is missing, never 0.

    Example: pilot kpi --day 2026-11-29
    """
    opened = home()
    chosen = parse_day(day) if day else business_day(datetime.now(UTC)) - timedelta(days=1)
    found = kpi_day(opened, day=chosen, simulated=opened.kind == "demo")
    missed = [each for each in found if each.verdict == "missed"]
    if as_json:
        print_json({"day": chosen, "ok": not missed, "figures": [each.as_json() for each in found]})
    else:
        _draw(found, title=f"{chosen:%A} {chosen}{', simulated' if opened.kind == 'demo' else ''}")
        counts = ", ".join(
            f"{sum(each.verdict == verdict for each in found)} {shown.lower()}" for verdict, shown in VERDICTS.items()
        )
        typer.echo(f"{'MISSED' if missed else 'None missed'}: {counts}.")
        typer.echo("Next: pilot certs")
    if missed:
        raise typer.Exit(EXIT_MISSED)


def _draw(found: list[KpiDay], *, title: str) -> None:
    typer.echo(title)
    cafe = ""
    for each in found:
        if each.cafe != cafe:
            cafe = each.cafe
            typer.echo(cafe)
        kind = KPIS[each.kpi]
        sign = "<" if kind.smaller_is_better else ">"
        value = _number(each.value, kind.unit, kind.decimals)
        between = (
            f" ({_number(each.low, kind.unit, kind.decimals)} to {_number(each.high, kind.unit, kind.decimals)})"
            if each.low is not None and each.high is not None
            else ""
        )
        why = f": {say('dashboards', f'reason.{each.why}', 'en')}" if each.value is None and each.why else ""
        typer.echo(
            f"  {each.kpi:<16}{value + between:<30}{sign} {_number(each.target, kind.unit, kind.target_decimals):<8}"
            f"{VERDICTS[each.verdict]}{why}"
        )
        before = " ".join(_number(value, kind.unit, kind.decimals) for value in each.before)
        typer.echo(f"  {'':<16}{DAYS_BESIDE} days before: {before}")


def _number(value: float | None, unit: Unit, decimals: int) -> str:
    if value is None:
        return "-"
    return f"{value * 100:.{decimals}f}%" if unit == "share" else f"{value:.{decimals}f}s"
