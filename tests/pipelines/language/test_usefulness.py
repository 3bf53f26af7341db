"""A fit to a few authors says something about another, and each author is left out of its own figures."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.commands.feedback.language import app
from pipelines.language.fitting import corpus, evaluate
from pipelines.language.fitting.agreement import rank
from pipelines.language.fitting.sample import sample
from pipelines.language.fitting.usefulness import features, fit, predicted

AUTHORS = ("ta1", "ta4", "w1", "w5")
ROWS_EACH = 60

pytestmark = pytest.mark.slow


def some(author: str) -> list[dict[str, Any]]:
    return corpus.rows("sessions", author)[:ROWS_EACH]


def test_a_fit_to_some_authors_ranks_another():
    everything = sample([row for author in AUTHORS for row in some(author)], corpus.clause_labels())
    others = AUTHORS[1:]
    found = features(everything, others)
    quality, usefulness = predicted(fit(everything, found, others), everything, found)
    own = everything.author == AUTHORS[0]
    assert rank(quality[own], everything.session_targets[own, 0]) > 0.5
    useful = everything.clause_targets[:, 0]
    mine = (everything.clause_author == AUTHORS[0]) & ~np.isnan(useful)
    assert rank(usefulness[mine].astype(np.float64), useful[mine]) > 0.3
    assert 0 <= quality.min() <= quality.max() <= 100


def test_the_command_reports_an_author_with_the_baseline_beside(monkeypatch: pytest.MonkeyPatch):
    fitted_to: list[set[str]] = []
    original = evaluate.fit

    def recorded(*args: Any) -> Any:
        fitted_to.append(set(args[2]))
        return original(*args)

    monkeypatch.setattr(evaluate, "fit", recorded)
    monkeypatch.setattr(corpus, "authors", lambda kind: list(AUTHORS))
    monkeypatch.setattr(corpus, "rows", lambda kind, author: corpus.rows_for_final_figures(kind, author)[:ROWS_EACH])
    result = CliRunner().invoke(app, ["evaluate", "--json", "--author", "ta1"])
    assert result.exit_code == 0, result.output
    (line,) = [json.loads(text) for text in result.stdout.splitlines() if text.startswith("{")]
    assert fitted_to == [set(AUTHORS[1:])]
    assert line["author"] == "ta1"
    assert line["sealed"] is False
    assert line["score"]["rows"] == line["baseline"]["rows"] == ROWS_EACH
    assert set(line["by_group"]) == {"sv", "en", "spoken", "typed", "recognised"}
