"""`pilot maintenance`: the guests' side answers 503, and the pages can only be read."""

from __future__ import annotations

import typer

from cli.context import AS_JSON
from cli.switching import DRY_RUN, REASON, STATE, WITHIN, State, local, show, switch, until_of

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def maintenance(
    state: State = STATE,
    reason: str = REASON,
    until: str = typer.Option("", "--until", help="When it is expected to end, Stockholm: 14:30 or 2026-11-23 14:30."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Turn maintenance on or off, or show its state.

    Guests get a page with 503 and Retry-After; sessions under way finish, and receipts are shown. The dashboards can
    only be read. Uptime counts the time as planned. Nothing ends it by itself.

    Example: pilot maintenance on --reason "new disk" --until 14:30
    """
    end = until_of(until)
    if end is not None and state != "on":
        raise typer.BadParameter("only with on", param_hint="--until")
    found = switch("maintenance", state, reason=reason, until=end, dry_run=dry_run)
    effect = {
        "on": f"No guest can begin{f' until {local(end)}' if end else ''}; sessions under way finish. {WITHIN} "
        'Next: pilot maintenance off --reason "done"',
        "off": f"Guests can begin, and the pages can be changed. {WITHIN} Next: pilot smoke",
        "status": "Guests cannot begin." if found.is_on else "Guests can begin.",
    }[state]
    show(found, effect=effect, as_json=as_json, dry_run=dry_run)
