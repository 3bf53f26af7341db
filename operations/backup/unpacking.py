"""Unpacks a backup, and the whole one that it continues, into a folder, and checks every part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import SecretStr

from operations.backup.catalog import MANIFEST, Backup, read_manifest, unpack
from operations.backup.configuration import CONFIGURATION_FOLDER
from pilot.errors import PilotError
from pilot.lake_tables.tables import TABLES
from pilot.settings import Settings
from storage.backup.archive import put_under
from storage.backup.store_copy import (
    POSTGRESQL_COPY,
    SQLITE_COPY,
    check_sqlite,
    contents_of,
    restore_postgresql,
)
from storage.erasure.landing_lines import publish_logs
from storage.errors import BackupDamaged, CorruptSegment
from storage.home import LAKE_FOLDER, LANDING_FOLDER, LOG_FOLDER, Home, Kind, open_home
from storage.store.engine import Store, make_engine

OF_BASE = (f"{LANDING_FOLDER}/", f"{LAKE_FOLDER}/")


class NotRestored(PilotError):
    """A backup was not restored."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A home unpacked from a backup, before anything in it changes.

    Attributes:
        home: The home.
        files: Number of files.
        segments: Number of segments of the landing, each verified by its checksum.
        damaged_segments: Segments that were damaged when the backup was made.
        tables: Number of lake tables read back.
    """

    home: Home
    files: int
    segments: int
    damaged_segments: int
    tables: int


def base_backup(backup: Backup) -> Backup | None:
    """Return the whole backup that a recent one continues, None if it needs none.

    Raises:
        NotRestored: it is missing.
        BackupDamaged: its manifest cannot be read.
    """
    name = backup.manifest.base
    if not name:
        return None
    path = backup.path.parent / name
    if not (path / MANIFEST).is_file():
        raise NotRestored(
            f"{backup.path.name} continues {name}, which is not in its folder.",
            remedy="Fetch it (`pilot backup restore --from TARGET`), or restore another backup: `pilot backup list`.",
        )
    base = read_manifest(path)
    if base.manifest.home != backup.manifest.home:
        raise BackupDamaged(f"{name} is another home's, and {backup.path.name} continues it.")
    return base


def unpack_home(
    backup: Backup, folder: Path, *, settings: Settings, report: Callable[[str], None] = lambda _: None
) -> Unpacked:
    """Unpack a backup into a folder, and compare every part with its checksum and the manifest.

    Args:
        backup: The backup.
        folder: An empty folder.
        settings: Contain the key, and the address of a PostgreSQL store.
        report: Called with a line of progress.

    Raises:
        NotRestored: the backup holds no home, or a part is missing beside it.
        BackupDamaged: a part is incomplete or damaged.
        ContentsDiffer: the store is not the one that was copied.
    """
    key = settings.backup_key.get_secret_value()
    report("unpacking and checking")
    files = unpack(backup, key=key, put=put_under(folder))
    # The manifest is authenticated from here on.
    if backup.manifest.scope == "configuration":
        raise NotRestored(
            f"{backup.path.name} holds the configuration only.", remedy="Choose another backup: `pilot backup list`."
        )
    base = base_backup(backup)
    if base is not None:
        report(f"unpacking and checking {base.path.name}, which it continues")
        files += unpack(base, key=key, put=_put_missing(folder))
    report("comparing the store with the manifest")
    check_store(folder, backup, settings=settings)
    home = _open_unpacked(folder, backup, settings=settings)
    report("checking every segment and table")
    segments, damaged = _check_landing(home)
    return Unpacked(home, files, segments, damaged, _check_lake(home, base or backup))


def unpack_configuration(backup: Backup, folder: Path, *, key: str) -> list[str]:
    """Write the files of a configuration's backup into a folder; return their names.

    Args:
        backup: The backup.
        folder: The folder; its files of the same names must not exist.
        key: Opens the backup.

    Raises:
        NotRestored: the backup is not a configuration's, or a file exists.
        BackupDamaged: it is incomplete or damaged.
    """
    if backup.manifest.scope != "configuration":
        raise NotRestored(
            f"{backup.path.name} is no configuration's.", remedy="Name one of that scope: `pilot backup list`."
        )
    put, names = put_under(folder), []

    def put_file(name: str, source: BinaryIO) -> None:
        file = name.removeprefix(f"{CONFIGURATION_FOLDER}/")
        if file == name:
            return
        if (folder / file).exists():
            raise NotRestored(f"{folder / file} exists.", remedy="Give an empty folder.")
        put(file, source)
        names.append(file)

    unpack(backup, key=key, put=put_file)
    return names


def _put_missing(folder: Path) -> Callable[[str, BinaryIO], None]:
    """Return a `put` for the base: of landing and lake only, and never over a file of the recent backup."""
    put = put_under(folder)

    def put_missing(name: str, source: BinaryIO) -> None:
        if name.startswith(OF_BASE) and not (folder / name).exists():
            put(name, source)

    return put_missing


def check_store(folder: Path, backup: Backup, *, settings: Settings) -> None:
    """Restore an unpacked dump, and compare the store's contents with the manifest if it lists them.

    Args:
        folder: The unpacked backup.
        backup: The backup.
        settings: Contain the address of an empty database for a PostgreSQL store.

    Raises:
        NotRestored: no database is given.
        BackupDamaged: there is no store.
        ContentsDiffer: the store is not the one that was copied.
    """
    dump = folder / POSTGRESQL_COPY
    if dump.exists():
        if not settings.store_url:
            raise NotRestored(
                "The backup's store is a PostgreSQL one.", remedy="Set PILOT_STORE_URL to a new, empty database."
            )
        restore_postgresql(settings.store_url, dump)
        dump.unlink()
    elif (folder / SQLITE_COPY).exists():
        check_sqlite(folder / SQLITE_COPY)
    else:
        raise BackupDamaged(f"{backup.path.name} holds no store.")
    if backup.manifest.store is None:
        return
    store = Store(make_engine(_store_url(folder, settings)))
    try:
        contents_of(store).compare(backup.manifest.store, name=backup.path.name)
    finally:
        store.close()


def _store_url(folder: Path, settings: Settings) -> str:
    return f"sqlite:///{folder / SQLITE_COPY}" if (folder / SQLITE_COPY).exists() else settings.store_url


def _open_unpacked(folder: Path, backup: Backup, *, settings: Settings) -> Home:
    own = {
        "home": folder,
        "store_url": "" if (folder / SQLITE_COPY).exists() else settings.store_url,
        "landing_url": "",
        "lake_url": "",
        "backup_folder": backup.path.parent,
    }
    kind: Kind = "demo" if backup.manifest.kind == "demo" else "real"
    return open_home(settings.model_copy(update={**own, "secret_key": SecretStr("")}), kind=kind)


def _check_landing(home: Home) -> tuple[int, int]:
    publish_logs(home.root / LOG_FOLDER, home.segments())
    count = damaged = 0
    for segments in (home.segments(), home.probe_segments()):
        for day in segments.fingerprints():
            for name in segments.list(day):
                count += 1
                try:
                    segments.read(name)
                except CorruptSegment:  # Damaged before the backup: `pilot landing salvage` saves its readable lines.
                    damaged += 1
    return count, damaged


def _check_lake(home: Home, whole: Backup) -> int:
    lake = home.lake()
    written = [table for table in TABLES.values() if lake.version(table) is not None]
    missing = sorted(whole.manifest.tables.keys() - {table.name for table in written})
    if missing:
        raise BackupDamaged(f"The lake of {whole.path.name} has lost its table {missing[0]}.")
    for table in written:
        rows = lake.read(table, columns=list(table.key)).height
        expected = whole.manifest.lake_rows.get(table.name, rows)
        if rows != expected:
            raise BackupDamaged(
                f"The lake's table {table.name} of {whole.path.name} has {rows} rows; {expected} were copied."
            )
    return len(written)
