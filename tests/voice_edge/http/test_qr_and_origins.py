"""QR codes contain the public address; only our own pages may open the WebSocket."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.codes.pictures import code_address, qr_png, qr_svg
from pilot.cafes import parse_cafes
from voice_edge.http.security import origin_allowed

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")


def test_the_address_is_the_public_one():
    assert code_address("ABC234", public_url="https://feedbackai.se") == "https://feedbackai.se/c/ABC234"


def test_qr_codes_are_svg_and_png():
    address = code_address("ABC234", public_url="https://aurora.feedbackai.se")
    assert qr_svg(address).startswith(b"<svg")
    assert qr_png(address).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://127.0.0.1:8000", True),
        ("https://pilot.example", True),
        ("https://aurora.feedbackai.se", True),
        ("http://aurora.feedbackai.se", False),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
        ("file://", False),
        ("https://aurora.feedbackai.se.evil.example", False),
    ],
)
def test_a_foreign_page_may_not_connect(origin, allowed):
    found = origin_allowed(origin, host="127.0.0.1:8000", public_url="https://pilot.example", cafes=CAFES)
    assert found is allowed
