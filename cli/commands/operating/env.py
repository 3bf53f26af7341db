"""`pilot env`: makes the file of settings."""

from __future__ import annotations

from pathlib import Path

import typer

from cli.context import ENV_FILE
from operations.environment_file import GENERATED, PASSWORDS, make_environment_file
from pilot.settings import PREFIX, Settings
from storage.cafes_file import read_cafes

CAFES_FILE = Settings.model_fields["cafes_file"].default

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Make the file of settings, with secrets of its own.",
)


@app.callback()
def env() -> None:
    """Make the file of settings, with secrets of its own."""


@app.command()
def create(
    file: Path = typer.Option(Path(ENV_FILE), "--file", help="The file; it must not exist."),
    containers: bool = typer.Option(False, "--containers", help="For the compose file: its addresses and passwords."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only list the secrets that would be generated."),
) -> None:
    """Write the example of settings with new secrets, readable by its owner only.

    An existing file is left alone. Keep a copy of PILOT_BACKUP_KEY away from this machine: without it no backup can be
    restored.

    Example: pilot env create
    """
    if dry_run:
        names = (*(f"{PREFIX}{name.upper()}" for name in GENERATED), *(PASSWORDS if containers else ()))
        typer.echo(f"Would write {file} (0600) with {', '.join(names)}.")
        return
    names = make_environment_file(file, containers=read_cafes(CAFES_FILE) if containers else None)
    typer.echo(f"{file} is written (0600) with new secrets: {', '.join(names)}.")
    typer.echo("Next: pilot doctor --only settings")
