"""The Jinja environment of the edge's pages, and the words that fill them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pilot.cafes import Language
from voice_edge.http.static_files import static_url

BOTH_LANGUAGES: tuple[Language, ...] = ("sv", "en")  # in the order of a page in both
OTHER_LANGUAGE: dict[Language, Language] = {"sv": "en", "en": "sv"}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_environment.globals["static"] = static_url
_environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}


def render(template: str, *, language: Language, **values: Any) -> str:
    """Return a page as HTML.

    Args:
        template: The template's name without `.html`; every one extends `base.html`.
        language: The page's; the first one of a page in both languages.
        values: The template's variables; one that is missing is an error.
    """
    return _environment.get_template(f"{template}.html").render(
        language=language, other=OTHER_LANGUAGE[language], **values
    )


def fill_placeholders(words: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Replace the placeholders of `values` in all words; the page's script fills the others."""
    result = {}
    for key, text in words.items():
        for placeholder, value in values.items():
            text = text.replace(f"{{{placeholder}}}", value)
        result[key] = text
    return result
