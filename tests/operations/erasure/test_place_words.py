"""Every result of an erasure has a sentence in both languages."""

from __future__ import annotations

from typing import get_args

from operations.erasure.place_words import SECTION, places_in_words
from pilot.words import section
from storage.store.privacy.erasures import PlaceCode, PlaceResult


def test_every_result_has_a_sentence_in_both_languages() -> None:
    for language in ("sv", "en"):
        assert set(section(SECTION, language)) == set(get_args(PlaceCode))


def test_places_are_one_line_with_their_details() -> None:
    places = {"beside": PlaceResult("files_left", ("a.log", "b.bin")), "lake": PlaceResult("erased")}
    assert places_in_words(places) == "beside: remove by hand: a.log, b.bin; lake: erased"
    assert places_in_words(places, language="sv") == "beside: ta bort för hand: a.log, b.bin; lake: raderat"
