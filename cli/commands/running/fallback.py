"""`pilot fallback`: guests write, and voice is not offered."""

from __future__ import annotations

import typer

from cli.context import AS_JSON
from cli.switching import DRY_RUN, REASON, STATE, WITHIN, State, show, switch

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def fallback(state: State = STATE, reason: str = REASON, as_json: bool = AS_JSON, dry_run: bool = DRY_RUN) -> None:
    """Turn text only on or off, or show its state: for a recogniser that is ill or overloaded.

    The guests' page says so and offers no voice. A guest who is talking is asked to write; what was said is kept.

    Example: pilot fallback on --reason "the recogniser is slow"
    """
    found = switch("fallback", state, reason=reason, dry_run=dry_run)
    effect = {
        "on": f'Guests write. {WITHIN} Next: pilot fallback off --reason "the recogniser is well"',
        "off": f"Guests can talk again. {WITHIN} Next: pilot smoke",
        "status": "Guests can only write." if found.is_on else "Guests can talk and write.",
    }[state]
    show(found, effect=effect, as_json=as_json, dry_run=dry_run)
