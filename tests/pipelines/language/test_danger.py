"""What recognises dangers is fitted to some authors and reports another's."""

from __future__ import annotations

import pytest

from pipelines.language.fitting import corpus
from pipelines.language.fitting.danger import KINDS, fit_danger, utterances

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("author", corpus.authors("danger"))
def test_the_labels_of_dangers_agree_with_one_another(author: str):
    for row in corpus.rows("danger", author):
        assert row["danger"] in (*KINDS, "none"), row["id"]
        assert (row["danger"] == "none") == (row["when"] in ("none", "hypothetical")), row["id"]


def test_a_fit_to_some_authors_reports_most_dangers_of_another():
    authors = ("e1", "w1", "w2", "x1")
    said = [each for author in authors for each in utterances(author, corpus.rows("danger", author), "danger")]
    said += utterances("w3", corpus.rows("sessions", "w3"), "sessions")
    model = fit_danger([each for each in said if each.author != "e1"], most_false=0.05)
    unseen = [each for each in said if each.author == "e1"]
    reported = model.predict([each.text for each in unseen]) >= model.threshold
    dangers = [bool(each.kind) for each in unseen]
    assert sum(hit for hit, real in zip(reported, dangers, strict=True) if real) > 0.6 * sum(dangers)
    assert sum(hit for hit, real in zip(reported, dangers, strict=True) if not real) < 0.2 * (300 - sum(dangers))
    assert model.predict([""]) < model.threshold
