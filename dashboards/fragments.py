"""HTML fragments of the pages, rendered from `templates/`.

The environment escapes every value, above all the guests' words; only a `Markup` is inserted unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

# Streamlit runs the pages' scripts again at each click; an imported module such as this one is loaded once.
_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a day.

    Attributes:
        label: Its name.
        value: The figure as text.
        lines: Texts or fragments below it; empty ones are left out.
    """

    label: str
    value: str
    lines: tuple[str, ...]


def render(template: str, **values: object) -> Markup:
    """Return a fragment.

    Raises:
        jinja2.UndefinedError: the template uses a value that is not given.
    """
    return Markup(_environment.get_template(f"{template}.html").render(**values).rstrip("\n"))  # noqa: S704


def in_language(fragment: Markup, *, language: str) -> Markup:
    """Return a fragment with its language marked for screen readers."""
    return render("in_language", fragment=fragment, language=language)


def page_head(*, crumb: str, title: str, freshness: str) -> Markup:
    """Return the page's heading, with the age of its data below."""
    return render("page_head", crumb=crumb, title=title, freshness=freshness)


def lead(text: str, *, notes: Sequence[str] = ()) -> Markup:
    """Return the sentence that sums up the page, with notes below; empty notes are left out.

    Commands within backticks are marked as code.
    """
    return render("lead", text=with_code(text), notes=[with_code(note) for note in notes])


def with_code(text: str) -> Markup:
    """Return a text whose commands within backticks are marked as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def section_head(title: str, *, summary: str = "") -> Markup:
    """Return a section's heading and the line that explains it."""
    return render("section_head", title=title, summary=summary)


def paragraph(text: str) -> Markup:
    """Return one paragraph."""
    return render("paragraph", text=with_code(text))


def status(text: str) -> Markup:
    """Return the result of the reader's action, announced by screen readers."""
    return render("status", text=text)


def band(*, title: str, explanation: str) -> Markup:
    """Return the banner over sessions that are not real guests'."""
    return render("band", title=title, explanation=explanation)


def verdict_badge(style: str, *, words: str) -> Markup:
    """Return a verdict in words, with the shape and colour of `style` in the style sheet."""
    return render("verdict_badge", style=style, words=words)


def figures(items: Sequence[Figure]) -> Markup:
    """Return figures side by side."""
    return render("figures", figures=items)


def chart_head(title: str, *, summary: str) -> Markup:
    """Return the heading of one chart among several."""
    return render("chart_head", title=title, summary=summary)


def gap(*, title: str, cafes: str, remedy: str) -> Markup:
    """Return one kind of missing data, the cafés that lack it, and its remedy."""
    return render("gap", title=title, cafes=cafes, remedy=remedy)


def link(text: str, *, url: str) -> Markup:
    """Return a link that leaves Streamlit's page in the same tab."""
    return render("link", text=text, url=url)


def account(email: str, *, link: Markup) -> Markup:
    """Return who is signed in, with the link to the account."""
    return render("account", email=email, link=link)


def menu_section(title: str) -> Markup:
    """Return the heading of a section of the menu."""
    return render("menu_section", title=title)


def trouble(title: str, text: str) -> Markup:
    """Return an error message for the reader."""
    return render("trouble", title=title, text=text)


def trouble_part(title: str, text: str, *, lines: Sequence[str] = ()) -> Markup:
    """Return why a part of a page cannot go on, point by point."""
    return render("trouble_part", title=title, text=text, lines=lines)


def points(lines: Sequence[str]) -> Markup:
    """Return a list of points."""
    return render("points", lines=lines)
