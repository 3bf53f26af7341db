"""Texts for customers, baristas and managers, in Swedish and English.

One TOML file for each section and language (`page.sv.toml`, `page.en.toml`); keys are dotted paths within the file.
Both languages of a section have the same keys and the same {placeholders}; a test checks it. The section
`expectations` is for engineers, in English only.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

LANGUAGES = ("sv", "en")


def _flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{path}."))
        else:
            flat[path] = str(value)
    return flat


@cache
def section(name: str, language: Literal["sv", "en"]) -> dict[str, str]:
    """Return all texts of one section by dotted key.

    Raises:
        FileNotFoundError: there is no such section.
    """
    text = resources.files("pilot.words").joinpath(f"{name}.{language}.toml").read_text(encoding="utf-8")
    return _flatten(tomllib.loads(text))


def say(name: str, key: str, language: Literal["sv", "en"], **fields: object) -> str:
    """Return one text of a section with its placeholders filled.

    Raises:
        KeyError: the section has no such key, or the text needs a field that was not given.
    """
    return section(name, language)[key].format(**fields)
