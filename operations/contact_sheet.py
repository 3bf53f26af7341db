"""The one-page contact sheet for the cafés, as PDF."""

from __future__ import annotations

from datetime import date
from html import escape

import vl_convert

from pilot.cafes import Cafes
from pilot.contacts import Contacts
from pilot.words import say

A4_POINTS = (595, 842)
MARGIN = 56
FONT = "DejaVu Sans, Liberation Sans, Arial, sans-serif"
TITLE_SIZE, HEADING_SIZE, TEXT_SIZE = 24, 13, 12
LINE, HEADING_GAP = 26, 40
NAME_COLUMN, PHONE_COLUMN = 190, 390
WORDS = "contacts"


def contact_sheet(contacts: Contacts, cafes: Cafes, *, day: date) -> bytes:
    """Return the sheet as PDF: the team, the cafés, the providers, and what to do first."""
    return bytes(vl_convert.svg_to_pdf(sheet_svg(contacts, cafes, day=day)))


def sheet_svg(contacts: Contacts, cafes: Cafes, *, day: date) -> str:
    """Return the sheet as SVG of one A4 page, in Swedish."""
    names = {cafe.id: cafe.name for cafe in cafes.cafe}
    sections = (
        ("team", [(say(WORDS, f"role.{each.role}", "sv"), each.name, each.phone) for each in contacts.person]),
        ("cafes", [(names.get(each.cafe, each.cafe), each.name, each.phone) for each in contacts.cafe]),
        ("providers", [(each.name, each.reached, "") for each in contacts.provider]),
    )
    y = MARGIN + TITLE_SIZE
    drawn = [_text(MARGIN, y, say(WORDS, "title", "sv"), size=TITLE_SIZE, bold=True)]
    y += LINE
    drawn.append(_text(MARGIN, y, say(WORDS, "first", "sv"), size=TEXT_SIZE))
    for code, rows in sections:
        y += HEADING_GAP
        drawn.append(_text(MARGIN, y, say(WORDS, f"section.{code}", "sv"), size=HEADING_SIZE, bold=True))
        drawn.append(f'<path d="M{MARGIN} {y + 7}H{A4_POINTS[0] - MARGIN}" stroke="#999" stroke-width="0.7"/>')
        for label, name, phone in rows:
            y += LINE
            drawn.append(_text(MARGIN, y, label, size=TEXT_SIZE))
            drawn.append(_text(NAME_COLUMN, y, name, size=TEXT_SIZE))
            drawn.append(_text(PHONE_COLUMN, y, phone, size=TEXT_SIZE, bold=True))
    foot = say(WORDS, "foot", "sv", day=day)
    drawn.append(_text(MARGIN, A4_POINTS[1] - MARGIN, foot, size=TEXT_SIZE - 3))
    width, height = A4_POINTS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(drawn)}</svg>'
    )


def _text(x: int, y: int, text: str, *, size: int, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" font-family="{FONT}" font-size="{size}"{weight} fill="#111">{escape(text)}</text>'
