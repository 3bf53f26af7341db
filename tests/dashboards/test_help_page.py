"""The page Help: a guest's reference in words, of own cafés only, without the guest's words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from payouts.deciding import issuer
from pilot.words import section
from storage.home import Home
from storage.store.rewards import decisions
from storage.store.rewards.reward_cases import Candidate, Judgement, Outcome
from tests.cli.test_why import GOOD, build, receipt
from tests.dashboards.test_entitlement import everything
from tests.dashboards.test_pages import shown
from tests.events import MORNING, Story
from tests.pilot.test_contacts import GOOD as CONTACTS
from tests.pipelines.signals.visits import visit as guest

Pages = Callable[..., AppTest]
slow = pytest.mark.slow


def found(visit_pages: Pages, reference: str, *account: object, language: str = "sv") -> AppTest:
    at = visit_pages(*account)
    at.session_state["lang"] = language
    at = at.run().switch_page("views/help.py").run()
    return at.text_input(key="referens").set_value(reference).run()


def scored(home: Home, words: str = GOOD) -> Story:
    """Write a guest's session of Café Aurora with its receipt."""
    story = guest(words)
    build(home, story)
    receipt(home, story)
    return story


def decide(home: Home, story: Story, *, outcome: Outcome = "eligible", reason: str = "") -> str:
    """Decide on the session's reward; return its id."""
    one = Candidate(
        session_id=story.session_id, day=MORNING.date(), cafe=story.cafe, simulated=False, consent=True, score=90,
        counted_score=90, clear=True, held_until=None, reasons=(), device=None, rubric_version="2026-11",
        scorer_version="1",
    )  # fmt: skip
    judged = Judgement(outcome, reason, 0 if outcome == "declined" else 4000)
    (made,) = decisions.decide(
        home.store(), [one], decision_rule=lambda *_: judged, issuer=issuer(home.secret()), decided_by="assets"
    )
    return made.reward_id


@slow
def test_a_reference_answers_completed_rewarded_paid_and_why(home: Home, visit_pages: Pages) -> None:
    decide(home, scored(home))
    at = found(visit_pages, "bcd-234", "manager", ("aurora",))
    text = shown(at).replace("\u00a0", " ")
    assert "Café Aurora, BCD 234" in text
    assert "Ja, det skickades in måndag 23 november kl. 08:30." in text
    assert "Ja, 40 kr." in text
    assert "Inte än. Kupongen finns på gästens kvitto" in text
    assert "Svaret är så konkret att det ger en belöning." in text
    assert "Havrelatten" not in everything(at) and "bränd" not in everything(at)
    english = shown(found(visit_pages, "BCD234", language="en")).replace("\u00a0", " ")
    assert "Yes, it was sent on Monday 23 November at 08:30." in english and "Yes, 40 kr." in english


@slow
@pytest.mark.parametrize(
    ("outcome", "reason", "rewarded", "why"),
    [
        ("declined", "device_had_reward", "Nej, inte den här gången.", "en belöning per dag och kafé"),
        ("declined", "beyond_trial", "Nej, inte den här gången.", "provperiodens belöningar var slut"),
        ("held", "daily_budget", "En person tittar på svaret.", "Ovanligt många belöningar"),
    ],
)
def test_a_limit_that_decided_is_the_reason(
    home: Home, visit_pages: Pages, outcome: Outcome, reason: str, rewarded: str, why: str
) -> None:
    decide(home, scored(home), outcome=outcome, reason=reason)
    text = shown(found(visit_pages, "BCD234", "manager", ("aurora",)))
    assert rewarded in text and why in text
    assert ("Ring supporten och uppge referensen BCD 234." in text) == (outcome == "declined")
    assert "ger en belöning." not in text


