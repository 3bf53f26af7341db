"""The page that confirms the erasing of a guest's answers."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pilot.cafes import Cafe, Language
from pilot.words import section
from voice_edge.doors.calendar_words import day_words
from voice_edge.http.rendering import fill_placeholders, render


def erase_page(
    *, cafe: Cafe, day: date, language: Language, token: str, state: Literal["ask", "later", "foreign"]
) -> str:
    """Return the page that asks for confirmation, or explains why nothing was erased.

    Args:
        cafe: The café.
        day: The day of the visit.
        language: The page's language.
        token: The receipt's secret.
        state: ask: the question; later: the store is away; foreign: another site's page sent the form.
    """
    words = fill_placeholders(section("doors", language), {"cafe": cafe.name, "day": day_words(day, language)})
    return render("erase", language=language, cafe=cafe, t=words, state=state, path=f"/r/{token}")
