"""The end of a transcript determines the silence that ends the turn."""

from __future__ import annotations

import pytest

from voice_edge.hearing.endings import Ending, ending_of


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("You should put a second person there between 8 and 9.", Ending.CLAUSE),
        ("Det var mellan 8 och 9", Ending.PLAIN),
        ("Kaffet var gott och.", Ending.OPEN),
        ("Kaffet var gott, men", Ending.OPEN),
        ("Jag tyckte att öh.", Ending.OPEN),
        ("Och sen var det ehm", Ending.OPEN),
        ("The coffee was good because", Ending.OPEN),
        ("I mean, ummm.", Ending.OPEN),
        ("Jag vill säga...", Ending.OPEN),
        ("Jag vill säga…", Ending.OPEN),
        ("Vi satt på", Ending.OPEN),
        ("Ingen hade torkat av.", Ending.PLAIN),
        ("Den var lite torr tycker jag.", Ending.PLAIN),
        ("Det var trevligt hos er.", Ending.PLAIN),
        ("Kaffet var kallt,", Ending.COMMA),
        ("Kaffet var kallt.", Ending.CLAUSE),
        ("Var det så?", Ending.CLAUSE),
        ("The soup was cold!", Ending.CLAUSE),
        ("kaffet var kallt", Ending.PLAIN),
        ("", Ending.PLAIN),
        ("…", Ending.OPEN),
    ],
)
def test_the_last_word_takes_precedence_over_the_full_stop(text: str, ending: Ending) -> None:
    assert ending_of(text) is ending
