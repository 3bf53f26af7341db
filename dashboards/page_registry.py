"""Every page: its script, address, section in the menu, and the permission that opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pilot.access import Permission, Principal

Section = Literal["cafe", "pilot"]


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page.

    Attributes:
        script: Its script under `views/`.
        title: The key of its title.
        url_path: Its address; empty for the first page, which Streamlit serves at / only.
        section: Its section of the menu.
        permission: The permission that opens it; without it, the page does not exist for the reader.
        of_every_cafe: Whether only a reader of every café may open it, because its rows belong to no café.
    """

    script: str
    title: str
    url_path: str
    section: Section
    permission: Permission
    of_every_cafe: bool = False


# The first page is the default one: every role may open it.
PAGES: tuple[PageEntry, ...] = (
    PageEntry("cafe_day.py", "nav.cafe_day", "", "cafe", "feedback"),
    PageEntry("to_do.py", "nav.to_do", "att-gora", "cafe", "feedback"),
    PageEntry("guests_say.py", "nav.guests_say", "gasterna", "cafe", "feedback"),
    PageEntry("sessions.py", "nav.sessions", "samtal", "cafe", "feedback"),
    PageEntry("customers.py", "nav.customers", "kunder", "cafe", "feedback"),
    PageEntry("qr_codes.py", "nav.qr_codes", "qr-koder", "cafe", "cafe.change"),
    PageEntry("rewards.py", "nav.rewards", "beloningar", "cafe", "feedback"),
    PageEntry("rules.py", "nav.rules", "regler", "cafe", "feedback"),
    PageEntry("survey.py", "nav.survey", "enkat", "cafe", "feedback"),
    PageEntry("help.py", "nav.help", "hjalp", "cafe", "feedback"),
    PageEntry("pilot_overview.py", "nav.overview", "piloten", "pilot", "pilot"),
    PageEntry("kpi.py", "nav.kpi", "kpi", "pilot", "pilot"),
    PageEntry("what_if.py", "nav.what_if", "tank-om", "pilot", "pilot"),
    PageEntry("technical.py", "nav.technical", "teknik", "pilot", "technical"),
    PageEntry("voice.py", "nav.voice", "rost", "pilot", "technical"),
    PageEntry("alerts.py", "nav.alerts", "larm", "pilot", "technical"),
    PageEntry("cafes.py", "nav.cafes", "kafeer", "pilot", "cafes"),
    PageEntry("quality.py", "nav.quality", "datakvalitet", "pilot", "technical"),
    PageEntry("payments.py", "nav.payments", "betalningar", "pilot", "money"),
    PageEntry("audit_log.py", "nav.audit", "logg", "pilot", "audit", of_every_cafe=True),
)


def pages_for(principal: Principal) -> tuple[PageEntry, ...]:
    """Return the pages that a principal may open."""
    return tuple(
        page for page in PAGES if principal.may(page.permission) and (principal.cafes is None or not page.of_every_cafe)
    )
