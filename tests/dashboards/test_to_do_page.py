"""The page To do on a real lake and store: the three things, cases, answers, and other cafés kept out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from pilot.case_words import said_of
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.home import Home
from storage.store.cafes.case_answers import answers_to, give_verdict
from storage.store.cafes.case_changes import open_case, set_answer, set_status
from storage.store.cafes.cases import Case, cases_of, sessions_of
from storage.store.privacy import tombstones
from tests.dashboards.conftest import TODAY
from tests.dashboards.theme_days import theme_day

pytestmark = pytest.mark.slow

Pages = Callable[..., AppTest]
PAGE = "views/to_do.py"
ANSWER = "öppnat en kassa till vid lunch"


def fill(home: Home, *, days: int = 14, busy: float = 0.5, urgent: bool = True, simulated: bool = False) -> None:
    for back in range(1, days + 1):
        day = TODAY - timedelta(days=back)
        cafes = ("aurora",) if urgent and back == 3 else ()
        theme_day(home.cafes(), day, busy=busy, urgent=cafes, simulated=simulated).write(home.lake())


def opened(at: AppTest) -> AppTest:
    return at.run().switch_page(PAGE).run()


def shown(at: AppTest) -> str:
    """Return the text of the page's HTML without tags."""
    assert not at.exception
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(part.value for part in at.html)))
    return page.replace("\u00a0", " ")


def titles(at: AppTest) -> list[str]:
    page = " ".join(part.value for part in at.html)
    return re.findall(r"<h3>([^<]+?) ?(?:<|$)", page)


def quotes(at: AppTest) -> int:
    return sum(part.value.count('<article class="pf-quote"') for part in at.html)


def theme(at: AppTest) -> Button:
    """Return the button of the first proposal that is no urgent one."""
    return next(each for each in at.button if (each.key or "").startswith("make-") and "urgent" not in each.key)


def a_session(home: Home, cafe: str) -> str:
    scored = home.lake().read(SCORED_FEEDBACK, days=[TODAY - timedelta(days=1)])
    return str(scored.filter(cafe=cafe)["session_id"][0])


def made(home: Home, *, cafe: str = "aurora", subject: str = "queue", sessions: tuple[str, ...] = ()) -> Case:
    return open_case(
        home.store(), cafe=cafe, subject=subject, origin="manual", week=TODAY, sessions=sessions, by="Anna"
    )


def test_the_three_things_begin_with_the_urgent_and_give_reasons(home: Home, visit_pages: Pages):
    fill(home, days=35)
    at = opened(visit_pages("manager", ("aurora",)))
    page = shown(at)
    assert titles(at)[0] == "Akuta svar"
    assert len(titles(at)) == 3
    assert "Ett svar om allergi." in page
    assert re.search(r"\d+ av \d+ svar har något att invända \(\d+ %, mellan \d+ och \d+ %\)", page)
    assert "Ungefär som förut" in page


@pytest.mark.parametrize(
    ("busy", "days", "text"),
    [(0.5, 0, "Här kommer gästernas svar"), (0.1, 1, "för få för att peka ut något tema")],
)
def test_little_feedback_is_said_and_nothing_is_proposed(
    home: Home, visit_pages: Pages, busy: float, days: int, text: str
):
    fill(home, days=days, busy=busy, urgent=False)
    at = opened(visit_pages())
    assert text in shown(at)
    assert titles(at) == []
    assert not [button for button in at.button if button.key and button.key.startswith("make-")]


def test_one_press_makes_a_proposal_a_case_with_its_sessions(home: Home, visit_pages: Pages):
    fill(home)
    at = opened(visit_pages("manager", ("aurora",)))
    before = titles(at)
    at.button(key="make-aurora-urgent").click().run()
    (case,) = cases_of(home.store(), ["aurora"])
    assert (case.subject, case.origin, case.status) == ("urgent", "urgent", "open")
    assert len(sessions_of(home.store(), ["aurora"])[case.id]) == 1
    assert titles(at) == before
    assert "Ärendet är skapat." in shown(at)
    assert "Öppet" in shown(at)


