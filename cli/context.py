"""The context of a command: settings, home, actor, options and output that all commands share."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pilot.settings import PREFIX, Settings, read_settings

if TYPE_CHECKING:
    from storage.home import Home

ENV_FILE = ".env"
AS_JSON = typer.Option(False, "--json", help="Print JSON.")


def settings() -> Settings:
    """Return the settings of the environment and of the PILOT_ lines in `.env` of the working directory.

    Raises:
        InvalidSettings: a setting is unknown or of the wrong type.
    """
    return read_settings(environment())


def environment(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment's variables; one that is set overrides its line in `.env`.

    Without a public address, it follows the edge's port, so that codes lead to this machine's edge.

    Args:
        variables: Those that are set.
    """
    found = {**_env_file(Path(ENV_FILE)), **variables}
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
    """Return the home that the settings name, real or demo; a missing one is created as a real home.

    Raises:
        PilotError: the settings or the home cannot be used.
    """
    from storage.home import open_existing_home

    return open_existing_home(settings())


def actor() -> str:
    """Return the name of the user at this terminal for the audit log."""
    return f"cli:{getpass.getuser()}"


def print_json(value: Any) -> None:
    """Print one JSON value on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_stderr(text: str) -> None:
    """Print a line on standard error."""
    typer.echo(text, err=True)
