"""A fit to a few authors says something about another, and each author is left out of its own figures."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.commands.feedback.language import app
from pipelines.language.fitting import corpus, evaluate, fit
from pipelines.language.fitting import sample as samples
from pipelines.language.fitting.attacks import attack_sessions
from pipelines.language.fitting.boosting import boosted
from pipelines.language.fitting.sample import training_rows
from pipelines.language.labels import DANGERS

AUTHORS = {
    "sessions": ("ta1", "w1", "w2", "w5", "w6"),
    "conversations": ("c1", "v1", "v2"),
    "danger": ("e1", "x1", "x3"),
}
ROWS_EACH = 50
FEW = {"trees": 20}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("author", corpus.authors("danger"))
def test_the_labels_of_dangers_agree_with_one_another(author: str):
    for row in corpus.rows("danger", author):
        assert row["danger"] in (*DANGERS, "none"), row["id"]
        assert (row["danger"] == "none") == (row["when"] in ("none", "hypothetical")), row["id"]


def test_an_attack_adds_no_quality_to_honest_words():
    sessions = corpus.rows("sessions", "w1")
    quality = {row["id"]: row["quality"] for row in sessions}
    rows, labels = attack_sessions(sessions, corpus.clause_labels())
    mixed = [row for row in rows if row["id"].endswith("+")]
    alone = [row for row in rows if not row["id"].endswith("+")]
    assert len(mixed) == len(alone) > 600
    assert {row["quality"] for row in mixed} <= set(quality.values())
    assert max(row["quality"] for row in alone) <= 15
    assert all(label.usefulness == 0 for row in alone for label in labels[row["id"]])


def test_training_rows_have_each_id_once_and_no_sealed_author():
    rows, _ = training_rows()
    ids = [(kind, row["id"]) for kind, row in rows]
    assert len(set(ids)) == len(ids)
    for kind in ("sessions", "conversations", "danger"):
        sealed = set(corpus.sealed_authors(kind))
        assert sealed.isdisjoint(row["author"] for own, row in rows if own == kind)


def test_the_command_reports_authors_whom_the_fit_has_not_seen(monkeypatch: pytest.MonkeyPatch):
    fitted_to: list[set[str]] = []
    original = evaluate.fit

    def recorded(everything: Any, authors: Any, **others: Any) -> Any:
        fitted_to.append(set(authors))
        return original(everything, authors, **others)

    monkeypatch.setattr(evaluate, "fit", recorded)
    monkeypatch.setattr(corpus, "authors", lambda kind: list(AUTHORS[kind]))
    monkeypatch.setattr(corpus, "rows", lambda kind, author: corpus.rows_for_final_figures(kind, author)[:ROWS_EACH])
    monkeypatch.setattr(samples, "attack_sessions", lambda *_: ([], {}))
    monkeypatch.setattr(corpus, "statements", list)
    monkeypatch.setattr(fit, "boosted", lambda rows, targets, **others: boosted(rows, targets, **others | FEW))
    result = CliRunner().invoke(app, ["evaluate", "--json", "--author", "ta1"])
    assert result.exit_code == 0, result.output
    (line,) = [json.loads(text) for text in result.stdout.splitlines() if text.startswith("{")]
    assert fitted_to == [{name for some in AUTHORS.values() for name in some} - {"ta1", "c1", "e1"}]
    assert line["authors"] == ["ta1", "c1", "e1"]
    own, plain = line["score"]
    assert own["rows"] == plain["rows"] == ROWS_EACH
    assert own["rank"] > 0.5
    assert set(line["by_group"]) <= {"sv", "en", "spoken", "typed", "recognised"}
    assert line["acts"][0] > 1 / 14
    assert line["dangers"][0]["all"][1] > 0
    assert line["replies"]["tone fits"] > 0.5
    assert np.isfinite(line["themes"][0]["with_polarity"])
