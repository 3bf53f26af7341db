"""The home: one folder of all state, opened by every process."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pilot.cafes import Cafes
from pilot.settings import Settings
from storage.cafes_file import read_cafes
from storage.errors import WrongHome
from storage.folders import PRIVATE_FILE, create_once, private_folder

if TYPE_CHECKING:  # Engines are imported on use: the edge needs none of the lake's.
    from storage.lake import Lake
    from storage.landing.append_log import AppendLog
    from storage.landing.day_folders import DayFolders
    from storage.landing.object_segments import ObjectDays
    from storage.landing.segments import Segments
    from storage.store.engine import Store

Kind = Literal["real", "demo"]

FORMAT_VERSION = 1
DESCRIPTION_FILE = "home.json"
IDENTITY_FILE = "home.id"
SECRET_FILE = "secret.key"  # noqa: S105 - a file's name
SECRET_BYTES = 32
IDENTITY_BYTES = 8
IDENTITY_FORM = re.compile(rf"[0-9a-f]{{{IDENTITY_BYTES * 2}}}")
LANDING_FOLDER = "landing"
PROBES_FOLDER = "probes"  # within the landing
LAKE_FOLDER = "lake"
LOG_FOLDER = ".log"
STORE_FILE = "store.sqlite"
UNSPELLABLE = "%*?["  # delta-rs decodes %xx in a path twice, DuckDB reads the others as patterns.
FOLDERS = (LANDING_FOLDER, LAKE_FOLDER, LOG_FOLDER, ".dagster", ".logs", ".weights", ".run")


class Home:
    """All state of one pilot: landing, lake, store, logs, weights, keys.

    Attributes:
        settings: The settings it was opened with.
        root: The folder.
        kind: real, or demo for a home with simulated data only.
    """

    def __init__(self, *, settings: Settings, root: Path, kind: Kind) -> None:
        self.settings = settings
        self.root = root
        self.kind: Kind = kind
        self._store: Store | None = None
        self._store_lock = threading.Lock()
        self._day_folders: DayFolders | None = None
        self._object_days: dict[str, ObjectDays] = {}

    def cafes(self) -> Cafes:
        """Read and validate the cafés' file.

        Raises:
            InvalidCafes: it is missing or wrong.
        """
        return read_cafes(self.settings.cafes_file)

    def secret(self) -> bytes:
        """Return the installation's key: PILOT_SECRET_KEY, else one generated once in the home (0600)."""
        given = self.settings.secret_key.get_secret_value()
        if given:
            return given.encode()
        path = self.root / SECRET_FILE
        with _usable(self.root):
            if not path.exists():
                create_once(path, secrets.token_bytes(SECRET_BYTES))
            key = path.read_bytes()
            if path.stat().st_mode & 0o077:
                path.chmod(PRIVATE_FILE)
        if len(key) < SECRET_BYTES:
            raise WrongHome(
                f"The key {path} is damaged: expected {SECRET_BYTES} bytes, found {len(key)}.",
                remedy="Put back its backup; without it, running sessions cannot be resumed.",
            )
        return key

    def identity(self) -> str | None:
        """Return the home's own name, which its backups carry; None if it has none yet."""
        path = self.root / IDENTITY_FILE
        with _usable(self.root):
            found = path.read_text("utf-8", "replace").strip() if path.exists() else None
        if found is not None and not IDENTITY_FORM.fullmatch(found):
            raise WrongHome(
                f"The home's name in {path} is damaged: expected {IDENTITY_BYTES * 2} hexadecimal digits.",
                remedy="Put back its backup; without it, a store put back is not told apart from another home's.",
            )
        return found

    def identify(self, name: str | None = None) -> str:
        """Return the home's own name, giving it one if it has none.

        Args:
            name: The name to give; a new one by default.
        """
        with _usable(self.root):
            create_once(self.root / IDENTITY_FILE, f"{name or secrets.token_hex(IDENTITY_BYTES)}\n".encode())
        found = self.identity()
        assert found is not None
        return found

    def segments(self) -> Segments:
        """Return the published segments: in the home, or in the object store of PILOT_LANDING_URL.

        Earlier versions published probes here too; readers still find them.
        """
        return self._segments("")

    def probe_segments(self) -> Segments:
        """Return the segments of probes only, which are beside those of guests: they contain no guest's data."""
        return self._segments(f"/{PROBES_FOLDER}")

    def _segments(self, within: str) -> Segments:
        if self.settings.landing_url:
            from storage.landing.object_segments import ObjectDays, ObjectSegments

            url = self.settings.landing_url.rstrip("/") + within
            return ObjectSegments(url, days=self._object_days.setdefault(url, ObjectDays()))
        from storage.landing.day_folders import DayFolders
        from storage.landing.folder_segments import FolderSegments

        self._day_folders = self._day_folders or DayFolders()
        return FolderSegments(self.root / f"{LANDING_FOLDER}{within}", days=self._day_folders)

    def append_log(self, replica: str) -> AppendLog:
        """Open a replica's append log; its leftover events are published.

        Raises:
            ReplicaInUse: another process is this replica.
        """
        from storage.landing.append_log import AppendLog

        return AppendLog(
            logs=self.root / LOG_FOLDER, replica=replica, segments=self.segments(), probes=self.probe_segments()
        )

    def lake(self) -> Lake:
        """Return the Delta tables."""
        from storage.lake import Lake

        return Lake(self.settings.lake_url or str(self.root / LAKE_FOLDER))

    def store(self) -> Store:
        """Return the store, migrated to this program's version; one instance for each home object.

        Raises:
            StoreAway: it does not answer.
            StoreUnusable: it is damaged, or of a newer version.
        """
        from storage.store.connect import open_store
        from storage.store.engine import sqlite_url

        with self._store_lock:
            if self._store is None:
                self._store = open_store(self.settings.store_url or sqlite_url(self.root / STORE_FILE))
            return self._store


