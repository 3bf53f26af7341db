"""`pilot language fit --with-labels`: fits a version to labels too, and prints what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli.context import home, print_stderr

if TYPE_CHECKING:
    from pathlib import Path

    from storage.home import Home

MODELS_FOLDER = ".language"  # in the home: fitted versions that nobody uses yet


def fit_with_labels(to: Path | None) -> None:
    """Fit a version to the corpus and to the labelled sessions, write it, and print what it changes.

    Args:
        to: The file to write; None for one in the home.

    Raises:
        NothingLabelled: There is no label to learn from.
    """
    from cli.language.comparison import lines, save_comparison
    from cli.language.labelled_sessions import NothingLabelled, labelled_sessions
    from pipelines.language.fitting.learning import learn
    from pipelines.language.model import FILE, packed, shipped
    from storage.folders import write_atomically

    if to is not None and to.resolve() == FILE.resolve():
        raise typer.BadParameter("with labels, the model that ships is not replaced", param_hint="--to")
    opened = home()
    labelled = labelled_sessions(opened)
    learned = learn(labelled, shipped(), say=print_stderr)
    if learned is None:
        raise NothingLabelled(
            f"None of the {len(labelled)} labelled sessions can be used: they report dangers, or have no words.",
            remedy="Label other feedback.",
        )
    model, changes = learned
    path = _file(opened, model.version) if to is None else to
    content = packed(model)
    write_atomically(path, content)
    save_comparison(path, content, changes)
    typer.echo("\n".join(lines(changes)))
    typer.echo(f"\n{path}: {len(content) / 1e6:.1f} MB. Nothing uses it. To approve it:")
    typer.echo(f"  pilot language approve {path} --reason WHY")


def _file(opened: Home, version: str) -> Path:
    from storage.folders import private_folder

    return private_folder(opened.root / MODELS_FOLDER) / f"{version}.npz"
