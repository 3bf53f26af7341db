"""An erasure's results in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pilot.words import say
from storage.store.privacy.erasures import PlaceResult

SECTION = "erasure"


def places_in_words(places: Mapping[str, PlaceResult], *, language: Literal["sv", "en"] = "en") -> str:
    """Return one line with the result of each place."""
    return "; ".join(
        f"{place}: {say(SECTION, result.code, language, details=', '.join(result.details))}"
        for place, result in places.items()
    )
