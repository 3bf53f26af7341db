"""`pilot test-analytics`: recomputes every figure of the pages by independent queries."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import typer

from cli.context import AS_JSON, home, print_json

if TYPE_CHECKING:
    from proving.analytics.comparison import FigureGroup
    from proving.analytics.proof import Proof

EXIT_DIFFERENT = 1
VALUE_CHARACTERS = 28

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command("test-analytics")
def test_analytics(
    days: int = typer.Option(3, min=1, max=366, help="Days compared one by one; periods end with the last of them."),
    last: str = typer.Option("", help="The last day, YYYY-MM-DD; by default the latest past day with sessions."),
    as_json: bool = AS_JSON,
) -> None:
    """Recompute every figure of every page by an independent query, in every role and café.

    Prints a line for each figure: the page, the figure, a value as the page shows it and as it was recomputed, and
    whether all are equal. Exit code 1 if one differs or has no independent query.

    Example: pilot test-analytics --days 7
    """
    os.environ.setdefault("STREAMLIT_LOGGER_LEVEL", "error")  # its caches warn that they have no server
    from proving.analytics.proof import prove

    result = prove(home(), now=datetime.now(UTC), days=days, last=_day(last))
    if as_json:
        print_json(_as_data(result))
    else:
        for one in result.figures:
            typer.echo(_line(one))
        for name in result.forgotten:
            typer.echo(f"FORGOTTEN  {name}: no independent query")
        typer.echo(_verdict(result))
    raise typer.Exit(0 if result.holds else EXIT_DIFFERENT)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(
            f"--last: expected a day like 2026-11-23, found a text of {len(text)} characters."
        ) from None


def _line(one: FigureGroup) -> str:
    verdict = "equal    " if one.equal else "DIFFERENT"
    line = f"{verdict}  {one.page.removesuffix('.py')}  {one.figure}  shown {_short(one.shown)}"
    line += f"  recomputed {_short(one.recomputed)}  ({one.compared} compared"
    return line + (")" if one.equal else f", {one.different} differ; {one.where})")


def _short(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= VALUE_CHARACTERS else f"{text[: VALUE_CHARACTERS - 1]}…"


def _verdict(result: Proof) -> str:
    compared = sum(one.compared for one in result.figures)
    scope = f"{len(result.figures)} figures, {compared} values, {result.principals} principals, "
    scope += f"{result.days[0]} to {result.days[-1]}"
    if result.holds:
        return f"EQUAL: {scope}. Every figure of every page equals its independent query."
    text = f"NOT EQUAL: {len(result.different)} figures differ, {len(result.forgotten)} are not recomputed; {scope}."
    if result.changed:
        return f"{text} {', '.join(result.changed)} changed meanwhile: run it again when no rebuild runs."
    return f"{text} Next: `pilot materialize --from {result.days[0]}` if a table is stale; else the page is wrong."


def _as_data(result: Proof) -> dict[str, Any]:
    return {
        "equal": result.holds,
        "days": [result.days[0], result.days[-1]],
        "principals": result.principals,
        "changed_meanwhile": list(result.changed),
        "forgotten": list(result.forgotten),
        "figures": [
            {
                "page": one.page.removesuffix(".py"),
                "figure": one.figure,
                "shown": str(one.shown),
                "recomputed": str(one.recomputed),
                "compared": one.compared,
                "different": one.different,
                "equal": one.equal,
                "where": one.where,
            }
            for one in result.figures
        ],
    }
