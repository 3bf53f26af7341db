"""The labelled corpus holds what its documents say, and the sealed authors stay closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.language.clauses import clauses
from pipelines.language.fitting import corpus
from pipelines.language.fitting.corpus import SealedAuthor
from pipelines.language.labels import KINDS, ROLES, THEMES

ROOT = Path(__file__).resolve().parents[3]
OPENS_SEALED = {"pipelines/language/fitting/corpus.py", "pipelines/language/fitting/evaluate.py"}


def test_a_sealed_authors_rows_are_refused():
    for kind in ("sessions", "conversations", "danger"):
        for author in corpus.sealed_authors(kind):
            with pytest.raises(SealedAuthor, match=author):
                corpus.rows(kind, author)
            assert author not in corpus.authors(kind)


def test_only_the_evaluation_opens_sealed_authors():
    files = [*ROOT.glob("pipelines/**/*.py"), *ROOT.glob("benchmarks/**/*.py"), *ROOT.glob("scripts/*.py")]
    calling = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if "rows_for_final_figures" in path.read_text(encoding="utf-8")
    }
    assert calling == OPENS_SEALED


def test_sealed_authors_have_no_annotated_clauses():
    annotated = {path.stem for path in (corpus.FOLDER / "clauses").glob("*.tsv")}
    assert annotated.isdisjoint(corpus.sealed_authors("sessions"))


@pytest.mark.parametrize("author", corpus.authors("sessions"))
def test_a_sessions_labels_agree_with_one_another(author: str):
    rows = corpus.rows("sessions", author)
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["kind"] in (*KINDS, "copied"), row["id"]
        assert set(row["themes"]) <= set(THEMES), row["id"]
        for claim in row.get("claims", ()):
            assert claim["quote"] in row["turns"][claim["turn"]], row["id"]


def test_annotations_belong_to_todays_clauses():
    labels = corpus.clause_labels()
    rows = [row for author in corpus.authors("sessions") for row in corpus.rows("sessions", author)]
    annotated = [row for row in rows if row["id"] in labels]
    different = [row["id"] for row in annotated if len(labels[row["id"]]) != len(clauses(row["turns"]))]
    assert different == []
    assert len(annotated) > 0.9 * len(rows)
    assert {role for some in labels.values() for label in some for role in label.roles} <= set(ROLES)
