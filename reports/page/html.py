"""The report's HTML page; the same content as the PDF's, by the same blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pilot.formatting import Language
from reports.document.blocks import Chart
from reports.document.document import Document, document_of
from reports.model import Model
from reports.typesetting.charts import chart_svg

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html_of(model: Model, language: Language) -> str:
    """Return the report of a model as one page."""
    document = document_of(model, language)
    return _environment.get_template("report.html").render(document=document, blocks=list(_blocks(document)))


def _blocks(document: Document) -> Iterator[Any]:
    """Yield the blocks; charts that follow each other are beside each other."""
    row: list[Chart] = []
    for block in (*document.blocks, None):
        if isinstance(block, Chart):
            row.append(block)
            continue
        if row:
            yield {"kind": "charts", "items": [_chart(each, wide=len(row) == 1) for each in row]}
            row = []
        if block is not None:
            yield block


def _chart(chart: Chart, *, wide: bool) -> dict[str, object]:
    svg = Markup(chart_svg(chart.specification, wide=wide))  # noqa: S704 - our own drawing
    return {"caption": chart.caption, "alt": chart.alt, "svg": svg}
