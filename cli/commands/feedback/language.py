"""`pilot language`: fits, evaluates and approves the language model, and labels feedback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.context import print_stderr, settings
from cli.language import approval, labels
from storage.cafes_file import read_cafes

if TYPE_CHECKING:
    from pipelines.language.fitting.agreement import Agreement
    from pipelines.language.fitting.evaluate import Evaluation

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
HEADINGS = ("author", "rows", "rank", "genuine", "F1", "error", "unusable", "themes", "polarity")


@app.callback()
def language() -> None:
    """Fit, evaluate and approve how what guests say is understood, and label feedback."""


app.registered_commands += [*labels.app.registered_commands, *approval.app.registered_commands]


@app.command()
def evaluate(
    author: list[str] = typer.Option([], help="Leave out only this author of sessions; may be repeated."),
    sealed: bool = typer.Option(False, help="Report the sealed authors instead: the final figures."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object for each fold."),
) -> None:
    """Fit the model to all authors but a fold's, and report how it agrees with their labels.

    A plain TF-IDF ridge, fitted to the same authors, stands beside each figure. Some minutes a fold on two cores.
    """
    from cli.language.folds import LEAST_FOLDS, summary
    from cli.language.replies import reply_figures
    from pipelines.language.fitting import evaluate as evaluation

    found: list[Evaluation] = []
    if not as_json:
        typer.echo("".join(f"{heading:>12}" for heading in ("", *HEADINGS)))
    cafes = read_cafes(settings().cafes_file)
    replies = partial(reply_figures, cafes=cafes)
    for each in evaluation.evaluate(sealed=sealed, only=author, say=print_stderr, replies=replies):
        found.append(each)
        if as_json:
            typer.echo(json.dumps(asdict(each)))
            continue
        for place, name in enumerate(("model", "TF-IDF ridge")):
            shares = each.themes[place]
            _line(name, each.score[place], (shares.alone, shares.with_polarity))
        typer.echo("".join(f"{f'{group} {value:.2f}':>18}" for group, value in each.by_group.items()))
        typer.echo(f"{'':>12}" + "; ".join(_said(each)))
    if len(found) >= LEAST_FOLDS and not as_json:
        typer.echo()
        for shown in summary(found):
            typer.echo(shown)


def _line(name: str, figures: Agreement, themes: Sequence[float]) -> None:
    numbers = (
        figures.rank,
        figures.rank_of_genuine,
        figures.eligible_f1,
        figures.error,
        100 * figures.unusable_eligible,
        *themes,
    )
    shown = "".join(f"{number:>12.2f}" for number in numbers)
    typer.echo(f"{name:>12}{figures.author:>12}{figures.rows:>12}{shown}")


def _said(each: Evaluation) -> list[str]:
    """Return the figures of a fold that are counts, the baseline's in brackets."""
    hits, number = each.false_alarms
    said = [f"{hits} of {number} ordinary sessions reported as danger"]
    if each.acts is not None:
        said.append(f"{each.authors[1]}: acts {each.acts[0]:.2f} ({each.acts[1]:.2f})")
    if each.dangers is not None:
        for name in ("now", "all", "alike"):
            (own, of), (plain, _) = (getattr(figures, name) for figures in each.dangers)
            said.append(f"{each.authors[-1]}: {name} {own} ({plain}) of {of}")
    return said


@app.command()
def fit(
    to: Path | None = typer.Option(
        None, help="The file to write; without it, the model that ships, or with labels a file in the home."
    ),
    with_labels: bool = typer.Option(
        False, "--with-labels", help="Learn from managers' labels too, and show what changes; nothing is put to use."
    ),
) -> None:
    """Fit the model to all authors who are not sealed, and write it. Some minutes on two cores.

    With labels, one more fit for each café measures whether agreement with labels that are left out rises.
    """
    if with_labels:
        from cli.language.learning import fit_with_labels

        fit_with_labels(to)
        return
    from pipelines.language.fitting.fit import fit as fit_model
    from pipelines.language.fitting.sample import sample, training_rows
    from pipelines.language.model import FILE, packed
    from storage.folders import write_atomically

    rows, clause_labels = training_rows()
    everything = sample(rows, clause_labels)
    print_stderr(f"{len(rows)} labelled rows")
    model = fit_model(everything, sorted(set(everything.author.tolist())), say=print_stderr)
    path = FILE if to is None else to
    write_atomically(path, packed(model))
    typer.echo(f"{path.name}: version {model.version}, {path.stat().st_size / 1e6:.1f} MB")
