"""The page Survey: the manager's own answer, and for the pilot's team the answers of all."""

from __future__ import annotations

from dashboards import fragments
from dashboards.actions.survey_form import survey_form
from dashboards.parts.survey_results import survey_results
from dashboards.visit import Visit, current
from pilot.formatting import long_day
from pilot.survey import period_on
from pilot.words import say as say_words


def show(visit: Visit) -> None:
    """Draw the page by the reader's role: managers answer, the team reads."""
    reads = visit.principal.may("pilot")
    title = _say(visit, "results_title" if reads else "title")
    visit.draw(fragments.page_head(crumb=_say(visit, "crumb"), title=title, freshness=""))
    if reads:
        survey_results(visit)
        return
    if visit.principal.role != "manager":
        visit.draw(fragments.lead(_say(visit, "lead.others")))
        return
    pilot = visit.home.cafes().pilot
    period = period_on(pilot, visit.today)
    if period is None:
        day = long_day(pilot.first_day, language=visit.language)
        visit.draw(fragments.lead(_say(visit, "lead.before", day=day)))
        return
    survey_form(visit, period)


def _say(visit: Visit, key: str, **fields: object) -> str:
    return say_words("survey", key, visit.language, **fields)


show(current())
