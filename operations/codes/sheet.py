"""The printed sheet of a code: an A4 page of four A6 cards with the QR code and its typable link."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pypdf import PdfReader, PdfWriter

from operations.codes.pictures import code_address, qr_svg_part, typed_address
from pilot.cafes import Cafe
from pilot.words import say, section
from storage.store.cafes.codes import Code

CARDS = ((0.0, 0.0), (105.0, 0.0), (0.0, 148.5), (105.0, 148.5))  # corners in mm, from the top left
TEXT_WIDTH_MM = 90.0
LETTER_WIDTH = 0.56  # of the font's size, on average
LARGEST_MM = {"cafe": 8.0, "question": 9.0, "link": 5.6}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def sheet_pdf(cafe: Cafe, some: Sequence[Code], *, public_url: str) -> bytes:
    """Return the sheets of a café's codes as one PDF, a page each."""
    writer = PdfWriter()
    for code in some:
        writer.append(PdfReader(io.BytesIO(_page(cafe, code, public_url=public_url))))
    writer.add_metadata({"/Title": f"{cafe.name}: QR"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _page(cafe: Cafe, code: Code, *, public_url: str) -> bytes:
    address = code_address(code.code, public_url=public_url)
    language = cafe.languages[0]
    other = next((each for each in cafe.languages if each != language), None)
    texts = {
        "cafe": cafe.name,
        "question": say("qr", "sheet.question", language),
        "other": say("qr", "sheet.question", other) if other else "",
        "how": say("qr", "sheet.how", language),
        "link": typed_address(address),
        "place": f"{section('qr', language).get(f'place.{code.label}', code.label)} · {code.code}",
    }
    sizes = {
        name: min(largest, TEXT_WIDTH_MM / (LETTER_WIDTH * len(texts[name]))) for name, largest in LARGEST_MM.items()
    }
    svg = _environment.get_template("sheet.svg").render(
        cards=CARDS,
        qr=Markup(qr_svg_part(address).removeprefix("<svg")),  # noqa: S704 - of segno's making
        sizes=sizes,
        **texts,
    )
    return bytes(vl_convert.svg_to_pdf(svg))
