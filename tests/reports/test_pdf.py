"""The PDF is tagged, carries its model, and is the same bytes each time."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pdfua
import pikepdf
import pytest
from pypdf import PdfReader

from pilot.formatting import Language
from reports.document.blocks import Chart, Heading, Table
from reports.document.document import document_of
from reports.model import Model, frozen, model_bytes
from reports.typesetting import pdf as typesetting
from reports.typesetting.pdf import NotTypeset, pdf_of

SIMULATED = {"sv": "Simulerade uppgifter", "en": "Simulated data"}


@pytest.fixture(scope="module")
def quoted(model: Model) -> Model:
    quote = {"session_id": "s", "day": "2026-11-25", "cafe": "aurora", "theme": "coffee", "polarity": "negative"}
    return frozen({**model, "simulated": True, "quotes": [quote | {"text": "Kaffet hade kallnat när jag fick det"}]})


@pytest.fixture(scope="module", params=["sv", "en"])
def made(request: Any, quoted: Model) -> tuple[Language, bytes]:
    return request.param, pdf_of(quoted, request.param)


def test_the_same_model_gives_the_same_bytes(made: tuple[Language, bytes], quoted: Model) -> None:
    language, body = made
    assert pdf_of(quoted, language) == body


def test_the_frozen_model_is_attached(made: tuple[Language, bytes], quoted: Model) -> None:
    with pikepdf.open(io.BytesIO(made[1])) as pdf:
        assert pdf.attachments["model.json"].get_file().read_bytes() == model_bytes(quoted)


def test_it_claims_both_standards_and_is_tagged_in_its_language(made: tuple[Language, bytes]) -> None:
    language, body = made
    with pikepdf.open(io.BytesIO(body)) as pdf:
        assert str(pdf.Root.Lang) == language
        assert bool(pdf.Root.MarkInfo.Marked)
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"], meta["pdfuaid:part"]) == ("3", "A", "1")
        fonts = {str(font.BaseFont) for page in pdf.pages for font in page.Resources.Font.values()}
    assert fonts and all("SourceSansPro" in name for name in fonts)


def test_a_checker_of_accessible_pdfs_finds_no_fault(made: tuple[Language, bytes], tmp_path: Any) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(made[1])
    found = pdfua.validate(str(path))
    assert found.findings == ()
    assert len(found.outcomes) > len(found.skipped)


def test_the_checker_does_find_what_is_missing(made: tuple[Language, bytes], tmp_path: Any) -> None:
    path = tmp_path / "broken.pdf"
    with pikepdf.open(io.BytesIO(made[1])) as pdf:
        del pdf.Root.Lang
        del pdf.Root.StructTreeRoot
        pdf.save(path)
    assert pdfua.validate(str(path)).findings


def test_every_page_says_that_the_data_is_simulated(made: tuple[Language, bytes]) -> None:
    language, body = made
    pages = PdfReader(io.BytesIO(body)).pages
    assert len(pages) > 3
    assert all(SIMULATED[language] in page.extract_text() for page in pages)


def test_the_pages_hold_the_headings_and_the_tables_cells(made: tuple[Language, bytes], quoted: Model) -> None:
    language, body = made
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    for block in document_of(quoted, language).blocks:
        if isinstance(block, Heading):
            assert block.text in text
        if isinstance(block, Table) and block.verdicts:
            assert all(line in text for row in block.rows for cell in row for line in cell.split("\n"))


def test_a_chart_without_words_is_refused(quoted: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def mute(model: Model, language: Language) -> Any:
        document = document_of(model, language)
        return replace(
            document,
            blocks=tuple(replace(each, alt=None) if isinstance(each, Chart) else each for each in document.blocks),
        )

    monkeypatch.setattr(typesetting, "document_of", mute)
    with pytest.raises(NotTypeset, match="alt"):
        pdf_of(quoted, "sv")
