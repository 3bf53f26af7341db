"""`pilot performance`: quality for speed, with the measured effect."""

from __future__ import annotations

from dataclasses import asdict

import typer

from cli.context import AS_JSON, environment, home
from cli.switching import DRY_RUN, REASON, STATE, WITHIN, State, show, switch

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def performance(state: State = STATE, reason: str = REASON, as_json: bool = AS_JSON, dry_run: bool = DRY_RUN) -> None:
    """Turn performance mode on or off, or show it with figures from before it and during it.

    The script replies instead of the language model, and no captions are recognised while a guest speaks. Nothing else
    is traded: the pages' figures are cached by the lake's version already, and the recogniser's threads need a restart
    (PILOT_RECOGNISER_THREADS).

    Example: pilot performance on --reason "the model answers slowly"
    """
    from operations.switches.edge_figures import EdgeFigures
    from operations.switches.performance import Speed, read_before, save_before
    from operations.system import make_system

    system = make_system(home(), environment=environment())
    now = EdgeFigures.read(system.edge_url)
    was_on = switch("performance", "status").is_on
    saved = read_before(system.run_folder) if was_on else None
    found = switch("performance", state, reason=reason, dry_run=dry_run)
    before = saved or now
    during = now.since(saved) if saved is not None and now is not None else None
    if state == "on" and not was_on and not dry_run:
        save_before(system.run_folder, now)
    if not as_json:
        typer.echo(f"Before: {'the edge does not answer' if before is None else Speed.of(before).in_words}.")
        if was_on:
            typer.echo(f"During: {'not known' if during is None else Speed.of(during).in_words}.")
    effect = {
        "on": f"The script replies, without captions. {WITHIN} Next, for figures: pilot performance status",
        "off": f"The interviewer and captions are back. {WITHIN}",
        "status": 'Back: pilot performance off --reason "well again"' if found.is_on else "Nothing is traded.",
    }[state]
    more = {
        "before": None if before is None else asdict(Speed.of(before)),
        "during": None if during is None else asdict(Speed.of(during)),
    }
    show(found, effect=effect, as_json=as_json, dry_run=dry_run, more=more)