@slow
def test_another_cafes_reference_is_unknown_to_a_manager(home: Home, visit_pages: Pages) -> None:
    decide(home, scored(home))
    other = everything(found(visit_pages, "BCD234", "manager", ("malmohuset",)))
    nothing = everything(found(visit_pages, "ZZZZZZ", "manager", ("malmohuset",)))
    assert "Inget svar hos dig har referensen BCD 234." in other
    assert (
        other.replace("BCD 234", "ZZZ ZZZ").replace("BCD234", "ZZZZZZ").count("Aurora") == nothing.count("Aurora") == 0
    )
    assert "Café Aurora, BCD 234" in shown(found(visit_pages, "BCD234", "support"))


@slow
@pytest.mark.parametrize("typed", ["hej", "BCD2345", "BCD23A", "ÅÄÖ234", "B" * 40])
def test_what_is_no_reference_is_explained(home: Home, visit_pages: Pages, typed: str) -> None:
    assert "Det där är ingen referens." in shown(found(visit_pages, typed))


@slow
def test_guests_who_share_a_reference_are_both_shown_to_their_own_cafe(home: Home, visit_pages: Pages) -> None:
    mine, theirs = guest(GOOD), guest("Fint.", cafe="malmohuset")
    build(home, mine, theirs)
    receipt(home, mine)
    receipt(home, theirs)
    both = shown(found(visit_pages, "BCD234"))
    assert "2 gäster har samma referens" in both and "Malmö Huset, BCD 234" in both
    assert "samma referens" not in shown(found(visit_pages, "BCD234", "manager", ("aurora",)))


@slow
def test_a_session_without_a_result_says_what_is_known(home: Home, visit_pages: Pages) -> None:
    receipt(home, guest(GOOD))
    text = shown(found(visit_pages, "BCD234", "manager", ("aurora",)))
    assert "Inte bestämt än." in text
    assert "Det går inte att säga mer om varför:" in text


@slow
def test_first_aid_microphone_steps_and_hours_are_shown(home: Home, visit_pages: Pages) -> None:
    at = visit_pages("manager", ("aurora",)).run().switch_page("views/help.py").run()
    text = shown(at)
    assert "Supporten svarar nu, till kl. 18:00." in text
    assert "torsdag 24 december: Julafton" in text
    assert [each.label for each in at.expander] == [
        "QR-koden fungerar inte", "Gästen kan inte svara klart", "Mikrofonen är spärrad",
        "Gästen har inte fått sin belöning",
    ]  # fmt: skip
    for browser in ("safari", "ios", "chrome", "samsung", "firefox", "desktop", "in_app"):
        text = shown(at.selectbox(key="browser").set_value(browser).run())
        assert "{browser}" not in text
        assert section("page", "sv")[f"trouble.how_{browser}"].strip().splitlines()[1].split("{")[0] in text


def test_the_help_of_both_languages_has_the_same_texts() -> None:
    assert section("help", "sv").keys() == section("help", "en").keys()


def whom_to_call(visit_pages: Pages, *, language: str = "sv") -> str:
    at = visit_pages("manager", ("aurora",))
    at.session_state["lang"] = language
    return shown(at.run().switch_page("views/help.py").run()).replace("\u00a0", " ")


@slow
def test_the_teams_numbers_are_those_of_the_contacts_file(
    visit_pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "contacts.toml"
    # A number that is not filled in is left out; one that can be dialled is a link.
    file.write_text(CONTACTS.replace('"+46701234568"', '"+46 70 XXX XXXX"'), encoding="utf-8")
    monkeypatch.setenv("PILOT_CONTACTS_FILE", str(file))
    text = whom_to_call(visit_pages)
    assert "Pilotansvarig, Elin Berg:" in text
    assert "+46 70 123 45 67" in text
    assert "Drift, Siv Ek:" in text
    assert "XXX" not in text
    assert "Omar Ali" not in text
    assert "kontaktbladet" not in text


@slow
def test_without_numbers_the_page_names_the_contact_sheet(
    visit_pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOT_CONTACTS_FILE", str(tmp_path / "none.toml"))
    assert "Numren står på kontaktbladet" in whom_to_call(visit_pages)
