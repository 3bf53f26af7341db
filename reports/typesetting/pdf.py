"""The report as PDF/UA-1 and PDF/A-3a, with its frozen model attached."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from pilot.errors import PilotError
from pilot.formatting import Language
from reports.document.blocks import Block, Chart, Heading, Points, Table, Text
from reports.document.document import Document, document_of
from reports.model import Model, model_bytes
from reports.typesetting.charts import FONTS, chart_svg

TEMPLATE = Path(__file__).with_name("report.typ")
STANDARDS: list[Any] = ["ua-1", "a-3a"]
MOST_NARROW = 5  # columns; of more numbers, all have the same width


class NotTypeset(PilotError):
    """Typst refuses the report."""


def pdf_of(model: Model, language: Language) -> bytes:
    """Return the report of a model as PDF.

    Raises:
        NotTypeset: Typst refuses it, for example a chart without words for those who do not see it.
    """
    with _prepared(model, language) as compiler:
        found = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=_made_for(model))
    assert isinstance(found, bytes)
    return found


def pictures_of(model: Model, language: Language, *, dots_per_inch: float = 80) -> list[bytes]:
    """Return each page of the report as PNG, for the eye."""
    with _prepared(model, language) as compiler:
        found = compiler.compile(format="png", ppi=dots_per_inch, timestamp=_made_for(model))
    assert found is not None
    return found if isinstance(found, list) else [found]


def _made_for(model: Model) -> int:
    """Return the moment that the file states: the end of the last day, never the clock."""
    return int(datetime.fromisoformat(model["made_for"]).timestamp())


@contextmanager
def _prepared(model: Model, language: Language) -> Iterator[typst.Compiler]:
    """Provide a compiler over a folder with the template, the content, the charts and the model."""
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        root = Path(folder)
        (root / "report.typ").write_bytes(TEMPLATE.read_bytes())
        (root / "model.json").write_bytes(model_bytes(model))
        _write_content(root, document_of(model, language))
        try:
            yield typst.Compiler(root / "report.typ", root=root, font_paths=_fonts())
        except typst.TypstError as error:
            raise NotTypeset(
                f"The report cannot be typeset: {error.message}.", remedy="This is a fault of the program: report it."
            ) from None


def _write_content(root: Path, document: Document) -> None:
    content = {name: getattr(document, name) for name in ("language", "title", "subtitle", "mark", "frozen", "page")}
    blocks = list(_blocks(root, document.blocks))
    body = json.dumps({**content, "author": document.title, "blocks": blocks}, ensure_ascii=False, sort_keys=True)
    (root / "document.json").write_text(body, encoding="utf-8")


def _blocks(root: Path, blocks: Sequence[Block]) -> Iterator[dict[str, Any]]:
    """Yield the blocks as Typst reads them; charts that follow each other are side by side."""
    row: list[Chart] = []
    before: Block | None = None
    for block, after in zip((*blocks, None), (*blocks[1:], None, None), strict=True):
        if isinstance(block, Chart):
            row.append(block)
            continue
        if row:
            yield {"kind": "charts", "items": [_chart(root, each, wide=len(row) == 1) for each in row]}
            row = []
        if isinstance(block, Table):
            titled = isinstance(before, Heading) and before.text == block.caption
            yield {**asdict(block), "widths": _widths(block), "titled": titled}
        elif isinstance(block, Text):
            yield {**asdict(block), "sticky": _leads(after)}
        elif block is not None:
            yield asdict(block)
        before = block if isinstance(block, Heading) or block is None else before


def _leads(after: Block | None) -> bool:
    """Return whether a text stays on the page of the block after it."""
    return isinstance(after, Table | Chart | Points) or (isinstance(after, Heading) and after.level > 1)


def _chart(root: Path, chart: Chart, *, wide: bool) -> dict[str, str]:
    file = f"{chart.name}.svg"
    (root / file).write_text(chart_svg(chart.specification, wide=wide), encoding="utf-8")
    return {"file": file, "alt": chart.alt, "caption": chart.caption}


def _widths(table: Table) -> list[str]:
    """Return each column's width: texts share what numbers leave, and many numbers share evenly."""
    if table.verdicts:
        return ["share", *["auto"] * (len(table.head) - 1)]
    if "left" not in table.align[1:] and len(table.head) > MOST_NARROW:
        return ["auto", *["share"] * (len(table.head) - 1)]
    return ["auto" if side == "right" else "share" for side in table.align]


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