def open_home(settings: Settings, *, kind: Kind = "real") -> Home:
    """Open the home that the settings name, creating it if it is missing.

    Args:
        settings: The settings.
        kind: The required kind; a home's kind never changes.

    Raises:
        WrongHome: the home is of the other kind or another format, or not a usable folder.
    """
    root = settings.home.expanduser().absolute()
    found = [character for character in UNSPELLABLE if character in str(root)]
    if found:
        raise WrongHome(
            f"The home {root} has {' '.join(found)} in its path, which the lake's engines interpret.",
            remedy="Set PILOT_HOME to a path without it.",
        )
    with _usable(root):
        description = root / DESCRIPTION_FILE
        _refuse_foreign_folder(root)
        private_folder(root)
        if not description.exists():
            create_once(description, json.dumps({"kind": kind, "format": FORMAT_VERSION}).encode() + b"\n")
        found_kind, found_format = _read_description(description)
        if found_kind != kind:
            raise WrongHome(
                f"{root} is a {found_kind} home; a {kind} one was expected.",
                remedy="Simulated and real data never meet: set PILOT_HOME to another folder.",
            )
        if found_format != FORMAT_VERSION:
            raise WrongHome(
                f"{root} has format {found_format}; this program knows format {FORMAT_VERSION}.",
                remedy="Use the version of the program that wrote it, or a newer one.",
            )
        for name in FOLDERS:
            private_folder(root / name)
    return Home(settings=settings, root=root, kind=kind)


def open_existing_home(settings: Settings) -> Home:
    """Return the home, real or demo as it was created; a new one is real.

    Raises:
        PilotError: it cannot be used.
    """
    try:
        return open_home(settings)
    except WrongHome as not_real:
        try:
            return open_home(settings, kind="demo")
        except WrongHome:
            raise not_real from None


def _refuse_foreign_folder(root: Path) -> None:
    """Refuse a folder with other content: a home is made private, removed and restored as a whole."""
    if not root.is_dir():
        return
    foreign = [
        name
        for name in sorted(entry.name for entry in root.iterdir())
        # The folder of a mounted disk, and a description in the process of being written.
        if name not in (*FOLDERS, "lost+found") and not name.startswith(f".{DESCRIPTION_FILE}.")
    ]
    if foreign and not (root / DESCRIPTION_FILE).exists():
        raise WrongHome(
            f"{root} is not a home and not empty: it holds {foreign[0]}"
            + (f" and {len(foreign) - 1} more." if len(foreign) > 1 else "."),
            remedy="Set PILOT_HOME to a folder of its own, or to one that does not exist yet.",
        )


def _read_description(description: Path) -> tuple[str, int]:
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
        return str(content["kind"]), int(content["format"])
    except (ValueError, KeyError, TypeError):
        raise WrongHome(
            f"{description} cannot be read: expected a kind and a format.",
            remedy='Put back its backup, or write {"kind": "real", "format": 1} if you are sure of the kind.',
        ) from None


@contextlib.contextmanager
def _usable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WrongHome(
            f"The home {root} cannot be used: {error.strerror or type(error).__name__}.",
            remedy="Set PILOT_HOME to a folder of your own that can be written.",
        ) from error
