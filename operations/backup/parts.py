"""Copies the parts of a home into a backup's archive.

Order matters. Append logs and store come before the landing: a log published meanwhile is copied twice, which readers
deduplicate, and everything that the store refers to is in the landing. The lake is copied at one version a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from operations.backup.catalog import backup_folder
from operations.backup.configuration import CAFES_FILE, CONFIGURATION_FOLDER, SETTINGS_FILE, settings_lines
from operations.backup.redemptions import installation_of
from pilot.lake_tables.tables import TABLES
from storage.backup.archive import ArchiveWriter
from storage.backup.lake_copy import table_version
from storage.backup.redemption_file import NAME
from storage.backup.store_contents import StoreContents
from storage.cafes_file import find_cafes_file
from storage.errors import LandingUnavailable
from storage.home import (
    DESCRIPTION_FILE,
    IDENTITY_FILE,
    LAKE_FOLDER,
    LANDING_FOLDER,
    LOG_FOLDER,
    PROBES_FOLDER,
    SECRET_FILE,
    Home,
)
from storage.landing.folder_segments import DAMAGED_FOLDER
from storage.landing.log_lines import whole_lines
from storage.landing.segments import Segments

DAGSTER_LEFT_OUT = "Dagster's runs, logs and weights: they are created again"
SECRET_LEFT_OUT = "the installation's secret key"  # noqa: S105 - a sentence
LAKE_LEFT_OUT = "the lake: the figures are rebuilt from the landing"


class Parts:
    """Copies parts into an archive, and counts them for the manifest.

    Attributes:
        segments: Number of segments of the landing.
        tables: Version of each lake table.
        lake_rows: Number of rows of each lake table.
        landing: The fingerprint of each of the landing's days, copied or in the base.
        left_out: Parts that are not included, in words.
    """

    def __init__(self, home: Home, archive: ArchiveWriter, *, report: Callable[[str], None]) -> None:
        self._home = home
        self._archive = archive
        self._report = report
        self.segments = 0
        self.tables: dict[str, int] = {}
        self.lake_rows: dict[str, int] = {}
        self.landing: dict[str, str] = {}
        self.left_out: list[str] = []

    def identity(self, *, secret: bool) -> None:
        """Copy the home's description and name, and its secret key if the backup is sealed."""
        home, archive = self._home, self._archive
        self.left_out.append(DAGSTER_LEFT_OUT)
        archive.add_file(DESCRIPTION_FILE, home.root / DESCRIPTION_FILE)
        installation_of(home, home.secret(), backup_folder(home.settings) / NAME)
        archive.add_file(IDENTITY_FILE, home.root / IDENTITY_FILE)
        if secret and not home.settings.secret_key.get_secret_value():
            home.secret()
            archive.add_file(SECRET_FILE, home.root / SECRET_FILE)
        else:
            self.left_out.append(SECRET_LEFT_OUT)

    def logs(self) -> None:
        """Copy the whole lines of the append logs."""
        self._report("append logs")
        for path in sorted((self._home.root / LOG_FOLDER).rglob("*.log")):
            try:
                lines = whole_lines(path.read_bytes())
            except FileNotFoundError:  # Just published: it is in the landing.
                continue
            if lines:
                self._archive.add(path.relative_to(self._home.root).as_posix(), b"".join(lines))

    def store(self, copy: Path, contents: StoreContents) -> None:
        """Copy the store's copy.

        Args:
            copy: The copy.
            contents: Its contents.
        """
        self._report(f"store, {contents.rows} rows")
        self._archive.add_file(copy.name, copy)

    def landing_days(self, *, since: Mapping[str, str]) -> None:
        """Copy the landing's days that differ from those of a base.

        Args:
            since: The fingerprints of the base's days; empty copies every day.
        """
        settings = self._home.settings
        if settings.landing_url:
            self.left_out.append(f"the landing: it is at {settings.landing_url}")
            return
        self._report("landing")
        landings = {
            LANDING_FOLDER: self._home.segments(),
            f"{LANDING_FOLDER}/{PROBES_FOLDER}": self._home.probe_segments(),
        }
        found = {folder: segments.fingerprints() for folder, segments in landings.items()}
        for day in sorted({day for each in found.values() for day in each}):
            fingerprint = "+".join(each[day] for each in found.values() if day in each)
            self.landing[day.isoformat()] = fingerprint
            if since.get(day.isoformat()) == fingerprint:
                continue
            for folder, segments in landings.items():
                self._segments(segments, day, folder=folder)
        for folder, segments in landings.items():
            for name in segments.damaged():
                self._archive.add(f"{folder}/{DAMAGED_FOLDER}/{name.path}", segments.read_damaged(name))

    def _segments(self, segments: Segments, day: date, *, folder: str) -> None:
        for name in segments.list(day):
            try:
                self._archive.add(f"{folder}/{name.path}", segments.read_unchecked(name))
            except LandingUnavailable:  # Salvaged meanwhile: its lines are in a newer segment.
                continue
            self.segments += 1

    def lake(self) -> None:
        """Copy one version of each lake table; the home's lock is held, so that nothing deletes its files."""
        home = self._home
        if home.settings.lake_url:
            self.left_out.append(f"the lake: it is at {home.settings.lake_url}")
            return
        self._report("lake")
        for table in TABLES.values():
            found = table_version(home.lake(), table)
            if found is None:
                continue
            self.tables[table.name], files, self.lake_rows[table.name] = found
            for path in files:
                inside = path.relative_to(home.root / LAKE_FOLDER).as_posix()
                self._archive.add_file(f"{LAKE_FOLDER}/{inside}", path)

    def configuration(self) -> None:
        """Copy the cafés' file, and the settings that are no secrets."""
        self._report("configuration")
        cafes = find_cafes_file(self._home.settings.cafes_file)
        self._archive.add_file(f"{CONFIGURATION_FOLDER}/{CAFES_FILE}", cafes)
        self._archive.add(f"{CONFIGURATION_FOLDER}/{SETTINGS_FILE}", settings_lines(self._home.settings).encode())
        self.left_out.append("keys: their names are listed, their values are kept elsewhere")
