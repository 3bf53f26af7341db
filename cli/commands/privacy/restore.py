"""`pilot restore`: restores a backup into a new home, without the guests who were erased since."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.context import print_stderr, settings
from operations.backup.catalog import backup_folder, find_backup
from operations.backup.restore import restore as restore_backup
from pilot.business_days import local_time

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def restore(
    which: str = typer.Argument("latest", help="latest, a day (2026-11-24: its last), a backup's name or its folder."),
    to: Path = typer.Option(..., "--to", help="The new home; it must be empty or not exist."),
    tombstones: list[Path] = typer.Option([], "--tombstones", help="Another file of tombstones; repeatable."),
    redemptions: list[Path] = typer.Option([], "--redemptions", help="Another file of redemptions; repeatable."),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Restore beside the new home and check everything, then delete it."
    ),
) -> None:
    """Restore a backup into a new home: compare every checksum, and replay every erasure since.

    Example: pilot restore latest --to ~/pilot-restored
    """
    for number in (signal.SIGTERM, signal.SIGHUP):  # exit as after Ctrl-C, so that unpacked files are removed
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    known = settings()
    backup = find_backup(backup_folder(known), which)
    made = local_time(backup.manifest.made_at)
    typer.echo(f"{backup.path.name}, made {made:%Y-%m-%d %H:%M:%S}:")
    done = restore_backup(
        backup,
        to,
        settings=known,
        tombstone_files=tombstones,
        redemption_files=redemptions,
        now=datetime.now(UTC),
        report=lambda line: print_stderr(f"  {line}"),
        keep=not dry_run,
    )
    typer.echo(f"  {done.files} files, {done.segments} segments, {done.tables} tables; all checksums match.")
    if done.damaged_segments:
        typer.echo(f"  {done.damaged_segments} segments were damaged before the backup: see `pilot landing status`.")
    typer.echo(f"  {done.replayed} erasures newer than the backup were replayed.")
    money = done.recovery
    typer.echo(
        f"  {money.redeemed} redemptions newer than the backup were booked; {money.waiting} wait for their reward."
    )
    if done.unreadable_redemptions:
        typer.echo(f"  {done.unreadable_redemptions} lines of redemptions cannot be read: check the tills' own lists.")
    typer.echo(f"  {money.frozen} rewards are frozen: see `pilot payout frozen`, then release them.")
    typer.echo(f"Recovery point: everything acknowledged before {made:%Y-%m-%d %H:%M:%S} (Stockholm) is restored.")
    if dry_run:
        typer.echo("Nothing was kept: a dry run.")
    else:
        typer.echo(f"Next: PILOT_HOME={done.root} pilot run, which rebuilds the figures from the landing.")
