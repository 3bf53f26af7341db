"""What a command needs from outside: the settings, the home, a place to print."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pilot.settings import PREFIX, Settings, read_settings

if TYPE_CHECKING:
    from storage.home import Home

ENV_FILE = ".env"


def settings() -> Settings:
    """Return the settings of the environment, completed by the PILOT_ lines of `.env` in the working directory.

    Raises:
        InvalidSettings: a setting is unknown or of the wrong kind.
    """
    return read_settings(environment())


def environment() -> dict[str, str]:
    """Return the whole environment; a variable that is set wins over its line in `.env`.

    Where no public address is set, it follows the edge's port, so that codes lead to this machine's edge.
    """
    found = {**_env_file(Path(ENV_FILE)), **os.environ}
    port = found.get(f"{PREFIX}EDGE_PORT")
    if port and not found.get(f"{PREFIX}PUBLIC_URL"):
        found[f"{PREFIX}PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    return found


def _env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and name.startswith(PREFIX):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def home() -> Home:
    """Return the home that the settings name, real or demo as it was made; a new one is made real.

    Raises:
        PilotError: the settings or the home cannot be used.
    """
    from storage.home import open_existing_home

    return open_existing_home(settings())


def print_json(value: Any) -> None:
    """Print one JSON value on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def complain(text: str) -> None:
    """Print a line on standard error."""
    typer.echo(text, err=True)
