"""`pilot weekly-maintenance`: packages, store, backups, logs, retention, and the performance report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.findings import EXIT_NOT_WELL, MARKS
from operations.weekly.maintenance import StepResult, read_state, run_week
from operations.weekly.steps import Step, weekly_steps

NAME_WIDTH = 18

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def weekly_maintenance(
    apply: bool = typer.Option(False, "--apply", help="Install the system's updates; needs root."),
    only: list[str] = typer.Option([], "--only", help="Only these steps."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what each step would do, and do nothing."),
    status: bool = typer.Option(False, "--status", help="Show the steps of the last run instead."),
    as_json: bool = AS_JSON,
) -> None:
    """Run the weekly maintenance; a failing step stops no other, and the exit code is then 1.

    Dagster runs it each Sunday from 02:00, after the night's backup. A run that died is continued.

    Example: pilot weekly-maintenance
    """
    opened = home()
    if status:
        _show_state(read_state(opened), as_json=as_json)
        return
    steps = _chosen(weekly_steps(opened, now=datetime.now(UTC), actor=actor(), apply=apply), only)
    if dry_run:
        if as_json:
            print_json({"dry_run": True, "steps": {step.name: step.does for step in steps}})
            return
        for step in steps:
            typer.echo(f"{step.name:<{NAME_WIDTH}}{step.does}")
        typer.echo("Nothing was done: a dry run. Next: pilot weekly-maintenance")
        return
    results = run_week(
        opened, steps, now=datetime.now(UTC), actor=actor(), report=(lambda _: None) if as_json else _draw
    )
    bad = [each.finding.name for each in results if not each.finding.ok]
    if as_json:
        rows = [{**each.finding.as_json(), "seconds": each.seconds, "earlier": each.earlier} for each in results]
        print_json({"ok": not bad, "steps": rows})
    else:
        seconds = sum(each.seconds for each in results)
        verdict = f"NOT OK: {', '.join(bad)}" if bad else "All well"
        typer.echo(f"{verdict} ({len(results) - len(bad)} of {len(results)} steps, {seconds:.1f} s).")
        typer.echo(
            f"Next: {'pilot weekly-maintenance --only ' + steps_of(bad, steps, results) if bad else 'pilot health'}"
        )
    if bad:
        raise typer.Exit(EXIT_NOT_WELL)


def steps_of(bad: list[str], steps: list[Step], results: list[StepResult]) -> str:
    """Return the name of the first step whose finding is not well."""
    return next(step.name for step, result in zip(steps, results, strict=True) if result.finding.name in bad)


def _chosen(steps: list[Step], only: list[str]) -> list[Step]:
    wanted = {name for each in only for name in each.replace(" ", "").split(",") if name}
    names = [step.name for step in steps]
    if unknown := sorted(wanted - set(names)):
        raise typer.BadParameter(
            f"there is no step {', '.join(unknown)}; the steps are: {', '.join(names)}", param_hint="--only"
        )
    return [step for step in steps if not wanted or step.name in wanted]


def _draw(result: StepResult) -> None:
    finding = result.finding
    when = "earlier" if result.earlier else f"{result.seconds:.1f} s"
    typer.echo(f"{MARKS[finding.state]}  {finding.name:<{NAME_WIDTH}}{finding.found} ({when})")
    if not finding.ok:
        for name in ("required", "remedy"):
            for line in getattr(finding, name).splitlines():
                typer.echo(f"{'':<8}{'':<{NAME_WIDTH}}{name}: {line}")


def _show_state(state: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(state)
        return
    if not state:
        typer.echo("No maintenance has run here. Next: pilot weekly-maintenance")
        return
    for name, each in state["steps"].items():
        typer.echo(f"{MARKS[each['finding']['state']]}  {name:<{NAME_WIDTH}}{each['finding']['found']}")
    typer.echo(f"The maintenance of {state['opening']} has {'ended' if state['finished'] else 'NOT ENDED'}.")
