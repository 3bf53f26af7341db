"""A fit with labels measures itself on the labels of cafés that it has left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipelines.language.fitting import corpus, fit, learning
from pipelines.language.fitting.boosting import boosted
from pipelines.language.fitting.labels import LabelledSession
from pipelines.language.fitting.sample import turns_of
from pipelines.language.model import shipped

AUTHORS: dict[corpus.Kind, tuple[str, ...]] = {
    "sessions": ("w1", "w2", "w5", "w6"),
    "conversations": ("v1", "v2"),
    "danger": ("x1", "x3"),
}
ROWS_EACH = 25
TREES = 5
SAID = ("Kön till toaletten var lång, ungefär en kvart på lördagen.", "Det fanns bara en toalett för alla gäster.")

pytestmark = pytest.mark.slow


@pytest.fixture
def fitted_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """Shorten the corpus and the trees; yield the authors of each fit."""
    rows: list[tuple[corpus.Kind, dict[str, Any]]] = [
        (kind, row)
        for kind, names in AUTHORS.items()
        for name in names
        for row in corpus.rows(kind, name)[:ROWS_EACH]
        if any(turns_of(row, kind))
    ]
    done: list[list[str]] = []

    def recorded(everything: Any, authors: list[str], **others: Any) -> Any:
        done.append(authors)
        return fit.fit(everything, authors, **others)

    monkeypatch.setattr(learning, "fit", recorded)
    monkeypatch.setattr(learning, "training_rows", lambda: (rows, corpus.clause_labels()))
    monkeypatch.setattr(corpus, "authors", lambda kind: list(AUTHORS[kind][:1]))
    monkeypatch.setattr(fit, "boosted", lambda *given, **others: boosted(*given, **others | {"trees": TREES}))
    yield done


def labelled(cafe: str, number: int, *turns: str) -> LabelledSession:
    return LabelledSession(f"{cafe}{number}", cafe, turns, {"toilets": "negative"}, True, ())


def test_each_cafe_is_left_out_of_its_own_measurement(fitted_to: list[list[str]]):
    own = [labelled(cafe, number, *SAID) for cafe in ("malmohuset", "aurora") for number in range(3)]
    named = labelled("aurora", 9, "Qvixlander var trevlig.", "Qvixlander hjälpte oss med vagnen.")
    done = learning.learn([*own, named], shipped())
    assert done is not None
    model, changes = done
    authors = sorted(name for names in AUTHORS.values() for name in names)
    assert fitted_to == [
        [*authors, "cafe:aurora", "cafe:malmohuset"],
        [*authors, "cafe:malmohuset"],
        [*authors, "cafe:aurora"],
    ]
    assert (changes.new, changes.present) == (model.version, shipped().version)
    assert model.version != shipped().version
    assert (changes.labelled, changes.trained_on) == (7, 7)
    assert changes.verdicts.of == 7
    assert changes.unseen_verdicts is not None
    assert changes.unseen_verdicts.of == 7
    assert "w toalett" in model.heads.vocabulary.index
    assert not any("qvix" in name for name in model.heads.vocabulary.index)


def test_labels_of_one_cafe_are_learned_but_not_measured(fitted_to: list[list[str]], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(learning, "fit", lambda *_, **__: fitted_to.append([]) or replace(shipped(), version="next"))
    done = learning.learn([labelled("aurora", 1, *SAID)], shipped())
    assert done is not None
    assert len(fitted_to) == 1
    assert done[1].unseen_verdicts is None


def test_labels_without_a_usable_session_fit_nothing(fitted_to: list[list[str]]):
    assert learning.learn([labelled("aurora", 1, "...")], shipped()) is None
    assert fitted_to == []
