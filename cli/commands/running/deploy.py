"""`pilot deploy`: deploys the containers of this checkout in one resumable command."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.context import ENV_FILE, settings
from operations.peak_hours import refuse_in_peaks
from pilot.errors import PilotError
from storage.cafes_file import read_cafes

PRIVATE = 0o077
STEPS = "pre-flight, build, migrate, edges, services, healthy, smoke"

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class NotReadyToDeploy(PilotError):
    """The pre-flight found a fault."""


@app.command()
def deploy(
    now: bool = typer.Option(False, "--now", help="Also in a café's peak hours; needs --reason."),
    reason: str = typer.Option("", "--reason", help="Why it cannot wait until the peak is over."),
    smoke: bool = typer.Option(True, "--smoke/--no-smoke", help="Send a session through every café at the end."),
    env_file: Path = typer.Option(Path(ENV_FILE), "--env-file", help="The file of settings and passwords."),
    project: str = typer.Option("", "--project", help="Another project's name, for a trial beside the real one."),
    healthy_seconds: float = typer.Option(300.0, "--healthy-seconds", min=1, help="How long the services may take."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only run the pre-flight."),
) -> None:
    """Deploy this checkout's containers: build, migrate, replace, wait until healthy, smoke test.

    Edges are replaced one generation after the other: guests in a talk resume on the new ones. A fault after the build
    rolls back to the images before. Called again for the same version, it goes on where it stopped. Refused in a
    café's peak hours.

    Example: pilot deploy
    """
    from operations.deployment.compose import IMAGES_FILE, Compose, run_docker
    from operations.deployment.deploy import Deployment, Record

    began = time.monotonic()
    refuse_in_peaks(read_cafes(settings().cafes_file), now=datetime.now(UTC), reason=reason if now else "")
    compose = Compose(run_docker, env_file=env_file, images=IMAGES_FILE, project=project)
    _preflight(compose, env_file)
    typer.echo("pre-flight ok")
    if dry_run:
        typer.echo(f"Dry run: would go through {STEPS}.")
        return
    state = Path(os.environ.get("XDG_STATE_HOME", "~/.local/state")).expanduser() / "pilot"
    record = Record.read(state / f"deployment-{project or 'pilot'}.json", version=_version())

    def try_it() -> None:
        typer.echo(compose.run("exec", "-T", "watch", "pilot", "smoke"), nl=False)

    variables = _variables(env_file)
    image = variables.get("APP_IMAGE", "pilot:local")
    Deployment(
        compose,
        record=record,
        report=typer.echo,
        image=image,
        previous=f"{image.partition(':')[0]}:previous",
        healthy_seconds=healthy_seconds,
        smoke=try_it if smoke else None,
    ).run()
    typer.echo(f"Deployed {record.version} in {time.monotonic() - began:.0f} s. Next: pilot domains verify")


def _preflight(compose: object, env_file: Path) -> None:
    """Check what would stop the deployment half-way.

    Raises:
        NotReadyToDeploy: the text says what is missing.
    """
    from operations.deployment.compose import Compose

    assert isinstance(compose, Compose)
    if not env_file.is_file():
        raise NotReadyToDeploy(f"{env_file} is missing.", remedy="Make it: pilot env create --containers")
    if env_file.stat().st_mode & PRIVATE:
        raise NotReadyToDeploy(f"Others can read {env_file}.", remedy=f"chmod 600 {env_file}")
    caddyfile = Path(_variables(env_file).get("CADDYFILE", "deploy/Caddyfile"))
    if not caddyfile.is_file():
        raise NotReadyToDeploy(f"{caddyfile} is missing.", remedy="Make it: pilot domains setup")
    compose.run("version")
    compose.run("config", "--quiet")


def _variables(env_file: Path) -> dict[str, str]:
    lines = env_file.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _version() -> str:
    found = subprocess.run(
        ("git", "describe", "--always", "--dirty", "--abbrev=12"), capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"
