"""`pilot payout`: rewards and their vouchers, batches and payouts, the switch, the books."""

from __future__ import annotations

import typer

from cli.payout import batches, exporting, rewards, showing, switching

HELP = "Rule on rewards, show and send payouts, stop and start them, reconcile and export the books."

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="rich", help=HELP)
for part in (batches, showing, rewards, switching, exporting):
    app.registered_commands += part.app.registered_commands


@app.callback(help=HELP)
def payout() -> None:
    """Group the commands."""
