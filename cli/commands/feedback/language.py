"""`pilot language`: evaluates the language model on authors not seen, and labels feedback."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from cli.language import labels
from cli.context import print_stderr

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
HEADINGS = ("author", "rows", "rank", "genuine", "F1", "error", "unusable")


@app.callback()
def language() -> None:
    """Evaluate how what guests say is understood, and label feedback."""


app.registered_commands += labels.app.registered_commands


@app.command()
def evaluate(
    author: list[str] = typer.Option([], help="Leave out only this author; may be repeated."),
    sealed: bool = typer.Option(False, help="Report the sealed authors instead: the final figures."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object for each author."),
) -> None:
    """Fit the score to all authors but one, and report how it agrees with that one's labels.

    A plain TF-IDF ridge, fitted to the same authors, stands beside each figure. About a minute an author on two cores.
    """
    from pipelines.language.fitting import evaluate as evaluation
    from pipelines.language.fitting.agreement import Agreement, mean

    found = []
    if not as_json:
        typer.echo("".join(f"{heading:>12}" for heading in ("", *HEADINGS)))

    def line(name: str, figures: Agreement) -> None:
        numbers = (
            figures.rank,
            figures.rank_of_genuine,
            figures.eligible_f1,
            figures.error,
            100 * figures.unusable_eligible,
        )
        shown = "".join(f"{number:>12.2f}" for number in numbers)
        typer.echo(f"{name:>12}{figures.author:>12}{figures.rows:>12}{shown}")

    for each in evaluation.evaluate(sealed=sealed, only=author, say=print_stderr):
        found.append(each)
        if as_json:
            typer.echo(json.dumps(asdict(each)))
            continue
        line("score", each.score)
        line("TF-IDF ridge", each.baseline)
        typer.echo("".join(f"{f'{group} {value:.2f}':>18}" for group, value in each.by_group.items()))
    if found and not as_json:
        line("score", mean([each.score for each in found], "mean"))
        line("TF-IDF ridge", mean([each.baseline for each in found], "mean"))


@app.command()
def dangers(as_json: bool = typer.Option(False, "--json", help="Print one JSON object for each author.")) -> None:
    """Fit what recognises dangers to all authors but some, and report what it finds in theirs.

    About half a minute on two cores.
    """
    from pipelines.language.fitting.evaluate_danger import evaluate_danger

    for each in evaluate_danger():
        if as_json:
            typer.echo(json.dumps(asdict(each)))
            continue
        counts = {
            "dangers now": each.now,
            "dangers": each.all,
            "look-alikes": each.alike,
            "ordinary sessions": each.sessions,
        }
        shown = ", ".join(f"{hits} of {number} {name}" for name, (number, hits) in counts.items())
        typer.echo(f"{each.author}: reported {shown}")
