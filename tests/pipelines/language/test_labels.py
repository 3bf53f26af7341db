"""Labels become training rows: a verdict moves a score only as far as it contradicts it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from pipelines.language.fitting.labels import (
    LEAST_USEFUL,
    MOST_NOT_USEFUL,
    Correction,
    LabelledSession,
    label_rows,
)
from pipelines.language.fitting.sample import sample
from pipelines.language.labels import KINDS, SESSION_TARGETS, THEMES
from pipelines.language.reader import measurer

PLAIN = ("Det var bra.",)
DETAILED = (
    "Kön vid disken var tjugo minuter lång klockan åtta, för bara en person stod i kassan.",
    "Sätt en person till i kassan på morgonen, då hade vi hunnit med bussen.",
)


def labelled(
    *turns: str,
    useful: bool | None = None,
    themes: Mapping[str, str] | None = None,
    corrections: tuple[Correction, ...] = (),
    session_id: str = "s1",
    cafe: str = "aurora",
) -> LabelledSession:
    return LabelledSession(session_id, cafe, turns, themes or {}, useful, corrections)


def points(*turns: str) -> float:
    return float(measurer().measure([turns]).quality[0])


@pytest.mark.parametrize(
    ("corrections", "right"),
    [
        ((), {"coffee": "negative", "queue": "positive"}),
        ((Correction("coffee", "service", None),), {"service": "negative", "queue": "positive"}),
        ((Correction("coffee", "coffee", "mixed"),), {"coffee": "mixed", "queue": "positive"}),
        ((Correction("coffee", "service", "positive"),), {"service": "positive", "queue": "positive"}),
        ((Correction("coffee", "queue", None),), {"queue": "mixed"}),
        (
            (Correction("coffee", "queue", None), Correction("queue", "coffee", None)),
            {"queue": "negative", "coffee": "positive"},
        ),
        ((Correction("food", "price", None),), {"coffee": "negative", "queue": "positive"}),
        ((Correction("food", "price", "mixed"),), {"coffee": "negative", "queue": "positive", "price": "mixed"}),
        ((Correction("coffee", "teapots", None),), {"queue": "positive"}),
    ],
)
def test_corrections_give_the_right_themes(corrections: tuple[Correction, ...], right: dict[str, str]):
    session = labelled(*PLAIN, themes={"coffee": "negative", "queue": "positive"}, corrections=corrections)
    assert session.right_themes == right


def test_a_verdict_moves_the_score_only_as_far_as_it_contradicts_it():
    low, high = points(*PLAIN), points(*DETAILED)
    assert low < MOST_NOT_USEFUL
    assert high > LEAST_USEFUL
    rows = label_rows(
        [
            labelled(*said, useful=useful, session_id=f"{useful} {len(said)}")
            for said in (PLAIN, DETAILED)
            for useful in (True, False, None)
        ],
        measurer(),
    )
    assert [row["quality"] for row in rows] == pytest.approx([LEAST_USEFUL, low, low, high, MOST_NOT_USEFUL, high])
    assert rows[0]["kind"] == "genuine"
    assert {row["kind"] for row in rows} <= set(KINDS)


def test_rows_are_a_cafes_voice_and_become_targets():
    correction = Correction("queue", "service", None)
    session = labelled(*DETAILED, useful=True, themes={"queue": "negative"}, corrections=(correction,), cafe="goteborg")
    (row,) = label_rows([session], measurer())
    found = sample([("sessions", row), ("sessions", row)], {})
    assert found.author.tolist() == ["cafe:goteborg"] * 2
    assert found.cut.turns.size == len(found.act_targets) == 2 * len(DETAILED)
    assert found.session_targets[1, SESSION_TARGETS.index("eligible")] == 1
    assert np.argwhere(found.themes[1]).tolist() == [[THEMES.index("service"), 1]]
    assert np.isnan(found.claim_targets).all()


@pytest.mark.parametrize("turns", [("",), (" ... ", ""), ("Min son kan inte andas",), ("Gott kaffe.", "Det brinner!")])
def test_silence_and_reports_of_danger_are_not_learned_from(turns: tuple[str, ...]):
    kept = labelled(*DETAILED, session_id="kept")
    rows = label_rows([labelled(*turns, useful=True), kept], measurer())
    assert [row["id"] for row in rows] == ["kept"]


def test_no_label_gives_no_row():
    assert label_rows([], measurer()) == []
