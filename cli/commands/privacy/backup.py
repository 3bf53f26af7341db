"""`pilot backup`: makes, lists and verifies backups of the home."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, home, print_json, print_stderr, settings
from operations.backup.catalog import Backup, backup_folder, damaged_backups, find_backup, list_backups, unpack
from operations.backup.make import make_backup
from pilot.business_days import local_time

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Make, list and verify backups of the home.",
)


@app.command()
def create(
    plain: bool = typer.Option(
        False, "--plain", help="Do not seal it: anybody who reads the folder can read the guests' words."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Make a backup while the pilot runs.

    It contains the append logs, the store, the landing and one version of each lake table, sealed with
    PILOT_BACKUP_KEY. It leaves out Dagster's runs, logs, the recogniser's weights and the contents of an object store.

    Example: pilot backup create
    """
    made = make_backup(home(), now=datetime.now(UTC), plain=plain, report=lambda line: print_stderr(f"  {line}"))
    if as_json:
        print_json({"path": made.path, **made.manifest.as_json()})
        return
    typer.echo(_line(made))
    for each in made.manifest.left_out:
        typer.echo(f"    left out: {each}")
    typer.echo("Next: pilot backup verify")


@app.command("list")
def show(as_json: bool = AS_JSON) -> None:
    """List the backups, oldest first.

    Example: pilot backup list
    """
    folder = backup_folder(settings())
    found = list_backups(folder)
    for path in damaged_backups(folder):
        typer.echo(f"{path.name} cannot be restored: its manifest cannot be read. Make another backup.", err=True)
    if as_json:
        print_json([{"path": each.path, **each.manifest.as_json()} for each in found])
        return
    for each in found:
        typer.echo(_line(each))
    typer.echo(f"{len(found)} backups in {folder}.")


@app.command()
def verify(
    which: str = typer.Argument("latest", help="latest, a day (2026-11-24), a backup's name or its folder."),
) -> None:
    """Read a whole backup and compare every file with its checksum; nothing is written.

    Example: pilot backup verify
    """
    known = settings()
    backup = find_backup(backup_folder(known), which)
    files = unpack(backup, key=known.backup_key.get_secret_value())
    typer.echo(f"{backup.path.name} is whole: {files} files, {_size(backup)}.")


def _line(backup: Backup) -> str:
    made = local_time(backup.manifest.made_at)
    seal = "sealed" if backup.manifest.sealed else "NOT sealed"
    return f"{made:%Y-%m-%d %H:%M}  {backup.path.name}  {_size(backup)}, {backup.manifest.segments} segments, {seal}"


def _size(backup: Backup) -> str:
    return f"{backup.manifest.content_bytes / 1e6:.1f} MB"
