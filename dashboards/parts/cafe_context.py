"""What the interviewer and the guests' pages know about a café: its layout, staff and specialties."""

from __future__ import annotations

from dashboards import fragments
from dashboards.fragments import render
from dashboards.visit import Visit
from pilot.cafes import Cafe
from pilot.formatting import join_names


def cafe_context(visit: Visit, cafe: Cafe) -> None:
    """Draw the content of the cafés' file about a café; the wifi's password is not shown."""
    say, language = visit.say, visit.language
    visit.draw(fragments.section_head(say("cafes.context.title"), summary=say("cafes.context.what")))
    band = cafe.expected_feedbacks_per_day
    peaks = join_names([f"{begins:%H:%M}–{ends:%H:%M}" for begins, ends in cafe.peaks], language=language)
    facts = {
        "areas": join_names([each.in_language(language) for each in cafe.areas], language=language),
        "specialties": join_names([each.in_language(language) for each in cafe.specialties], language=language),
        "staff": join_names(list(cafe.staff), language=language) or say("cafes.context.nobody"),
        "peaks": peaks or say("cafes.context.no_peaks"),
        "expected": say("cafes.context.expected_of", low=band.low, high=band.high),
        "languages": join_names([visit.name_of("language", each) for each in cafe.languages], language=language),
        "address": cafe.domain,
        "wifi": cafe.wifi.network if cafe.wifi is not None else say("cafes.context.no_wifi"),
        "trial": say(f"cafes.context.{cafe.on_trial_limit}"),
    }
    answers = [(say(f"cafes.context.{name}"), [text]) for name, text in facts.items()]
    visit.draw(render("answers", title=f"{cafe.name}, {cafe.city}", answers=answers, notes=[say("cafes.context.note")]))
