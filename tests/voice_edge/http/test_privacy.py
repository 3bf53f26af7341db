"""The privacy page and the consent state what the settings and the cafés' file say."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from markupsafe import escape
from pydantic import SecretStr

from pilot.cafes import parse_cafes
from pilot.settings import Settings
from pilot.words import section
from tests.waiting import DEADLINE_SECONDS
from voice_edge.http.page.customer import customer_page
from voice_edge.http.page.privacy import privacy_facts, privacy_page

TEXT = (Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8")
NAMED = '[pilot]\ncontroller = "Kafépiloten i Norden AB"\ncontact = "integritet@kafepiloten.example"'


def page(language="sv", *, cafes=TEXT, **settings):
    parsed = parse_cafes(cafes, source="cafes.toml")
    return privacy_page(privacy_facts(Settings(**settings), parsed), cafes=parsed, language=language)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_times_are_those_of_the_settings(language):
    html = page(language, words_days=61, devices_days=17, backup_days=43)
    days = {"sv": "dagar", "en": "days"}[language]
    assert [number for number in (61, 17, 43) if f"{number} {days}" not in html] == []
    assert "90" not in html
    assert f'lang="{language}"' in html


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_controller_is_the_one_in_the_cafes_file(language):
    named = TEXT.replace("[pilot]", NAMED, 1)
    html = page(language, cafes=named)
    assert "Kafépiloten i Norden AB" in html
    assert "integritet@kafepiloten.example" in html
    assert "Svenska kafépiloten" in page(language)
    assert escape(section("privacy", language)["who.staff"]) in page(language)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_stripe_is_named_only_where_it_is_used(language):
    assert "Stripe" not in page(language)
    assert "Stripe" in page(language, stripe_key=SecretStr("sk_test_x"))


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_placeholder_is_left(language):
    named = TEXT.replace("[pilot]", NAMED, 1)
    assert not re.search(r"\{\w+\}", page(language, cafes=named, stripe_key=SecretStr("sk_test_x")))


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_consent_states_the_settings_time_and_links_the_page(language):
    cafes = parse_cafes(TEXT.replace("[pilot]", NAMED, 1), source="cafes.toml")
    facts = privacy_facts(Settings(words_days=61), cafes)
    html = customer_page(
        cafe=cafes.get("aurora"), code="ABC234", language=language, reward_ore=2000, simulated=False, facts=facts
    )
    consent = html.split('data-screen="consent"')[1].split("</section>")[0]
    assert "61" in consent
    assert "Kafépiloten i Norden AB" in consent
    assert f'href="/privacy?lang={language}"' in consent


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_question_asks_for_a_name_after_the_consent_says_to_leave_names_out(language):
    asks = {key: text for key, text in section("interviewer", language).items() if key.startswith(("ask.", "opening"))}
    names = re.compile(r"\bvem (?:det )?var|\bvad het(?:er|te)|\bnamn|\bwho (?:it )?was|\bname\b", re.IGNORECASE)
    assert {key: text for key, text in asks.items() if names.search(text)} == {}


@pytest.mark.parametrize(("query", "language"), [("", "sv"), ("?lang=en", "en"), ("?lang=xx", "sv"), ("?lang=", "sv")])
async def test_the_page_is_served_in_both_languages(replica, query, language):
    async with httpx.AsyncClient(base_url=replica.url, timeout=DEADLINE_SECONDS) as client:
        answer = await client.get(f"/privacy{query}")
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
