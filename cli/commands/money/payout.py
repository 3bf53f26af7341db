"""`pilot payout`: the commands of `cli.payout` as one group."""

from __future__ import annotations

import typer

from cli.payout import batches, export, frozen, rewards, show, switch

HELP = "Rule on rewards; show, send, stop and start payouts; reconcile and export the books."

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="rich", help=HELP)
for part in (batches, show, rewards, frozen, switch, export):
    app.registered_commands += part.app.registered_commands


@app.callback(help=HELP)
def payout() -> None:
    """Group the commands."""
