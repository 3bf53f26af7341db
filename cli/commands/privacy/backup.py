"""`pilot backup`: makes, lists, verifies, drills and restores backups of the home."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.commands.privacy.restore import restore
from cli.context import AS_JSON, actor, home, print_json, print_stderr, settings
from operations.backup.ages import ages
from operations.backup.carry import carry_now, fetch_configuration, read_named
from operations.backup.catalog import Backup, backup_folder, damaged_backups, find_backup, list_backups, unpack
from operations.backup.drill import DATABASE_WITHIN, HOME_WITHIN, drill
from operations.backup.in_place import root_of
from operations.backup.lost_home import check_not_lost
from operations.backup.make import make_backup
from operations.backup.manifest import Scope
from operations.backup.unpacking import unpack_configuration
from operations.backup.verify import Verification, verify_all
from pilot.business_days import local_time
from storage.home import DESCRIPTION_FILE

EXIT_NOT_WELL = 1
SCOPES: tuple[Scope, ...] = ("whole", "recent", "configuration")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Make, list, verify, drill and restore backups of the home.",
)
app.command()(restore)


@app.command()
def now(
    plain: bool = typer.Option(
        False, "--plain", help="Do not seal it: anybody who reads the folder can read the guests' words."
    ),
    scope: str = typer.Option("whole", "--scope", help=f"What it contains: {', '.join(SCOPES)}."),
    as_json: bool = AS_JSON,
) -> None:
    """Make a backup while the pilot runs, and carry it to the other targets.

    A whole one contains the append logs, the store, the landing and one version of each lake table, sealed with
    PILOT_BACKUP_KEY. It leaves out Dagster's runs, logs, the recogniser's weights and the contents of an object store.

    Example: pilot backup now
    """
    opened, moment = home(), datetime.now(UTC)
    check_not_lost(opened, in_doubt=False)  # else the newest backup would be of an empty home
    made = make_backup(
        opened, now=moment, plain=plain, scope=_scope(scope), report=lambda line: print_stderr(f"  {line}")
    )
    carried = carry_now(opened, now=moment)
    if as_json:
        print_json({"path": made.path, "carried": [asdict(each) for each in carried], **made.manifest.as_json()})
    else:
        typer.echo(_line(made))
        for left_out in made.manifest.left_out:
            typer.echo(f"    left out: {left_out}")
        for each in carried:
            typer.echo(f"    {each.target}: {each.fault or f'{each.count} backups carried'}")
        typer.echo("Next: pilot backup verify")
    if any(each.fault for each in carried):
        raise typer.Exit(EXIT_NOT_WELL)


@app.command("list")
def show(
    source: str = typer.Option("", "--from", help="A target instead of the folder: its address in the settings."),
    as_json: bool = AS_JSON,
) -> None:
    """List the backups of the folder or a target, oldest first, and the age of the newest in each place.

    Example: pilot backup list
    """
    known = settings()
    folder = backup_folder(known)
    found = read_named(known, source).backups if source else list_backups(folder)
    for path in [] if source else damaged_backups(folder):
        typer.echo(f"{path.name} cannot be restored: its manifest cannot be read. Make another backup.", err=True)
    if as_json:
        print_json([{"path": each.path, **each.manifest.as_json()} for each in found])
        return
    for each in found:
        typer.echo(_line(each))
    typer.echo(f"{len(found)} backups in {source or folder}.")
    moment = datetime.now(UTC)
    exists = (root_of(known) / DESCRIPTION_FILE).exists()  # else the home would be created
    for place in ages(home()) if exists and not source else ():
        newest = f"{(moment - place.store_at).total_seconds() / 60:.0f} minutes old" if place.store_at else "missing"
        typer.echo(f"  {place.place}: the newest copy of the store is {place.fault or newest}")


@app.command()
def verify(
    which: str = typer.Argument("", help="latest, a day (2026-11-24), a backup's name or its folder; empty: all."),
    as_json: bool = AS_JSON,
) -> None:
    """Read backups to their end, compare every file with its checksum, and restore a sample to scratch.

    Exit code 1 if one is damaged, if there is none, or if the key does not open the newest one. Older ones that
    another key sealed are named, not verified.

    Example: pilot backup verify
    """
    known = settings()
    if which:
        backup = find_backup(backup_folder(known), which)
        files = unpack(backup, key=known.backup_key.get_secret_value())
        if as_json:
            print_json({"passed": True, "backup": backup.path.name, "files": files})
        else:
            typer.echo(f"{backup.path.name} is whole: {files} files, {_size(backup)}.")
        return
    found = verify_all(
        home(), now=datetime.now(UTC), actor=actor(), report=lambda line: print_stderr(f"  reading {line}")
    )
    if as_json:
        print_json({"passed": found.passed, **asdict(found)})
    else:
        for name, fault in found.damaged.items():
            typer.echo(f"DAMAGED  {name}  {fault}")
        for name in found.other_key:
            typer.echo(f"OTHER KEY  {name}  not verified: set the PILOT_BACKUP_KEY that sealed it")
        if found.sample:
            typer.echo(f"The store of {found.sample} was restored to scratch and compared with its manifest.")
        total = len(found.whole) + len(found.damaged) + len(found.other_key)
        count = f"{len(found.whole)} of {total} backups are whole"
        typer.echo(f"{'passed' if found.passed else 'FAILED'}: {count}, {found.files} files read.")
        typer.echo(f"Next: {_after(found)}")
    if not found.passed:
        raise typer.Exit(EXIT_NOT_WELL)


def _after(found: Verification) -> str:
    if found.passed:
        return "pilot backup drill"
    if found.other_key and not found.is_key_present:
        return "set the key that sealed the newest one, or pilot backup now with this key; delete none of them"
    return "pilot backup now"


@app.command("drill")
def rehearse(
    which: str = typer.Argument("", help="latest, a day (2026-11-24), a backup's name or its folder; empty: latest."),
    as_json: bool = AS_JSON,
) -> None:
    """Restore a backup whole to scratch, verify its data, and time it against the recovery objectives.

    Nothing of the home changes; the result is recorded in its audit log. Exit code 1 if the drill fails.

    Example: pilot backup drill
    """
    backup = find_backup(backup_folder(settings()), which) if which else None
    done = drill(
        home(),
        backup=backup,
        now=datetime.now(UTC),
        actor=actor(),
        report=lambda line: print_stderr(f"  {line}"),
    )
    if as_json:
        print_json({"passed": done.passed, **asdict(done)})
    else:
        for check in done.checks:
            typer.echo(f"{'ok     ' if check.ok else 'WRONG  '}  {check.name:<8}  {check.found}")
        timed = (("database", done.database_seconds, DATABASE_WITHIN), ("home", done.home_seconds, HOME_WITHIN))
        for name, seconds, within in timed if done.home_seconds else ():
            limit = within.total_seconds()
            typer.echo(
                f"{'ok     ' if seconds <= limit else 'SLOW   '}  {name:<8}  restored in {seconds:.1f} s, "
                f"required {limit / 60:.0f} min"
            )
        verdict = f"passed: {done.backup} can be restored." if done.passed else f"FAILED: {done.fault or done.backup}"
        typer.echo(verdict)
    if not done.passed:
        raise typer.Exit(EXIT_NOT_WELL)


@app.command()
def configuration(
    which: str = typer.Argument("", help="The backup's name; empty: the newest one of a configuration."),
    to: Path = typer.Option(..., "--to", help="The folder to write cafes.toml and settings.env into."),
    source: str = typer.Option("", "--from", help="A target to fetch the backup from: its address in the settings."),
) -> None:
    """Write the configuration of a backup into a folder; a key's line has no value.

    Example: pilot backup configuration --to restored
    """
    known = settings()
    folder = backup_folder(known)
    if source:
        which = fetch_configuration(known, source, which)
    saved = [each for each in list_backups(folder) if each.manifest.scope == "configuration"]
    backup = saved[-1] if saved and not which else find_backup(folder, which or "configuration")
    names = unpack_configuration(backup, to.expanduser(), key=known.backup_key.get_secret_value())
    typer.echo(f"{backup.path.name}: wrote {', '.join(names)} into {to}.")
    typer.echo("Next: put the keys back into settings.env from where they are kept.")


def _scope(text: str) -> Scope:
    for scope in SCOPES:
        if scope == text:
            return scope
    raise typer.BadParameter(f"give one of {', '.join(SCOPES)}", param_hint="--scope")


def _line(backup: Backup) -> str:
    made, manifest = local_time(backup.made_at), backup.manifest
    seal = "sealed" if manifest.sealed else "NOT sealed"
    rows = f"{manifest.store.rows} rows, " if manifest.store else ""
    return (
        f"{made:%Y-%m-%d %H:%M:%S}  {backup.path.name}  {manifest.scope:<13}  {_size(backup)}, {rows}"
        f"{manifest.segments} segments, {seal}"
    )


def _size(backup: Backup) -> str:
    return f"{backup.manifest.content_bytes / 1e6:.1f} MB"
