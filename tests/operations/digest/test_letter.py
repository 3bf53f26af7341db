"""The letter: its figures, its words, its two parts and its headers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Literal

import pytest

from operations.digest.letter import Letter, write_letter
from operations.digest.mail import mail_of
from operations.digest.praise import shortened
from operations.digest.week_facts import WeekFacts, week_facts
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, TURNS
from storage.home import Home
from storage.store.cafes.case_changes import open_case, set_status
from storage.store.privacy import tombstones
from tests.operations.digest.conftest import DUE, WEEK

FIRST = WEEK - timedelta(days=7)
UNSUBSCRIBE = "https://pilot.example:8500/digest/unsubscribe?t=token"
ALLOWED = ("https://pilot.example/", "https://pilot.example:8500/")


def letter(home: Home, *, language: Literal["sv", "en"] = "sv", facts: WeekFacts | None = None) -> Letter:
    found = facts or week_facts(home, cafe="aurora", week=WEEK)
    pages = home.settings.pages_url
    return write_letter(found, cafe=home.cafes().get("aurora"), language=language, pages_url=pages)


def mail(one: Letter, *, unsubscribe: str = UNSUBSCRIBE) -> EmailMessage:
    account = "https://pilot.example:8500/account"
    return mail_of(
        one, identifier="1f", sender="pilot@pilot.example", to="anna@example.se", unsubscribe=unsubscribe,
        account=account, at=DUE,
    )  # fmt: skip


def parts(one: EmailMessage) -> tuple[str, str]:
    plain, html = one.get_body(("plain",)), one.get_body(("html",))
    assert plain is not None and html is not None
    return plain.get_content(), html.get_content()


def test_the_figures_are_those_of_an_independent_query(full_home: Home) -> None:
    facts = week_facts(full_home, cafe="aurora", week=WEEK)
    with full_home.lake().snapshot(SCORED_FEEDBACK, PILOT_KPIS) as snapshot:
        usable, content = snapshot.sql(
            "select count(*), count(*) filter (themes like '%positive%' and themes not like '%negative%') "
            "from scored_feedback where cafe = 'aurora' and day >= ? and day < ? and len(signals) = 0",
            (FIRST, WEEK),
        ).row(0)
        customers, started = snapshot.sql(
            "select sum(denominator), sum(numerator) from pilot_kpis where kpi = 'participation' and cafe = 'aurora' "
            "and day >= ? and day < ? and value is not null",
            (FIRST, WEEK),
        ).row(0)
    assert usable > 0
    assert (facts.proposals.feedbacks, facts.satisfaction.usable) == (usable, usable)
    assert facts.satisfaction.shares["positive"].count == content
    assert (facts.participation.customers, facts.participation.started) == (customers, started)


def test_another_cafes_week_is_not_in_the_letter(full_home: Home) -> None:
    facts = {cafe: week_facts(full_home, cafe=cafe, week=WEEK) for cafe in ("aurora", "malmohuset")}
    sessions = {cafe: {one for item in found.proposals.items for one in item.sessions} for cafe, found in facts.items()}
    assert sessions["aurora"] and not sessions["aurora"] & sessions["malmohuset"]


def test_an_urgent_matter_is_a_link_without_its_kind(full_home: Home) -> None:
    one = letter(full_home)
    assert one.things[0].is_urgent
    assert one.things[0].link == "https://pilot.example/att-gora?kafe=aurora"
    for part in parts(mail(one)):
        assert "Ett svar bör läsas i dag" in part
        assert "allergi" not in part.lower()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_words_of_a_guest_but_praise_are_in_the_letter(full_home: Home, language: Literal["sv", "en"]) -> None:
    one = letter(full_home, language=language)
    with full_home.lake().snapshot(TURNS) as snapshot:
        said = set(snapshot.sql("select distinct transcript from turns where transcript is not null")["transcript"])
    assert one.praise is not None
    for part in parts(mail(one)):
        assert [words for words in said if words in part] == [one.praise.words]


def test_praise_of_an_erased_guest_is_never_sent(full_home: Home) -> None:
    seen = set()
    for _ in range(3):
        found = week_facts(full_home, cafe="aurora", week=WEEK).praise
        assert found is not None and found.session_id not in seen
        seen.add(found.session_id)
        tombstones.add(full_home.store(), session_id=found.session_id, actor="guest", reason="receipt page")


def test_last_weeks_cases_say_what_became_of_them(full_home: Home) -> None:
    case = open_case(
        full_home.store(), cafe="aurora", subject="service", origin="proposal", week=FIRST, sessions=[], by="Anna"
    )
    set_status(full_home.store(), case.id, "doing", by="Anna")
    (last,) = letter(full_home).last
    assert last.title == "Bemötande"
    assert last.lines[0].startswith("Pågår. ")
    assert re.fullmatch(r"\d+ av \d+ svar veckan före, \d+ av \d+ förra veckan\.", last.lines[1])
    assert "Bemötande" not in [each.title for each in letter(full_home).things]  # It is taken up already.


def test_a_week_without_answers_says_so(home: Home) -> None:
    one = letter(home)
    assert one.subject == "Café Aurora vecka 49: så gick förra veckan"
    assert one.lead == "Inga svar kom in 23–29 november. Står skylten med QR-koden framme?"
    assert (one.things, one.last, one.praise) == ((), (), None)
    assert [each.value for each in one.numbers] == ["–", "–", "–", "0"]


def test_few_answers_are_said_to_be_few(full_home: Home) -> None:
    facts = week_facts(full_home, cafe="aurora", week=WEEK)
    few = replace(facts, satisfaction=replace(facts.satisfaction, usable=29))
    assert "slumpen" in letter(full_home, facts=few).small
    assert letter(full_home, facts=replace(few, satisfaction=replace(few.satisfaction, usable=30))).small == ""


def test_simulated_guests_are_marked(full_home: Home) -> None:
    facts = replace(week_facts(full_home, cafe="aurora", week=WEEK), simulated=True)
    one = letter(full_home, facts=facts)
    assert one.subject.startswith("[Simulerat] ")
    assert all("simulerade" in part for part in parts(mail(one)))


def test_each_share_has_its_interval(full_home: Home) -> None:
    numbers = {each.name: each for each in letter(full_home).numbers}
    for name in ("Nöjda", "Missnöjda"):
        assert "mellan" in numbers[name].details
        assert "svar" in numbers[name].details


def test_the_html_loads_nothing_and_links_to_the_pages_only(full_home: Home) -> None:
    _, html = parts(mail(letter(full_home)))
    assert not re.findall(r"<(?:img|link|script|iframe|form|object|video)\b|\bsrc=|url\(|@import", html)
    links = re.findall(r'href="([^"]+)"', html)
    assert len(links) >= 5
    assert all(link.startswith(ALLOWED) for link in links)
    assert not re.findall(r"https?://(?!pilot\.example)", html)


def test_no_link_but_the_signed_one_names_the_reader(full_home: Home) -> None:
    for part in parts(mail(letter(full_home))):
        links = set(re.findall(r'https://[^\s"<]+', part)) - {UNSUBSCRIBE}
        assert all(re.search(r"(att-gora\?kafe=aurora|svar-[0-9a-f-]+|/account)$", link) for link in links)


def test_a_guests_markup_stays_text(full_home: Home) -> None:
    facts = week_facts(full_home, cafe="aurora", week=WEEK)
    assert facts.praise is not None
    odd = replace(facts, praise=replace(facts.praise, words='<script>x</script> "&'))
    plain, html = parts(mail(letter(full_home, facts=odd)))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert '<script>x</script> "&' in plain


def test_the_headers_allow_one_click_over_https_only(full_home: Home) -> None:
    one = letter(full_home)
    secure, local = mail(one), mail(one, unsubscribe="http://127.0.0.1:8500/digest/unsubscribe?t=1")
    assert secure["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert secure["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert local["List-Unsubscribe-Post"] is None
    assert secure["Message-ID"] == "<digest.1f@pilot.example>"
    assert secure["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in secure.iter_parts()] == ["text/plain", "text/html"]


def test_a_mail_is_small(full_home: Home) -> None:
    assert len(mail(letter(full_home)).as_bytes()) < 40_000  # Gmail cuts at 102 kB.


@pytest.mark.parametrize(
    ("text", "expected"),
    [("kort", "kort"), (" två\n rader ", "två rader"), ("ett två tre", "ett två …"), ("ett, två", "ett, två")],
)
def test_long_words_are_cut_between_words(text: str, expected: str) -> None:
    assert shortened(text, most=10) == expected
