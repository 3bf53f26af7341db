"""Themes with their polarity, the words behind them, and what the manager must see at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilot.cafes import parse_cafes
from pipelines.language.labels import THEMES
from pipelines.scoring import score

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
AURORA = CAFES.get("aurora")


def themes(said: str, language: Any) -> dict[str, str]:
    return dict(score([said], language=language, cafe=AURORA).themes)


PLAIN = [
    ("Kaffet var bränt.", "sv", "coffee", "negative"),
    ("Kanelbullen var saftig och nybakad.", "sv", "food", "positive"),
    ("Toaletten var ofräsch.", "sv", "toilets", "negative"),
    ("Det fanns ingen tvål på toaletten.", "sv", "toilets", "negative"),
    ("Musiken var alldeles för hög.", "sv", "noise", "negative"),
    ("Personalen var otroligt hjälpsam.", "sv", "service", "positive"),
    ("Wifi fungerade inte.", "sv", "wifi", "negative"),
    ("Det var inte alls stökigt på borden.", "sv", "cleanliness", "positive"),
    ("The latte was burnt.", "en", "coffee", "negative"),
    ("The soup was delicious.", "en", "food", "positive"),
    ("The toilet was filthy.", "en", "toilets", "negative"),
    ("The music was far too loud.", "en", "noise", "negative"),
    ("The staff were helpful and patient.", "en", "service", "positive"),
    ("It is overpriced.", "en", "price", "negative"),
    ("The wifi kept freezing.", "en", "wifi", "negative"),
    ("My wheelchair could not get in, there is no ramp.", "en", "accessibility", "negative"),
    ("Bullarna var torra.", "sv", "food", "negative"),
    ("Era bullar var torra.", "sv", "food", "negative"),
    ("En bulle var torr.", "sv", "food", "negative"),
    ("Det var bullrigt i lokalen.", "sv", "noise", "negative"),
    ("Det var för mycket buller.", "sv", "noise", "negative"),
    ("Kardemummabullen var saftig i mitten. Men på kanterna var bullen torr.", "sv", "food", "mixed"),
]
LEAST_RIGHT = 0.8  # of these statements; figures on unseen authors are in docs/language.md


def test_most_plain_statements_have_their_theme_and_its_sign() -> None:
    wrong = [
        (said, themes(said, language))
        for said, language, theme, sign in PLAIN
        if themes(said, language).get(theme) != sign
    ]
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(PLAIN), wrong


def test_thanks_that_are_meant_bitterly_are_not_praise() -> None:
    said = "Tack för ingenting, fantastisk service att få stå och vänta en kvart på en kall latte."
    assert themes(said, "sv").get("service") == "negative"


@pytest.mark.parametrize("said", ["Allt var bra.", "Nej, inget särskilt."])
def test_a_verdict_on_everything_has_no_theme(said: str) -> None:
    assert themes(said, "sv") == {}


def test_each_quote_holds_words_of_its_turn_and_names_a_theme() -> None:
    turns = ["Kaffet var bränt men bullen var saftig.", "Toaletten var ofräsch, det fanns ingen tvål."]
    result = score(turns, language="sv", cafe=AURORA)
    assert {quote.theme for quote in result.quotes} == set(result.themes) <= set(THEMES)
    texts = {quote.theme: turns[quote.turn][quote.start : quote.end] for quote in result.quotes}
    assert "Kaffet" in texts["coffee"] and "Toaletten" in texts["toilets"]


@pytest.mark.parametrize(
    ("said", "language", "flag"),
    [
        ("Min dotter är allergisk mot nötter och fick utslag av bullen.", "sv", "urgent_allergy"),
        ("Jag halkade på det blöta golvet vid disken.", "sv", "urgent_injury"),
        ("A man threatened the girl at the till.", "en", "urgent_safety"),
        ("Det låg glassplitter på golvet vid bordet.", "sv", "urgent_safety"),
        ("My son has a nut allergy and his lips swelled up after the cake.", "en", "urgent_allergy"),
        ("I slipped on the stairs and hurt my knee.", "en", "urgent_injury"),
        ("Two of us were sick all night after the prawn sandwich.", "en", "urgent_injury"),
        ("Siv var så vänlig.", "sv", "staff_named"),
    ],
)
def test_what_the_manager_must_see_is_flagged(said: str, language: Any, flag: str) -> None:
    assert flag in score([said], language=language, cafe=AURORA).flags


def test_a_name_that_is_nobodys_at_this_cafe_is_no_flag() -> None:
    assert score(["Petra var så vänlig."], language="sv", cafe=AURORA).flags == ()
