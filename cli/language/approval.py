"""`pilot language approve`: a person approves a fitted version; the audit log records it."""

from __future__ import annotations

from pathlib import Path

import typer

from cli.context import actor, home
from pilot.errors import PilotError

ACTION = "language.approve"

app = typer.Typer()


class NotApproved(PilotError):
    """The version cannot be approved."""


@app.command()
def approve(
    file: Path = typer.Argument(help="The file that `pilot language fit --with-labels` wrote."),
    reason: str = typer.Option(..., "--reason", help="The reason, for the audit log."),
) -> None:
    """Approve a fitted version: the audit log gets who, why, and what it changes.

    Guests' words are not recorded. Prints the steps that put the version to use.

    Example: pilot language approve .language/0a1b2c3d4e5f.npz --reason "Agrees with 12 more labels; no danger lost"
    """
    from cli.language.comparison import lines, read_comparison
    from pipelines.language.model import FILE, shipped, unpacked
    from storage.store import audit

    if not reason.strip():
        raise NotApproved("An approval needs a reason.", remedy="Give it with --reason.")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise NotApproved(
            f"{file} cannot be read: {error.strerror}.", remedy="Name a file of `pilot language fit --with-labels`."
        ) from None
    version, present = unpacked(content).version, shipped().version
    if version == present:
        raise NotApproved(f"Version {version} is the present one.", remedy="There is nothing to approve.")
    compared = read_comparison(file, content, present=present)
    if compared.changes.new != version:
        raise NotApproved(
            f"The comparison is of version {compared.changes.new}, the file of {version}.",
            remedy="Run `pilot language fit --with-labels` again.",
        )
    by = actor()
    store = home().store()
    with store.begin() as connection:
        audit.record(
            connection,
            actor=by,
            action=ACTION,
            subject=version,
            reason=reason.strip(),
            details=compared.model_dump(mode="json"),
            at=store.now(),
        )
    typer.echo("\n".join(lines(compared.changes)))
    typer.echo(f"\nVersion {version} is approved by {by}: {reason.strip()}")
    typer.echo("It is not in use yet. To put it to use:")
    typer.echo(f"  cp {file.resolve()} {FILE}")
    typer.echo(f'  set MODEL_VERSION = "{version}" in {FILE.parents[1] / "scoring" / "scorer.py"}')
    typer.echo("  restart `pilot run`")
