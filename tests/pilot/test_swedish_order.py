"""Names are sorted as in the Swedish alphabet, on every page."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from pilot.swedish_order import swedish_key

ROOT = Path(__file__).resolve().parents[2]


def test_the_last_letters_of_the_alphabet_are_a_ring_a_and_o_with_dots() -> None:
    names = ["Öster", "zita", "Ängen", "Åsa", "Ystad", "Göteborg Café", "Malmö Huset", "Café Aurora", "Malmen"]
    assert sorted(names, key=swedish_key) == [
        "Café Aurora", "Göteborg Café", "Malmen", "Malmö Huset", "Ystad", "zita", "Åsa", "Ängen", "Öster",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_decomposed_letters_are_the_same_and_other_accents_do_not_count(form) -> None:
    names = [unicodedata.normalize(form, each) for each in ("Éva", "Evb", "Åland", "Örebro", "Ødegård")]
    found = [unicodedata.normalize("NFC", each) for each in sorted(names, key=swedish_key)]
    assert found == ["Éva", "Evb", "Åland", "Ødegård", "Örebro"]


def test_no_page_sorts_names_by_the_letters_codes() -> None:
    # In Unicode ä and å come in the other order.
    paths = [*(ROOT / "dashboards").rglob("*.py"), *(ROOT / "entrance").rglob("*.py")]
    wrong = [
        path.name
        for path in paths
        for line in path.read_text(encoding="utf-8").splitlines()
        if ("sorted(" in line or "key=" in line) and "casefold" in line
    ]
    assert wrong == []
