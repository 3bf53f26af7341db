"""`pilot backup restore`, also `pilot restore`: restores without the guests erased since."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.context import actor, print_stderr, settings
from operations.backup.carry import fetch_named
from operations.backup.catalog import Backup, backup_folder, find_backup
from operations.backup.in_place import Loss, loss_of, restore_in_place, root_of
from operations.backup.restore import RestoreResult
from operations.backup.restore import restore as restore_backup
from pilot.business_days import local_time
from pilot.settings import Settings

LONGEST_LIST = 8

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def restore(
    which: str = typer.Argument("latest", help="latest, a day (2026-11-24: its last), a backup's name or its folder."),
    to: Path | None = typer.Option(
        None, "--to", help="A new home, which must be empty or not exist; without it, the home is replaced."
    ),
    source: str = typer.Option("", "--from", help="A target to fetch the backup from: its address in the settings."),
    tombstones: list[Path] = typer.Option([], "--tombstones", help="Another file of tombstones; repeatable."),
    redemptions: list[Path] = typer.Option([], "--redemptions", help="Another file of redemptions; repeatable."),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="List what would be lost; restore beside the home, check everything, then delete it."
    ),
    yes: bool = typer.Option(False, "--yes", help="Replace the home without asking."),
    reason: str = typer.Option("", "--reason", help="Why the home is replaced, for the audit log."),
) -> None:
    """Restore a backup: compare every checksum, replay every erasure, and freeze open rewards.

    Without --to it replaces the home, which must not run: it says what would be lost, asks, and makes a safety copy
    first. A restore that was interrupted is completed by the next one.

    Example: pilot backup restore latest
    """
    for number in (signal.SIGTERM, signal.SIGHUP):  # exit as after Ctrl-C, so that unpacked files are removed
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    known = settings()
    if source:
        print_stderr(f"  fetched {fetch_named(known, source, which)} backups from {source}")
    backup = find_backup(backup_folder(known), which)
    typer.echo(f"{backup.path.name}, made {_moment(backup.made_at)}:")
    if to is None:
        _print_loss(loss_of(backup, settings=known), root=root_of(known))
    if to is None and not dry_run:
        _replace(backup, known, tombstones, redemptions, yes=yes, reason=reason)
        return
    target = to or root_of(known).with_name(f".rehearsed-{root_of(known).name}")
    done = restore_backup(
        backup,
        target,
        settings=known,
        tombstone_files=tombstones,
        redemption_files=redemptions,
        now=datetime.now(UTC),
        report=lambda line: print_stderr(f"  {line}"),
        keep=not dry_run,
    )
    _print_result(done)
    if dry_run:
        typer.echo("Nothing was kept: a dry run.")
    else:
        typer.echo(f"Next: PILOT_HOME={done.root} pilot verify-data, then pilot run, which rebuilds the figures.")


def _replace(
    backup: Backup,
    known: Settings,
    tombstones: list[Path],
    redemptions: list[Path],
    *,
    yes: bool,
    reason: str,
) -> None:
    if not yes:
        typer.confirm("Restore it?", abort=True)
    done = restore_in_place(
        backup,
        settings=known,
        tombstone_files=tombstones,
        redemption_files=redemptions,
        now=datetime.now(UTC),
        actor=actor(),
        reason=reason,
        report=lambda line: print_stderr(f"  {line}"),
    )
    _print_result(done.restored)
    if done.safety_copy:
        typer.echo(f"The home before: {done.safety_copy}. To undo: pilot backup restore {done.safety_copy.name}")
    typer.echo("Next: pilot verify-data, then pilot run, which rebuilds the figures from the landing.")


def _print_loss(loss: Loss, *, root: Path) -> None:
    if loss.is_missing:
        typer.echo(f"  {root} is missing: nothing is replaced.")
        return
    typer.echo(f"  {root} is replaced. Everything since {_moment(loss.recovered_to)} is lost, except in a safety copy:")
    if loss.unknown:
        typer.echo("    how much cannot be counted: the home, or the backup's manifest, cannot be read.")
    for table, rows in list(loss.rows.items())[:LONGEST_LIST]:
        typer.echo(f"    {rows} rows of {table}")
    for account, ore in loss.ledger_ore.items():
        typer.echo(f"    {ore / 100:+.2f} kr on the account {account}")
    if not (loss.unknown or loss.rows or loss.ledger_ore):
        typer.echo("    no rows: the store has not changed since.")


def _print_result(done: RestoreResult) -> None:
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
    typer.echo(f"Recovery point: everything acknowledged before {_moment(done.made_at)} (Stockholm) is restored.")


def _moment(moment: datetime) -> str:
    return f"{local_time(moment):%Y-%m-%d %H:%M:%S}"
