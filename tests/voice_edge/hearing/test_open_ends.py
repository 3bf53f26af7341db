"""Sentences that stop in the middle are waited for, in Swedish as in English."""

from __future__ import annotations

import pytest

from voice_edge.hearing.endings import Ending, ending_of

OPEN = [
    # Verbs that need a complement
    "Det jag saknade mest är", "Bullarna blir", "Det blev", "De har", "Vi hade", "Man ska", "Det skulle", "Ni kan",
    "Jag vill", "Jag vill ha", "Jag skulle vilja ha", "Man borde", "Ni måste", "Vi fick", "Det känns", "Jag tyckte",
    "The tables are", "They have", "It would", "You should", "We had", "It has been",
    # Prepositions
    "Vi satt på", "Jag väntade på", "Det låg under", "Vi gick mot", "Det stod mellan", "Jag kom efter", "De pratade över",
    "Det är bättre än", "The bun was better than", "We sat between", "It fell under", "I came in during",
    # Articles, determiners, possessives
    "Jag tog en", "Vi köpte ett", "Det var några", "Jag såg ingen", "De har inga", "Hon gav mig sin", "Det stod på varje",
    "I had a", "There were some", "She gave me her", "He brought his",
    # Conjunctions
    "Kaffet var gott medan", "Jag kommer tillbaka ifall", "Det var både", "Antingen", "Bullen var torr fastän",
    "Kön var lång, vilket", "The coffee was fine unless", "It was good until", "It was either",
    # An example, a degree
    "Ni kunde ha fler mackor till exempel", "Det kan vara t.ex.", "Allt var väldigt", "Det var ganska", "Kaffet var för",
    "You could have more, for example", "More sandwiches, for instance", "It was very", "Things such as",
    # A number before its unit
    "Vi väntade i tio", "Det tog 20", "Det tog nästan tjugo", "Bullen kostade fyrtiofem", "Vi stod i kö i minst 15",
    "It took ten", "We waited for almost 20", "It cost about forty-five", "Jag betalade 65", "Det dröjde tjugofem",
]  # fmt: skip

CLOSED = [
    "Jag vet inte vad det är.", "Det vill jag ha.", "Fler bord, till exempel.", "Det var det jag tyckte.", "Vad kostar den?",
    "That is what it is.", "It was as good as before.", "Det var mellan 8 och 9", "Vi kom klockan tio", "Jag kom kl. 8",
    "We came at nine", "Vi var fyra", "Between 8 and 9", "Kaffet var kallt", "Tack så mycket", "The soup was cold",
    "Jag ger er en femma", "Vi var där i går", "Det var jättegott", "Det tog tio minuter", "It took ten minutes",
]  # fmt: skip


@pytest.mark.parametrize("text", OPEN)
def test_a_sentence_that_stops_in_the_middle_is_open(text: str) -> None:
    assert ending_of(text) is Ending.OPEN


@pytest.mark.parametrize("text", CLOSED)
def test_a_finished_sentence_is_not_waited_for(text: str) -> None:
    assert ending_of(text) is not Ending.OPEN
