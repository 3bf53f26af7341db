"""`pilot cafes`: checks the cafés' file, and pauses and resumes cafés."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import typer

from cli.context import AS_JSON, actor, home, print_json, settings
from storage.cafes_file import find_cafes_file, read_cafes

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Check and list the cafés' file; pause and resume cafés.",
)
WITHIN = "The edge follows within seconds; sessions under way finish."


@app.command()
def check(file: Path | None = typer.Argument(None, help="A file to check instead of PILOT_CAFES_FILE.")) -> None:
    """Read the cafés' file and name every field that is wrong.

    Example: pilot cafes check draft.toml
    """
    path = find_cafes_file(file or settings().cafes_file)
    cafes = read_cafes(path)
    typer.echo(f"{path}: {len(cafes.cafe)} cafés, all fields usable: {', '.join(cafes.ids)}.")


@app.command("list")
def list_cafes(as_json: bool = AS_JSON) -> None:
    """List the cafés.

    Example: pilot cafes list --json
    """
    cafes = read_cafes(settings().cafes_file)
    if as_json:
        print_json([cafe.model_dump(mode="json") for cafe in cafes.cafe])
        return
    for cafe in cafes.cafe:
        band = cafe.expected_feedbacks_per_day
        typer.echo(f"{cafe.id:<14}{cafe.name:<18}{cafe.city:<12}{band.low}-{band.high} feedbacks a day")


@app.command()
def status(as_json: bool = AS_JSON) -> None:
    """Show whether each café takes feedback now, and the usage of its trial.

    Example: pilot cafes status
    """
    from operations.cafe_status import cafe_statuses

    found = cafe_statuses(home(), now=datetime.now(UTC))
    if as_json:
        print_json([each.as_json() for each in found])
        return
    for each in found:
        typer.echo(f"{each.cafe:<14}{each.state:<34}  {each.trial}")


@app.command()
def pause(
    cafe: str = typer.Argument(help="The café's id, or `all`."),
    reason: str = typer.Option(..., "--reason", help="The reason, for the audit log; guests do not see it."),
) -> None:
    """Stop new feedback at a café until it is resumed; its guests get a friendly page.

    Example: pilot cafes pause aurora --reason "water leak"
    """
    from storage.store.cafes import cafe_states

    opened = home()
    for each in _chosen(opened.cafes().ids, cafe):
        changed = cafe_states.pause(opened.store(), each, actor=actor(), reason=reason)
        typer.echo(f"{each} is paused. {WITHIN}" if changed else f"{each} was paused already.")
    typer.echo(f"Back: pilot cafes resume {cafe}")


@app.command()
def resume(
    cafe: str = typer.Argument(help="The café's id, or `all`."),
    reason: str = typer.Option("", "--reason", help="The reason, for the audit log."),
) -> None:
    """Let a paused café take feedback again.

    Example: pilot cafes resume aurora
    """
    from storage.store.cafes import cafe_states

    opened = home()
    for each in _chosen(opened.cafes().ids, cafe):
        changed = cafe_states.resume(opened.store(), each, actor=actor(), reason=reason)
        typer.echo(f"{each} takes feedback again." if changed else f"{each} was not paused.")


@app.command("open")
def open_hours(
    cafe: str = typer.Argument(help="The café's id."),
    days: int = typer.Option(7, "--days", min=1, max=60, help="Number of days."),
) -> None:
    """Show a café's opening hours on the next days, with holidays and special days.

    Example: pilot cafes open aurora --days 14
    """
    from datetime import timedelta

    from pilot.business_days import business_day, days_between
    from pilot.opening_hours import hours_on

    chosen = read_cafes(settings().cafes_file).get(cafe)
    today = business_day(datetime.now(UTC))
    for day in days_between(today, today + timedelta(days=days - 1)):
        here = hours_on(chosen, day)
        window = "closed" if here.window is None else f"{here.window[0]:%H:%M}-{here.window[1]:%H:%M}"
        typer.echo(f"{day:%a} {day.isoformat()}  {window:<13}{here.reason.en if here.reason else ''}".rstrip())


@app.command()
def trial(
    cafe: str = typer.Argument(help="The café's id."),
    limit: int | None = typer.Option(None, "--limit", help="The new limit; without it, only show the trial."),
    reason: str = typer.Option("", "--reason", help="The reason, for the audit log; required with --limit."),
) -> None:
    """Show the usage of a café's trial, or change its limit.

    Example: pilot cafes trial aurora --limit 150 --reason "two more weeks"
    """
    from storage.store.cafes import cafe_states, trial_slots

    opened = home()
    chosen = opened.cafes().get(cafe)
    if limit is not None:
        if not reason:
            raise typer.BadParameter("required with --limit, for the audit log", param_hint="--reason")
        cafe_states.set_trial_limit(opened.store(), cafe, limit=limit, actor=actor(), reason=reason)
    use = trial_slots.usage(opened.store(), chosen)
    typer.echo(f"{cafe}: {use.used} of {use.limit} used, {use.reserved} under way, {use.unrewarded} beyond the limit.")
    if use.full:
        typer.echo(f"It is full. Raise the limit: pilot cafes trial {cafe} --limit N --reason WHY")
    elif use.nearly_full:
        typer.echo("Four fifths are used: decide now whether to raise the limit.")


@app.command()
def maintenance(
    state: Literal["on", "off", "status"] = typer.Argument(help="on, off or status."),
    reason: str = typer.Option("", "--reason", help="The reason, for the audit log; required with on."),
) -> None:
    """Turn the maintenance page for every guest (503 with Retry-After) on or off, or show its state.

    Example: pilot cafes maintenance on --reason "new disk"
    """
    from storage.store.cafes import switches

    store = home().store()
    if state == "on" and not reason:
        raise typer.BadParameter("required with on, for the audit log", param_hint="--reason")
    if state != "status":
        switches.turn(store, "maintenance", on=state == "on", actor=actor(), reason=reason)
    switch = switches.find(store, "maintenance")
    since = f" since {switch.changed_at:%Y-%m-%d %H:%M} UTC, by {switch.actor}" if switch.changed_at else ""
    why = f": {switch.reason}" if switch.is_on and switch.reason else ""
    typer.echo(f"Maintenance is {'on' if switch.is_on else 'off'}{since}{why}.")
    if state == "on":
        typer.echo(f"{WITHIN} Back: pilot cafes maintenance off")


def _chosen(ids: tuple[str, ...], cafe: str) -> tuple[str, ...]:
    if cafe == "all":
        return ids
    if cafe not in ids:
        raise typer.BadParameter(f"there is no café {cafe!r}: expected {', '.join(ids)} or all", param_hint="CAFE")
    return (cafe,)
