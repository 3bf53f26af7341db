"""`pilot export`: exports all data about the guest of a receipt, for the guest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.commands.privacy.erase import FROM_PROMPT, by_secret
from cli.context import actor, home
from pilot.errors import PilotError

PRIVATE_FILE = 0o600

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class ExportExists(PilotError):
    """The file of the export exists already."""


@app.command()
def export(
    receipt: str = typer.Option(
        ..., "--receipt", help="The receipt's secret address or its last part; - prompts, so that no log has it."
    ),
    to: Path | None = typer.Option(None, "--to", help="A new file that only you can read; by default standard output."),
) -> None:
    """Export all data about the guest of a receipt as JSON; the export is in the audit log.

    It requires the secret address, which opens the receipt, too. A spoken reference is not enough.

    Example: pilot export --receipt - --to guest.json
    """
    from operations.guest_export import export_session

    opened = home()
    secret = typer.prompt("Receipt", hide_input=True) if receipt == FROM_PROMPT else receipt
    session_id = by_secret(opened.store(), secret)
    if to is not None and to.exists():
        raise ExportExists(f"{to} exists already.", remedy="Name a file that does not exist yet.")
    exported = export_session(opened, session_id, actor=actor(), now=datetime.now(UTC))
    text = json.dumps(exported, ensure_ascii=False, indent=2, default=str)
    if to is None:
        typer.echo(text)
        return
    to.touch(mode=PRIVATE_FILE, exist_ok=False)
    to.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"Written to {to}. Give it to the guest, then delete it.")
