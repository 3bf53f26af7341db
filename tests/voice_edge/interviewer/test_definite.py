"""Definite forms of dishes."""

from __future__ import annotations

import pytest

from voice_edge.interviewer.definite import definite


@pytest.mark.parametrize(
    ("dish", "asked"),
    [
        ("kardemummabulle", "kardemummabullen"),
        ("bryggkaffe", "bryggkaffet"),
        ("havrelatte", "havrelatten"),
        ("surdegsmacka med skagenröra", "surdegsmackan med skagenröra"),
        ("wienerbröd", "wienerbrödet"),
        ("espresso", "espresson"),
        ("falafelwrap", "falafelwrapen"),
        ("rabarberpaj", "rabarberpajen"),
        ("räkmacka", "räkmackan"),
        ("cortado", "cortadon"),
        ("chokladboll", "chokladbollen"),
        ("dagens soppa", "dagens soppa"),
    ],
)
def test_a_dish_has_the_definite_form_that_a_swede_would_use(dish: str, asked: str) -> None:
    assert definite(dish, "sv") == asked


def test_an_english_dish_takes_the_article() -> None:
    assert definite("soup of the day", "en") == "the soup of the day"
