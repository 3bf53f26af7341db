"""The print-ready A4 sheet of a code: the café's name, the QR code, and its address to type."""

from __future__ import annotations

from html import escape

import vl_convert

from pilot.cafes import Cafe
from pilot.words import say
from voice_edge.http.qr import QUIET_ZONE_MODULES, qr_code

WIDTH, HEIGHT = 595, 842  # A4 in points
CODE_POINTS = 320
FONT = "DejaVu Sans, Liberation Sans, Arial, sans-serif"
WORDS = "codes"


def code_sheet(cafe: Cafe, *, address: str) -> bytes:
    """Return the sheet as PDF."""
    return bytes(vl_convert.svg_to_pdf(code_sheet_svg(cafe, address=address)))


def code_sheet_svg(cafe: Cafe, *, address: str) -> str:
    """Return the sheet as SVG, in the café's languages."""
    y, drawn = 90, [_line(90, cafe.name, size=30, bold=True)]
    for language in cafe.languages:
        drawn.append(_line(y + 46, say(WORDS, "title", language), size=22))
        drawn.append(_line(y + 70, say(WORDS, "scan", language), size=13))
        y += 66
    drawn.append(_modules(address, top=y + 40))
    typed = "  /  ".join(say(WORDS, "type", language) for language in cafe.languages)
    below = y + 40 + CODE_POINTS
    drawn += [_line(below + 30, typed, size=12), _line(below + 58, address.partition("://")[2], size=18, bold=True)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(drawn)}</svg>'
    )


def _modules(address: str, *, top: int) -> str:
    rows = [list(row) for row in qr_code(address).matrix_iter(border=QUIET_ZONE_MODULES)]
    scale = CODE_POINTS / len(rows)
    path = "".join(
        f"M{column} {row}h1v1h-1z" for row, line in enumerate(rows) for column, dark in enumerate(line) if dark
    )
    place = f"translate({(WIDTH - CODE_POINTS) / 2} {top}) scale({scale})"
    return f'<path transform="{place}" d="{path}" fill="#000" shape-rendering="crispEdges"/>'


def _line(y: int, text: str, *, size: int, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{WIDTH / 2}" y="{y}" text-anchor="middle" font-family="{FONT}" font-size="{size}"{weight} '
        f'fill="#111">{escape(text)}</text>'
    )
