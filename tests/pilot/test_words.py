"""Swedish and English words stand side by side: same keys, same placeholders, nothing empty."""

from __future__ import annotations

import string
from importlib import resources

import pytest

from pilot.words import section

ENGLISH_ONLY = {"expectations"}  # for engineers
SECTIONS = sorted(
    {file.name.split(".")[0] for file in resources.files("pilot.words").iterdir() if file.name.endswith(".toml")}
    - ENGLISH_ONLY
)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", SECTIONS)
def test_both_languages_hold_the_same_words(name):
    swedish, english = section(name, "sv"), section(name, "en")
    assert swedish.keys() == english.keys()
    for key in swedish:
        assert swedish[key].strip(), f"{name}.sv {key} is empty"
        assert english[key].strip(), f"{name}.en {key} is empty"
        assert placeholders(swedish[key]) == placeholders(english[key]), f"{name} {key}"


def test_there_are_words():
    assert SECTIONS
