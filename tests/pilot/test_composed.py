"""Text is composed at every door: letters with marks of their own become one character."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from pilot.cafes import parse_cafes
from pilot.composed import MOST_MARKS, composed
from pilot.settings import read_settings
from pilot.text_shape import clean

CAFES_FILE = Path(__file__).parents[2] / "cafes.toml"


def apart(text: str) -> str:
    """Return the text decomposed, as macOS spells names."""
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize("text", ["åäö ÅÄÖ é", "Café Aurora", "smörgås", "Malmö Huset", "", "abc"])
def test_a_decomposed_text_is_composed_and_a_composed_one_is_kept(text: str) -> None:
    assert composed(apart(text)) == text
    assert composed(text) == text


ACUTE, GRAVE_BELOW, TIBETAN = "\u0301", "\u0316", "\u0f73"  # The last has no class, and is two marks apart.
INVISIBLE = "\u200b"


@pytest.mark.parametrize("work", [composed, clean])
@pytest.mark.parametrize(
    "text",
    [
        "a" + ACUTE * 24_000 + GRAVE_BELOW * 24_000,
        ACUTE * 24_000 + GRAVE_BELOW * 24_000,
        "a" + (GRAVE_BELOW + ACUTE) * 24_000,
        "1" + "\u20d0" * 24_000 + "\u0345" * 24_000,
        "ཀ" + TIBETAN * 24_000,
        "가" + "\u0f71\u0f75\u0f81" * 12_000,
        "a" + "\U0001d165" * 12_000 + "\U0001d167" * 12_000,
        "a" + "\u0344" * 12_000 + GRAVE_BELOW * 12_000,
        "a" + (ACUTE * 15 + GRAVE_BELOW * 15 + INVISIBLE) * 1_500,
    ],
)
def test_thousands_of_marks_are_composed_in_linear_time(text: str, work: Callable[[str], str]) -> None:
    before = time.process_time()
    work(text)
    assert time.process_time() - before < 0.3  # A quadratic sort takes seconds.


def test_a_letters_marks_beyond_the_most_are_dropped_and_the_text_goes_on() -> None:
    most = "x" + ACUTE * MOST_MARKS
    assert composed(most) == most
    assert composed(f"{most}{ACUTE * 5}y{ACUTE}") == f"{most}ý"
    assert composed(f"{most}{ACUTE}kaffe å{ACUTE * 3}") == f"{most}kaffe ǻ{ACUTE * 2}"


@pytest.mark.parametrize(
    "text",
    [
        "咖啡很好喝" * 40,
        "Καφές πολύ καλός " * 20,
        "กาแฟอร่อยที่สุดน้ำ" * 20,
        "커피가 맛있어요" * 20,
        "👍🏽☕️❤️👩‍🍳" * 20,
        "tiếng Việt ở đây " * 20,
    ],
)
def test_texts_in_any_language_keep_every_character(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)
    assert composed(apart(text)) == unicodedata.normalize("NFC", text)


def test_a_decomposed_cafes_file_gives_the_same_cafes() -> None:
    text = CAFES_FILE.read_text(encoding="utf-8")
    assert apart(text) != text
    assert parse_cafes(apart(text), source="cafes.toml") == parse_cafes(text, source="cafes.toml")


def test_a_setting_is_composed_and_a_path_is_left_as_it_is_spelled() -> None:
    settings = read_settings({"PILOT_HOME": apart("/tmp/kafé"), "PILOT_OLLAMA_MODEL": apart("é")})
    assert settings.ollama_model == "é"
    assert str(settings.home) == apart("/tmp/kafé")
