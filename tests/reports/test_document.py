"""The verdict in words, and numbers as a Swede writes them."""

from __future__ import annotations

from typing import Any

import pytest

from pilot.kpis import KPIS
from reports.document.blocks import Table, Text
from reports.document.document import document_of
from reports.model import Model, frozen


def texts(model: Model, language: Any = "sv") -> list[str]:
    return [block.text for block in document_of(model, language).blocks if isinstance(block, Text)]


def judged(model: Model, **verdicts: str) -> Model:
    rows = [
        {**row, "verdict": verdicts.get(row["kpi"], "met"), "interval": "clustered", "further_days": None, "why": None}
        for row in model["kpis"]
    ]
    return frozen({**model, "kpis": rows, "final": True})


def test_the_verdict_comes_first_in_words(model: Model) -> None:
    assert texts(judged(model))[0] == "Piloten når alla fem målen."
    missed = texts(judged(model, participation="missed"))[0]
    assert missed.startswith("Piloten missar ett mål: deltagande. Målet nås för slutförda samtal, svarstid")
    both = texts(judged(model, participation="missed", uptime="missed"), "en")[0]
    assert both.startswith("The pilot misses 2 targets: ")
    open_one = texts(judged(model, completion="cannot_tell"))[0]
    assert open_one.startswith("Piloten missar inget mål, men alla är inte avgjorda.")
    assert "Om slutförda samtal går det inte att avgöra." in open_one
    assert "Underlag saknas för driftsäkerhet." in texts(judged(model, uptime="missing"))[0]


def test_an_interim_report_says_that_it_does_not_decide(model: Model) -> None:
    assert "Detta är en delrapport efter 7 av 30 dagar. Piloten avgörs först den sista dagen." in texts(model)
    assert "Detta är den planerade avläsningen efter 30 dagar. Den avgör." in texts(judged(model))


@pytest.mark.parametrize(
    ("days", "words"), [(12, "ungefär 12 dagar till"), (1, "ungefär en dag till"), (None, "ett år")]
)
def test_a_borderline_metric_says_how_many_days_it_needs(model: Model, days: int | None, words: str) -> None:
    rows = [
        {**row, "verdict": "cannot_tell", "further_days": days, "interval": "clustered", "why": "on_both_sides"}
        if row["kpi"] == "participation"
        else row
        for row in model["kpis"]
    ]
    assert any(words in text for text in texts(frozen({**model, "kpis": rows, "final": True})))


def test_numbers_and_amounts_are_swedish_to_the_ore(model: Model) -> None:
    rewards = {**model["rewards"], "granted_ore": 123_456_789, "useful": 1000}
    found = texts(frozen({**model, "rewards": rewards}))
    assert any("1\u00a0234\u00a0567,89\u00a0kr" in text for text in found)
    assert any("1\u00a0234,57\u00a0kr" in text for text in found)


def test_every_metric_has_a_row_with_target_value_interval_and_verdict(model: Model) -> None:
    for language in ("sv", "en"):
        blocks = document_of(model, language).blocks  # type: ignore[arg-type]
        table = next(block for block in blocks if isinstance(block, Table))
        assert len(table.rows) == len(KPIS) == len(table.verdicts)
        assert all(len(row) == 5 and all(row) for row in table.rows)


def test_a_report_without_anything_has_its_sections_in_words(model: Model) -> None:
    rewards = dict.fromkeys(model["rewards"], 0)
    bare = frozen(
        {**model, "metric_days": [], "volumes": [], "funnel": [], "stages": [], "outages": [], "payments": []}
        | {"rewards": rewards, "held_for": [], "satisfaction": [], "themes": [], "impact": [], "capacity": None}
        | {"incidents": [], "survey": [], "cases": {**model["cases"], "cases": 0, "changes": []}}
    )
    found = texts(bare)
    for words in (
        "Inga talade svar",
        "aldrig nere",
        "Ingen betalning",
        "Inga svar gick",
        "Inga ärenden",
        "Ingen incident",
    ):
        assert any(words in text for text in found), words
