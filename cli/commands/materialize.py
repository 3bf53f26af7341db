"""`pilot materialize`: rebuild business days by hand."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import complain, home, print_json
from pilot.errors import PilotError

EXIT_FAILED = 1

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Rebuild business days: late data by hand, a new scorer, a report.",
)


class ReasonMissing(PilotError):
    """Why a closed day is rebuilt was not said."""


@app.command()
def materialize(
    first: str = typer.Option(..., "--from", help="The first business day, for example 2026-11-23."),
    last: str = typer.Option("", "--to", help="The last one; the first where none is given."),
    select: str = typer.Option("", "--select", help="Assets, separated by commas; all that a rebuild builds if empty."),
    reopen: bool = typer.Option(False, "--reopen", help="Rebuild closed days too; they stay closed. Needs --reason."),
    reason: str = typer.Option("", "--reason", help="Why closed days are rebuilt, for the audit log."),
    as_json: bool = typer.Option(False, "--json", help="For a machine."),
) -> None:
    """Rebuild days in one run: by the pilot that runs on this home, or in this process where none does.

    Exit code 1 if something was not built. A redacted day is never rebuilt.

    Example: pilot materialize --from 2026-11-23 --to 2026-11-29
    Example: pilot materialize --from 2026-12-22 --select pilot_report,business_impact
    """
    from assets.by_hand.materializing import days, note_reopening, parts, refuse_frozen
    from assets.by_hand.running import instance_of, run_here, submit, wait
    from operations.supervisor.claims import is_claimed
    from operations.system import RUN_FOLDER

    asked = days(first, last, now=datetime.now(UTC))
    runs = parts([name.strip() for name in select.split(",") if name.strip()], days=asked, reopen=reopen)
    if reopen and not reason.strip():
        raise ReasonMissing("Closed days are rebuilt for a reason.", remedy='Add --reason "why".')
    opened = home()
    if any(part.job != "reports" for part in runs):
        refuse_frozen(opened.store(), asked, reopen=reopen)
        if reopen:
            note_reopening(opened.store(), asked, actor=f"cli:{getpass.getuser()}", reason=reason)
    running = is_claimed(opened.root / RUN_FOLDER)
    found = []
    with instance_of(opened) as instance:
        for part in runs:
            if running:
                run_id = submit(part, port=opened.settings.dagster_port)
                if not as_json:
                    typer.echo(f"{part.job}: asked the running pilot for it, run {run_id[:8]}")
                ended = wait(instance, run_id)
            else:
                ended = run_here(instance, part, home=opened)
            found.append({"job": part.job, "assets": part.assets, **asdict(ended)})
            if not as_json:
                verdict = "built" if ended.succeeded else "NOT BUILT"
                typer.echo(
                    f"{part.job}: {verdict}, {asked[0]} to {asked[-1]}, {', '.join(part.assets) or 'every table'}"
                )
                for trouble in ended.troubles:
                    complain(f"  {trouble}")
            if not ended.succeeded:
                break
    if as_json:
        print_json(found)
    if not found[-1]["succeeded"]:
        raise typer.Exit(EXIT_FAILED)
