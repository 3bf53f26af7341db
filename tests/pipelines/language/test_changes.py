"""The changes of another version are counted: labels, sessions across the line, themes, dangers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipelines.language.fitting import corpus
from pipelines.language.fitting.changes import MOST_SHOWN, Agreed, Statements, compare, statements
from pipelines.language.fitting.labels import Correction, LabelledSession
from pipelines.language.measures import Measurer
from pipelines.language.model import Model, shipped
from pipelines.language.reader import measurer
from pipelines.language.trees import Trees

ROWS = 40
QUEUE = (
    "Kön vid disken var tjugo minuter lång klockan åtta, för bara en person stod i kassan, så jag gick utan kaffe.",
    "Öppna den andra kassan på morgonen.",
)
POINTS_HIGHER = 25.0


def raised(trees: Trees, by: float) -> Trees:
    return Trees(trees.feature, trees.threshold, trees.value, start=trees.start + by)


def session(useful: bool | None, *corrections: Correction, turns: tuple[str, ...] = QUEUE) -> LabelledSession:
    return LabelledSession("s1", "aurora", turns, {"queue": "negative"}, useful, corrections)


@pytest.fixture(scope="module")
def sessions() -> list[dict[str, Any]]:
    return corpus.rows("sessions", "w1")[:ROWS]


@pytest.fixture(scope="module")
def dangers() -> list[dict[str, Any]]:
    return corpus.rows("danger", "x1")[:ROWS]


@pytest.fixture(scope="module")
def generous() -> Iterator[Measurer]:
    """A version that gives more points, and neither praises nor reports anything."""
    own: Model = shipped()
    yield Measurer(
        replace(
            own,
            version="next",
            quality=raised(own.quality, POINTS_HIGHER),
            praised=raised(own.praised, -2),
            danger_from=2.0,
        )
    )


def test_the_same_version_changes_nothing(sessions: list[dict[str, Any]], dangers: list[dict[str, Any]]):
    found = compare(
        measurer(), measurer(), labelled=[session(True)], trained_on=1, unseen=None, sessions=sessions, dangers=dangers
    )
    assert (found.became_eligible, found.no_longer_eligible, found.largest) == (0, 0, ())
    assert (found.themes_changed, found.by_theme) == (0, ())
    assert found.dangers[0] == found.dangers[1] > 0
    assert found.verdicts.gained == found.verdicts.lost == 0
    assert found.unseen_verdicts is None


def test_changes_are_counted_in_each_direction(
    sessions: list[dict[str, Any]], dangers: list[dict[str, Any]], generous: Measurer
):
    texts = [row["turns"] for row in sessions]
    points, higher = (np.rint(each.measure(texts).quality) for each in (measurer(), generous))
    crossed = int(((points <= 60) & (higher > 60)).sum())
    assert crossed > 0
    found = compare(
        measurer(), generous, labelled=[session(True)], trained_on=1, unseen=None, sessions=sessions, dangers=dangers
    )
    assert (found.present, found.new) == (shipped().version, "next")
    assert (found.became_eligible, found.no_longer_eligible) == (crossed, 0)
    assert len(found.largest) == MOST_SHOWN
    sizes = [abs(each.new - each.present) for each in found.largest]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == np.abs(higher - points).max()
    lost = {each.theme for each in found.by_theme if each.lost}
    praised = {theme for row in sessions for theme, side in row["themes"].items() if side == "positive"}
    assert lost & praised
    assert found.dangers[1] == 0
    back = compare(
        generous, measurer(), labelled=[session(True)], trained_on=1, unseen=None, sessions=sessions, dangers=dangers
    )
    assert (back.became_eligible, back.no_longer_eligible) == (0, crossed)
    assert back.unusable_eligible == found.unusable_eligible[::-1]
    assert {(each.theme, each.gained, each.lost) for each in back.by_theme} == {
        (each.theme, each.lost, each.gained) for each in found.by_theme
    }


@pytest.mark.parametrize(
    ("label", "verdicts", "themes"),
    [
        (session(True), [True], []),
        (session(False), [False], []),
        (session(False, turns=("Det var bra.",)), [True], []),
        (session(None, Correction("food", "queue", None)), [], [True]),
        (session(None, Correction("food", "wifi", None)), [], []),  # food was not read: there is no polarity
        (session(None, Correction("food", "queue", "negative")), [], [True]),
        (session(None, Correction("queue", "queue", "negative")), [], [True]),
        (session(None, Correction("queue", "queue", "positive")), [], [False]),
        (session(None, Correction("queue", "wifi", None)), [], [False]),
        (session(None, Correction("teapots", "queue", "negative")), [], [True]),
        (session(True, Correction("queue", "teapots", None)), [True], []),
    ],
)
def test_a_version_agrees_with_a_statement_or_not(label: LabelledSession, verdicts: list[bool], themes: list[bool]):
    found = statements([label], measurer())
    assert (found.verdicts.tolist(), found.themes.tolist()) == (verdicts, themes)


def test_agreement_on_labels_left_out_is_counted_apart(sessions: list[dict[str, Any]], dangers: list[dict[str, Any]]):
    none = np.zeros(0, dtype=np.bool_)
    unseen = Statements(np.array([True, False, False]), none), Statements(np.array([False, True, True]), none)
    found = compare(
        measurer(),
        measurer(),
        labelled=[session(True)],
        trained_on=1,
        unseen=unseen,
        sessions=sessions,
        dangers=dangers,
    )
    assert found.unseen_verdicts == Agreed(of=3, present=1, new=2, gained=2, lost=1)
    assert found.unseen_themes is not None
    assert found.unseen_themes.of == 0


@pytest.mark.parametrize(("gained", "lost", "chance"), [(0, 0, 1.0), (5, 0, 1 / 32), (2, 1, 0.5), (0, 3, 1.0)])
def test_the_sign_test_gives_the_chance_of_so_many_gained(gained: int, lost: int, chance: float):
    assert Agreed(of=9, present=lost, new=gained, gained=gained, lost=lost).chance == pytest.approx(chance)
