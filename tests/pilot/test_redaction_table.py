"""Redaction's table: typographic variants, hidden characters, and visits' own numbers."""

from __future__ import annotations

import time
import tomllib
import unicodedata
from pathlib import Path

import pytest

from pilot.redaction import redact
from pilot.text_shape import shape

TABLE = tomllib.loads((Path(__file__).parents[1] / "data" / "redaction.toml").read_text(encoding="utf-8"))


def test_the_table_has_120_cases_in_two_languages() -> None:
    rows = [*TABLE["masked"], *TABLE["kept"]]
    assert len(rows) >= 120
    assert len(TABLE["kept"]) >= 50
    assert {language for language, *_ in rows} == {"sv", "en"}
    assert len({said for _, said, *_ in rows}) == len(rows)


@pytest.mark.parametrize(("language", "said", "written"), TABLE["masked"])
def test_what_identifies_is_masked_in_every_disguise(language, said, written) -> None:
    assert redact(said, language) == written
    assert redact(written, language) == written


@pytest.mark.parametrize(("language", "said"), TABLE["kept"])
def test_prices_times_orders_and_years_stay(language, said) -> None:
    assert redact(said, language) == said
    assert redact(unicodedata.normalize("NFD", said), language) == said


@pytest.mark.parametrize(("language", "said", "written"), TABLE["masked"])
def test_the_shape_has_the_length_of_its_text(language, said, written) -> None:
    assert len(shape(said)) == len(said)


# Each of these kept the edge busy: the first for ever, the others for tens of milliseconds a turn.
HOSTILE = [
    "2019, ", "@1", "1! ", "1 Ab ", "11:30 ", "a@", "a at ", "1\u200b", "\u200d", "a punkt ", "noll ", "nollett", "12 @", "@070",
    "a_", "a.", "a-", "(at)", "se45 ", "dubbel ", "jag heter ", "A-", "insta: ", "Agatan 1      ", "jag är A-", "Aas väg ", "bil AAA ", "noll och ", "bord 123 ", "konto 1234 a ", "0\u0332", "at at ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_turn_costs_no_more_than_its_length(unit) -> None:
    began = time.process_time()
    for cut in range(4):
        redact((unit * 2_000)[cut : 2_000 + cut], "sv", before="nummer")
    assert (
        time.process_time() - began < 4.0
    )  # 0.03 s on an idle core; the deadline only catches another order of growth


# Each is long enough that growth with the square of the length costs seconds.
GROWING = {
    "signs before many numbers": "!" * 16_000 + "123a" * 4_000,
    "signs after many numbers": "123a" * 4_000 + "!" * 16_000,
    "marks on one letter": "a" + "\u0301\u0316" * 32_000,
    "marks on one digit": "1" + "\u0316\u0301" * 32_000,
}


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING.keys())
def test_many_numbers_or_marks_cost_no_more_than_their_length(text) -> None:
    began = time.process_time()
    redact(text, "sv")
    assert time.process_time() - began < 2.0  # 0.1 s on an idle core


@pytest.mark.parametrize("written", ["Nguyễn", "a\u0316\u0317\u0318", "שָׁלוֹם", "สวัสดีค่ะ"])
def test_the_marks_of_a_language_stay_on_their_letters(written) -> None:
    assert redact(written, "en") == unicodedata.normalize("NFC", written)