def test_a_case_goes_from_start_to_an_answer_that_the_guest_reads(home: Home, visit_pages: Pages):
    fill(home)
    at = opened(visit_pages("manager", ("aurora",)))
    theme(at).click().run()
    store = home.store()
    (case,) = cases_of(store, ["aurora"])
    at.button(key=f"start-{case.id}").click().run()
    assert "Pågår" in shown(at)
    at.text_input[0].set_value("Elin")
    at.button(key=f"save-owner-{case.id}").click().run()
    assert "Ansvarig: Elin" in shown(at)
    at.button(key=f"finish-{case.id}").click().run()
    assert "Skriv först vad ni har gjort." in shown(at)
    at.text_area[0].set_value("Öppnade kassa två")
    at.button(key=f"finish-{case.id}").click().run()
    assert "Gjort: Öppnade kassa två" in shown(at)
    at.text_area[0].set_value(f"{ANSWER}, ring 070-123 45 67")
    at.button(key=f"preview-{case.id}").click().run()
    assert "verkar innehålla personuppgifter" in shown(at)
    at.text_area[0].set_value(f"{ANSWER} <b>")
    at.button(key=f"preview-{case.id}").click().run()
    assert f"Ni sa: {said_of(case.subject, 'sv')} Vi har: öppnat en kassa till vid lunch &lt;b&gt;" in shown(at)
    session = sessions_of(store, ["aurora"])[case.id][0]
    assert answers_to(store, session) == []
    at.button(key=f"publish-{case.id}").click().run()
    assert [each.answer for each in answers_to(store, session)] == [f"{ANSWER} <b>"]
    give_verdict(store, case_id=case.id, session_id=session, verdict="better")
    at.run()
    assert "Gästerna: 1 bättre nu, 0 inte än" in shown(at)
    assert "100 %" in shown(at)


def test_last_weeks_case_shows_its_share_before_and_after(home: Home, visit_pages: Pages):
    fill(home)
    last_week = TODAY - timedelta(days=7)
    case = open_case(home.store(), cafe="aurora", subject="queue", origin="proposal", week=last_week, by="Anna")
    at = opened(visit_pages())
    page = shown(at)
    assert re.search(r"Före: \d+ % \(mellan \d+ och \d+ %, \d+ av \d+ svar\)\. Efter: \d+ %", page)
    assert f"make-aurora-{case.subject}" not in [button.key for button in at.button]


def test_a_cases_words_are_read_on_demand_and_gone_once_erased(home: Home, visit_pages: Pages):
    fill(home)
    session = a_session(home, "aurora")
    case = made(home, subject="wifi", sessions=(session,))
    at = opened(visit_pages("manager", ("aurora",)))
    assert quotes(at) == 0
    at.toggle(key=f"words-{case.id}").set_value(True).run()
    assert quotes(at) == 1
    tombstones.add(home.store(), session_id=session, actor="guest", reason="asked")
    at.run()
    assert quotes(at) == 0


def test_another_cafes_cases_and_words_are_never_shown(home: Home, visit_pages: Pages):
    fill(home)
    theirs = a_session(home, "goteborg")
    other = made(home, cafe="goteborg", subject="toilets")
    # A link to another café's session, which the store allows without a receipt, opens no words of it.
    mine = made(home, subject="wifi", sessions=(theirs,))
    at = opened(visit_pages("manager", ("aurora",)))
    assert "Toaletter" not in shown(at)
    assert not [button for button in at.button if button.key and other.id in button.key]
    at.toggle(key=f"words-{mine.id}").set_value(True).run()
    assert "raderade eller har gått ut" in shown(at)
    at.query_params["kafe"] = "goteborg"
    assert "Toaletter" not in shown(at.run())


@pytest.mark.parametrize("role", ["support", "data"])
def test_a_reader_without_the_permission_changes_nothing(home: Home, visit_pages: Pages, role: str):
    fill(home)
    case = made(home)
    at = opened(visit_pages(role))
    assert titles(at)
    keys = [button.key or "" for button in at.button]
    assert not [
        key for key in keys if key.startswith(("make-", "start-", "finish-", "drop-", "save-")) or case.id in key
    ]


def test_simulated_cases_are_kept_apart(demo_home: Home, visit_pages: Pages):
    fill(demo_home, simulated=True)
    at = opened(visit_pages())
    theme(at).click().run()
    assert [each.simulated for each in cases_of(demo_home.store(), ["aurora"], simulated=True)] == [True]
    assert cases_of(demo_home.store(), ["aurora"]) == []


def test_recovery_says_how_few_it_counts(home: Home, visit_pages: Pages):
    fill(home)
    store = home.store()
    case = made(home)
    set_status(store, case.id, "done", note="Kassa två", by="Anna")
    set_answer(store, case.id, answer=ANSWER, by="Anna")
    made(home, subject="price")
    page = shown(opened(visit_pages()))
    assert "av 2 skapade" in page
    assert "ingen har svarat än" in page
    assert "1 väntar fortfarande" in page
