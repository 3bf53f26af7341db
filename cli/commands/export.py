"""`pilot export`: everything that is held about the guest of a receipt, for the guest."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.commands.erase import FROM_PROMPT, by_secret
from cli.context import home
from pilot.errors import PilotError

PRIVATE_FILE = 0o600

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class NotWritten(PilotError):
    """The export cannot be written where it was asked for."""


@app.command()
def export(
    receipt: str = typer.Option(
        ..., "--receipt", help="The receipt's secret address or its last part; - asks for it, so that no log has it."
    ),
    to: Path | None = typer.Option(None, "--to", help="A file to write, readable by you alone; else standard output."),
) -> None:
    """Write down everything that is held about the guest of a receipt, as JSON; that it was asked for is audited.

    Only the secret address opens it: whoever has it could read the receipt. A spoken reference does not.

    Example: pilot export --receipt - --to guest.json
    """
    from operations.guest_export import export_session

    opened = home()
    secret = typer.prompt("Receipt", hide_input=True) if receipt == FROM_PROMPT else receipt
    session_id = by_secret(opened.store(), secret)
    if to is not None and to.exists():
        raise NotWritten(f"{to} is there already.", remedy="Name a file that does not exist yet.")
    told = export_session(opened, session_id, actor=f"cli:{getpass.getuser()}", now=datetime.now(UTC))
    text = json.dumps(told, ensure_ascii=False, indent=2, default=str)
    if to is None:
        typer.echo(text)
        return
    to.touch(mode=PRIVATE_FILE, exist_ok=False)
    to.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"Written to {to}. Hand it to the guest, and delete it.")
