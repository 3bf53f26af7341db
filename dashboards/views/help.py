"""The page Help: first aid for a café's staff, a guest's reference in words, and whom to call."""

from __future__ import annotations

import streamlit as st

from dashboards import fragments
from dashboards.parts.guest_answer_part import guest_answer
from dashboards.visit import Visit, current
from pilot.business_days import business_day
from pilot.composed import composed
from pilot.contacts import InvalidContacts, dialled, phone_fault
from pilot.formatting import clock_time, long_day
from pilot.identifiers import readable
from pilot.support_hours import closed_weekdays, support_at
from pilot.words import say as say_words
from pilot.words import section
from storage.contacts_file import read_contacts
from storage.errors import StoreAway
from storage.store.rewards import receipts

BROWSERS = ("safari", "ios", "chrome", "samsung", "firefox", "desktop", "in_app")
HOLIDAYS_AHEAD_DAYS = 60
MOST_SHOWN = 5  # guests who share a reference


def show(visit: Visit) -> None:
    """Draw the page."""
    visit.draw(fragments.page_head(crumb=_say(visit, "crumb"), title=_say(visit, "title"), freshness=""))
    visit.draw(fragments.lead(_hours(visit)))
    _find(visit)
    for topic in ("qr", "stuck", "microphone", "payment"):
        with st.expander(_say(visit, f"{topic}.title"), key=f"help-{topic}"):
            if topic == "microphone":
                _microphone(visit)
            else:
                _steps(visit, _say(visit, f"{topic}.steps"))
    _call(visit)
    _support_hours(visit)


def _hours(visit: Visit) -> str:
    support, language = support_at(visit.now), visit.language
    day, time = long_day(business_day(support.until), language=language), clock_time(support.until)
    sentences = [_say(visit, "hours.open" if support.open else "hours.closed", day=day, time=time)]
    if support.holiday is not None:
        sentences.insert(0, _say(visit, "hours.holiday", holiday=support.holiday.in_language(language)))
    return " ".join(sentences)


def _find(visit: Visit) -> None:
    head = fragments.section_head(_say(visit, "find.title"), summary=_say(visit, "find.what"))
    visit.draw(head)
    typed = st.text_input(_say(visit, "find.label"), key="referens", max_chars=40, placeholder="K7M 2Q4", width=280)
    wanted = composed(typed).strip()
    if not wanted:
        return
    reference = readable(wanted)
    if reference is None:
        visit.draw(fragments.status(_say(visit, "find.not_a_reference")))
        return
    try:
        store = visit.store(permission="feedback")
        found = [each for each in receipts.by_reference(store, reference) if visit.principal.sees(each.cafe)]
        if not found:
            spoken = f"{reference[:3]} {reference[3:]}"
            visit.draw(fragments.status(_say(visit, "find.unknown", reference=spoken)))
        elif len(found) > 1:
            visit.draw(fragments.status(_say(visit, "find.several", count=len(found))))
        for each in found[:MOST_SHOWN]:
            visit.draw(guest_answer(visit, each))
    except StoreAway:
        visit.draw(fragments.status(visit.say("action.refused.StoreAway")))


def _microphone(visit: Visit) -> None:
    """Draw the steps of the browser that the guest has; the guest's page shows the same."""
    visit.draw(fragments.paragraph(_say(visit, "microphone.what")))
    names = {each: _say(visit, f"microphone.{each}") for each in BROWSERS}
    chosen = st.selectbox(
        _say(visit, "microphone.browser"), list(names), format_func=names.__getitem__, key="browser", width=340
    )
    words = section("page", visit.language)
    own = {"chrome": "Chrome", "samsung": "Samsung Internet", "in_app": "Safari / Chrome"}
    browser = own.get(chosen, words["microphone.browser"])
    _steps(visit, words[f"trouble.how_{chosen}"].format(browser=browser))


def _steps(visit: Visit, text: str) -> None:
    visit.draw(fragments.render("steps", steps=[line for line in text.strip().splitlines() if line.strip()]))


def _call(visit: Visit) -> None:
    visit.draw(fragments.section_head(_say(visit, "call.title"), summary=_say(visit, "call.what")))
    people = _people(visit)
    if people:
        visit.draw(fragments.render("calls", people=people))
    else:
        visit.draw(fragments.paragraph(_say(visit, "call.none")))
    contact = visit.home.cafes().pilot.contact
    if contact:
        visit.draw(fragments.paragraph(_say(visit, "call.data", contact=contact)))
    visit.draw(fragments.paragraph(_say(visit, "call.page_down")))


def _people(visit: Visit) -> list[dict[str, str]]:
    """Return the team's numbers that can be dialled; none if the file of contacts is not filled in."""
    try:
        contacts = read_contacts(visit.home.settings.contacts_file)
    except InvalidContacts:
        return []
    return [
        {
            "role": say_words("contacts", f"role.{each.role}", visit.language),
            "name": each.name.strip(),
            "phone": each.phone,
            "dialled": dialled(each.phone),
        }
        for each in contacts.person
        if not phone_fault(each.phone)
    ]


def _support_hours(visit: Visit) -> None:
    closed = closed_weekdays(visit.today, days=HOLIDAYS_AHEAD_DAYS)
    what = _say(visit, "hours.what" if closed else "hours.none", days=HOLIDAYS_AHEAD_DAYS)
    visit.draw(fragments.section_head(_say(visit, "hours.title"), summary=what))
    if closed:
        visit.draw(
            fragments.render(
                "points",
                lines=[
                    f"{long_day(day, language=visit.language)}: {name.in_language(visit.language)}"
                    for day, name in closed
                ],
            )
        )


def _say(visit: Visit, key: str, **fields: object) -> str:
    return say_words("help", key, visit.language, **fields)


show(current())
