"""`pilot analyze-impact`: the first weeks beside the last, and what followed the cafés' actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cli.context import AS_JSON, home, print_json, print_stderr
from pilot.business_days import parse_day

if TYPE_CHECKING:
    from reports.model import Model

OF_THEMES = ("theme", "complaints")
NO_CAUSE = (
    "No cause is claimed: season, weather, the guests who came and chance change these figures too, and cafés often "
    "act when things are worst."
)

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command("analyze-impact")
def analyze_impact(
    cafe: str = typer.Option("", help="Only this café; by default all together."),
    day: str = typer.Option("", help="The last day covered; by default the newest reported one."),
    as_json: bool = AS_JSON,
) -> None:
    """Show trends of score, cost and themes, and complaints before and after each action.

    A change is named only if the interval of the difference excludes zero.

    Example: pilot analyze-impact --cafe aurora
    """
    from reports.model import build_model
    from reports.scope import find_scope

    opened = home()
    scope = find_scope(
        opened, period=f"{opened.cafes().pilot.days}-days", cafe=cafe, day=parse_day(day) if day else None
    )
    model = build_model(opened, scope)
    found = impact_of(model)
    if as_json:
        print_json(found)
        return
    for row in found["figures"]:
        typer.echo(f"{row['figure']}: {_pair(row)}, {row['change']}")
    for row in found["changed_themes"]:
        typer.echo(f"{row['figure']} of {row['subject']}: {_pair(row)}, {row['change']}")
    if not found["changed_themes"]:
        typer.echo("themes: none changed")
    for each in found["actions"]:
        before, after = ("{} of {}".format(*each[name]) for name in ("before", "after"))
        typer.echo(f"{each['cafe']}, {each['theme']}: complaints {before} before the action's week, {after} after it")
    if not found["actions"]:
        typer.echo("actions: no café has acted on a theme")
    returning = found["returning"]
    typer.echo(f"returning: {returning['returned']} of {returning['devices']} devices with a consented token")
    print_stderr(NO_CAUSE)


def impact_of(model: Model) -> dict[str, Any]:
    """Return the impact's part of a model."""
    rows = model["impact"]
    return {
        "first": model["first"],
        "last": model["last"],
        "figures": [row for row in rows if row["figure"] not in OF_THEMES],
        "changed_themes": [row for row in rows if row["figure"] in OF_THEMES and row["change"] in ("rose", "fell")],
        "actions": model["cases"]["changes"],
        "returning": model["returning"],
        "note": NO_CAUSE,
    }


def _pair(row: dict[str, Any]) -> str:
    if row["before"] is None or row["after"] is None:
        return f"{row['value']:.4g} over all days" if row["value"] is not None else "no value"
    ends = "" if row["low"] is None else f" (difference {row['low']:.4g} to {row['high']:.4g})"
    return f"{row['before']:.4g} first, {row['after']:.4g} last{ends} {row['unit']}"
