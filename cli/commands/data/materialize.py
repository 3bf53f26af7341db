"""`pilot materialize`: rebuilds business days by hand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, actor, home, print_json, print_stderr
from pilot.errors import PilotError

EXIT_FAILED = 1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Rebuild business days: late data by hand, a new scorer, a report.",
)


class ReasonMissing(PilotError):
    """A closed day needs a reason to be rebuilt."""


@app.command()
def materialize(
    first: str = typer.Option(..., "--from", help="The first business day, for example 2026-11-23."),
    last: str = typer.Option("", "--to", help="The last business day; by default the first."),
    select: str = typer.Option("", "--select", help="Assets, separated by commas; by default those of a rebuild."),
    reopen: bool = typer.Option(
        False, "--reopen", help="Rebuild closed days, too; they remain closed. Requires --reason."
    ),
    reason: str = typer.Option("", "--reason", help="The reason for rebuilding closed days, for the audit log."),
    as_json: bool = AS_JSON,
) -> None:
    """Rebuild days in the pilot that runs on this home or, if none runs, in this process.

    A redacted day is never rebuilt. Exit code 1 if a run failed.

    Example: pilot materialize --from 2026-11-23 --to 2026-11-29
    Example: pilot materialize --from 2026-12-22 --select pilot_report,business_impact
    """
    from assets.by_hand.materializing import parse_days, plan_runs, record_reopening, refuse_frozen
    from assets.by_hand.running import open_instance, run_in_process, submit, wait
    from operations.supervisor.claims import is_claimed
    from operations.system import RUN_FOLDER

    wanted = parse_days(first, last, now=datetime.now(UTC))
    runs = plan_runs([name.strip() for name in select.split(",") if name.strip()], days=wanted, reopen=reopen)
    if reopen and not reason.strip():
        raise ReasonMissing("Rebuilding closed days requires a reason.", remedy='Add --reason "why".')
    opened = home()
    if any(part.job != "reports" for part in runs):
        refuse_frozen(opened.store(), wanted, reopen=reopen)
        if reopen:
            record_reopening(opened.store(), wanted, actor=actor(), reason=reason)
    running = is_claimed(opened.root / RUN_FOLDER)
    found = []
    with open_instance(opened) as instance:
        for part in runs:
            if running:
                run_id = submit(part, home=opened)
                if not as_json:
                    typer.echo(f"{part.job}: submitted to the running pilot, run {run_id[:8]}")
                ended = wait(instance, run_id)
            else:
                ended = run_in_process(instance, part, home=opened)
            found.append({"job": part.job, "assets": part.assets, **asdict(ended)})
            if not as_json:
                verdict = "built" if ended.succeeded else "NOT BUILT"
                typer.echo(
                    f"{part.job}: {verdict}, {wanted[0]} to {wanted[-1]}, {', '.join(part.assets) or 'every table'}"
                )
                for trouble in ended.troubles:
                    print_stderr(f"  {trouble}")
            if not ended.succeeded:
                break
    if as_json:
        print_json(found)
    if not found[-1]["succeeded"]:
        raise typer.Exit(EXIT_FAILED)
