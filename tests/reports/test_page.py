"""The page says what the PDF says, and fetches nothing."""

from __future__ import annotations

import re

import pytest
from markupsafe import escape

from pilot.formatting import Language
from reports.document.blocks import Chart, Heading, Table, Text
from reports.document.document import document_of
from reports.model import Model, frozen
from reports.page.html import html_of


@pytest.fixture(scope="module", params=["sv", "en"])
def language(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    return found


def test_the_page_holds_every_block(model: Model, language: Language) -> None:
    page = html_of(model, language)
    assert f'<html lang="{language}">' in page
    for block in document_of(model, language).blocks:
        if isinstance(block, Heading | Text):
            assert str(escape(block.text)) in page
        if isinstance(block, Table):
            assert all(str(escape(line)) in page for row in block.rows for cell in row for line in cell.split("\n"))
        if isinstance(block, Chart):
            assert str(escape(block.alt)) in page


def test_nothing_is_fetched(model: Model, language: Language) -> None:
    page = html_of(model, language)
    addresses = set(re.findall(r"https?://[^\"' )<]+", page))
    assert {address for address in addresses if "www.w3.org/" not in address} == set()
    assert "<script" not in page
    assert "<svg" in page


def test_words_like_markup_stay_words(model: Model) -> None:
    quote = {"session_id": "s", "day": "2026-11-25", "cafe": "aurora", "theme": "coffee", "polarity": "negative"}
    page = html_of(frozen({**model, "quotes": [quote | {"text": "<b>Kaffet</b> & bullen"}]}), "sv")
    assert "&lt;b&gt;Kaffet&lt;/b&gt; &amp; bullen" in page


def test_the_page_is_the_same_each_time(model: Model, language: Language) -> None:
    assert html_of(model, language) == html_of(model, language)
