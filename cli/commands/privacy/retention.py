"""`pilot retention`: removes guests' data that has reached its time limit."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, home, print_json
from pilot.time_limits import KINDS, retention_days

if TYPE_CHECKING:
    from operations.retention.carry_out import Due
    from storage.home import Home
    from storage.store.privacy.expirations import Expiration

EXIT_LATE = 1
LATE_AFTER = timedelta(days=2)  # Due data is removed the next night, and checked a quarter of an hour later.

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def retention(
    run: bool = typer.Option(False, "--run", help="Remove due data now, and check earlier removals."),
    dry_run: bool = typer.Option(False, "--dry-run", help="List the data that --run would remove."),
    show_status: bool = typer.Option(
        False, "--status", help="List the removals with their times. Exit code 1 if one is two days late."
    ),
    at_once: bool = typer.Option(
        False, "--at-once", help="With --run, if no pilot runs on the home: delete old versions without waiting."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Remove words, device hashes, sound files and backups that have reached their time limit.

    The limits are PILOT_WORDS_DAYS, PILOT_DEVICES_DAYS, PILOT_AUDIO_DAYS and PILOT_BACKUP_DAYS. Dagster removes due
    data every night. Figures, scores and money do not change.

    Example: pilot retention --dry-run
    """
    if sum((run, dry_run, show_status)) != 1:
        raise typer.BadParameter("give one of --run, --dry-run and --status")
    opened, now = home(), datetime.now(UTC)
    if run:
        _run(opened, now=now, at_once=at_once, as_json=as_json)
    elif dry_run:
        _dry_run(opened, now=now, as_json=as_json)
    else:
        _status(opened, now=now, as_json=as_json)


def _run(opened: Home, *, now: datetime, at_once: bool, as_json: bool) -> None:
    from operations.erasure.carry_out import GRACE
    from operations.retention.backups import delete_old_backups
    from operations.retention.carry_out import carry_out
    from operations.supervisor.claims import claim_home

    if at_once:
        with claim_home(opened.root / ".run"):
            done = carry_out(opened, now=now, grace=timedelta(0))
    else:
        done = carry_out(opened, now=now, grace=GRACE)
    forgotten = delete_old_backups(opened.settings, now=now)
    if as_json:
        print_json({"worked_on": [asdict(each) for each in done], "backups_forgotten": forgotten})
        return
    for each in done:
        typer.echo(_line(each))
    for name in forgotten:
        typer.echo(f"backup {name} deleted")
    unchecked = sum(each.gone_at is None for each in done)
    typer.echo(f"{len(done)} processed, {len(forgotten)} backups deleted.")
    if unchecked:
        typer.echo(f"{unchecked} removals to check: run it again in two minutes, or leave it to Dagster.")


def _dry_run(opened: Home, *, now: datetime, as_json: bool) -> None:
    from operations.retention.backups import old_backups
    from operations.retention.carry_out import due

    found, old = due(opened, now=now), [path.name for path in old_backups(opened.settings, now=now)]
    if as_json:
        print_json({"due": [asdict(each) for each in found], "backups": old})
        return
    for each in found:
        typer.echo(f"{each.day}  {each.kind}{_again(each)}")
    for name in old:
        typer.echo(f"backup {name}")
    typer.echo(f"{len(found)} to remove, {len(old)} backups to delete. Nothing was changed.")


def _status(opened: Home, *, now: datetime, as_json: bool) -> None:
    from operations.retention.carry_out import due
    from storage.store.privacy import expirations

    done, found = expirations.all_expirations(opened.store()), due(opened, now=now)
    late_day = (now - LATE_AFTER).date()
    late = [
        each for each in found if (each.day + timedelta(days=retention_days(opened.settings, each.kind))) < late_day
    ]
    stuck = [each for each in done if each.gone_at is None and now - each.removed_at > LATE_AFTER]
    limits = {kind: retention_days(opened.settings, kind) for kind in KINDS}
    if as_json:
        print_json(
            {
                "limits_days": limits,
                "removed": [asdict(each) for each in done],
                "due": [asdict(each) for each in found],
                "late": len(late) + len(stuck),
            }
        )
    else:
        for kind, days in limits.items():
            typer.echo(f"{kind} is kept {days} days" if kind == "audio" else f"{kind} are kept {days} days")
        for each in done:
            typer.echo(_line(each))
        typer.echo(f"{len(done)} removed, {len(found)} due, {len(late) + len(stuck)} late.")
    if late or stuck:
        raise typer.Exit(EXIT_LATE)


def _line(each: Expiration) -> str:
    check = f"checked {each.gone_at:%Y-%m-%d %H:%M}" if each.gone_at else "not checked yet"
    counts = f"{each.landing_lines} lines, {each.lake_rows} rows, {each.store_rows} in the store, {each.files} files"
    return f"{each.day}  {each.kind:8} removed {each.removed_at:%Y-%m-%d %H:%M} UTC: {counts}; {check}"


def _again(each: Due) -> str:
    return "  again: a replica published late" if each.again else ""
