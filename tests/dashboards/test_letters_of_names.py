"""The letters å, ä and ö of a café's name and city are right in its address, printed sheet and files."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from operations.codes.sheet import sheet_pdf
from pilot.cafes import Cafe
from pilot.safe_csv import csv_file
from storage.cafes_file import read_cafes
from storage.store.cafes.codes import Code

CAFES = {cafe.id: cafe for cafe in read_cafes(Path(__file__).parents[2] / "cafes.toml").cafe}
NAMES = {"aurora": "Café Aurora", "malmohuset": "Malmö Huset", "goteborg": "Göteborg Café"}


@pytest.mark.parametrize(("cafe_id", "name"), NAMES.items())
def test_a_name_is_right_on_the_printed_sheet_and_in_its_title(cafe_id: str, name: str) -> None:
    cafe: Cafe = CAFES[cafe_id]
    code = Code(code="BCD234", cafe=cafe_id, label="table", created_at=datetime(2026, 11, 23, tzinfo=UTC))
    sheet = PdfReader(io.BytesIO(sheet_pdf(cafe, [code], public_url=f"https://{cafe.domain}")))
    assert name in sheet.pages[0].extract_text()
    assert sheet.metadata is not None
    assert sheet.metadata.title == f"{name}: QR"


@pytest.mark.parametrize(("cafe_id", "name"), NAMES.items())
def test_a_name_is_right_in_a_csv_that_a_spreadsheet_opens(cafe_id: str, name: str) -> None:
    body = csv_file(("Kafé", "Svar"), [(CAFES[cafe_id].name, 7)])
    assert body.startswith(b"\xef\xbb\xbf")  # Excel reads UTF-8 only with this mark.
    assert f"{name};7" in body.decode("utf-8-sig").replace(",", ";")


@pytest.mark.parametrize("cafe_id", NAMES)
def test_an_address_has_only_letters_that_every_host_name_may_have(cafe_id: str) -> None:
    cafe = CAFES[cafe_id]
    assert cafe.domain == f"{cafe_id}.feedbackai.se"
    assert cafe.domain.isascii()
    assert cafe_id.isalnum()
