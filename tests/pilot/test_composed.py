"""Text is composed at every door: letters with marks of their own become one character."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from pilot.cafes import parse_cafes
from pilot.composed import composed, composed_tree
from pilot.settings import read_settings

CAFES_FILE = Path(__file__).parents[2] / "cafes.toml"


def apart(text: str) -> str:
    """Return the text decomposed, as macOS spells names."""
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize("text", ["åäö ÅÄÖ é", "Café Aurora", "smörgås", "Malmö Huset", "", "abc"])
def test_a_decomposed_text_is_composed_and_a_composed_one_is_kept(text: str) -> None:
    assert composed(apart(text)) == text
    assert composed(text) == text


def test_every_text_of_a_tree_is_composed() -> None:
    tree = {apart("kafé"): [apart("å"), {"b": apart("ö")}, 1, None, True, 2.5]}
    assert composed_tree(tree) == {"kafé": ["å", {"b": "ö"}, 1, None, True, 2.5]}


def test_a_decomposed_cafes_file_gives_the_same_cafes() -> None:
    text = CAFES_FILE.read_text(encoding="utf-8")
    assert apart(text) != text
    assert parse_cafes(apart(text), source="cafes.toml") == parse_cafes(text, source="cafes.toml")


def test_a_setting_is_composed_and_a_path_is_left_as_it_is_spelled() -> None:
    settings = read_settings({"PILOT_HOME": apart("/tmp/kafé"), "PILOT_OLLAMA_MODEL": apart("é")})
    assert settings.ollama_model == "é"
    assert str(settings.home) == apart("/tmp/kafé")
