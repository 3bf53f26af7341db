"""The page Survey: one answer a manager and period, read by the team with its number and distribution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect
from streamlit.testing.v1 import AppTest

from pilot.survey import OPTIONS, QUESTIONS
from storage.home import Home
from storage.store import audit
from storage.store.access import accounts
from storage.store.access.survey_answers import SurveyRefused, answer, answers_of, own_answer
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.migrate import migrate
from tests.dashboards.conftest import NOW, sign_in
from tests.dashboards.test_entitlement import everything
from tests.dashboards.test_pages import shown

Pages = Callable[..., AppTest]
slow = pytest.mark.slow
FIRST = date(2026, 11, 23)
RIGHT: dict[str, str] = {question: options[-1] for question, options in OPTIONS.items()}


def survey(visit_pages: Pages, *account: object) -> AppTest:
    return visit_pages(*account).run().switch_page("views/survey.py").run()


def fill(at: AppTest, *, without: str = "", comment: str = "") -> AppTest:
    for question in QUESTIONS:
        if question != without:
            at.radio(key=f"survey-{question}").set_value(OPTIONS[question][-1])
    at.text_area(key="survey-comment").set_value(comment)
    return at.button(key="survey-send").click().run()


def account_id(store: Store, email: str) -> str:
    found = accounts.find(store, email)
    assert found is not None
    return found.id


def given(home: Home, email: str, *cafes: str, period: date = FIRST, comment: str = "", **chosen: str) -> None:
    sign_in(home, role="manager", cafes=cafes, email=email)
    answer(
        home.store(), account_id(home.store(), email), period=period, answers=RIGHT | chosen, comment=comment,
        simulated=False,
    )  # fmt: skip


@slow
def test_a_manager_answers_once_and_can_change_the_answer(home: Home, visit_pages: Pages) -> None:
    at = survey(visit_pages, "manager", ("aurora",))
    assert "Du svarar en gång för pilotens första hälft." in shown(at)
    assert [each.value for each in at.radio] == [None] * len(QUESTIONS)
    at = fill(at, comment="Större skylt")
    assert "Tack! Svaret är sparat." in shown(at)
    at.radio(key="survey-easy").set_value("disagree")
    at.button(key="survey-send").click().run()
    (one,) = answers_of(home.store(), simulated=False)
    assert (one.period, one.cafes, one.comment, one.answers) == (
        FIRST, ("aurora",), "Större skylt", RIGHT | {"easy": "disagree"},
    )  # fmt: skip
    entries = [each for each in audit.recent(home.store(), 20) if each.action == "survey.answer"]
    assert [(each.actor, each.subject, dict(each.details)) for each in entries] == [
        ("manager@example.se", "2026-11-23", {})
    ] * 2
    again = survey(visit_pages, "manager", ("aurora",))
    assert again.radio(key="survey-easy").value == "disagree"


@slow
@pytest.mark.parametrize("missing", (QUESTIONS[0], QUESTIONS[-1]))
def test_an_unanswered_question_is_named_and_nothing_is_saved(home: Home, visit_pages: Pages, missing: str) -> None:
    at = fill(survey(visit_pages, "manager", ("aurora",)), without=missing)
    assert "är obesvarad" in shown(at)
    assert answers_of(home.store(), simulated=False) == []


@slow
def test_the_next_period_has_an_answer_of_its_own(
    home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(survey(visit_pages, "manager", ("aurora",)))
    monkeypatch.setattr("dashboards.visit.now", lambda: NOW + timedelta(days=20))
    at = survey(visit_pages, "manager", ("aurora",))
    assert "pilotens andra hälft" in shown(at)
    fill(at)
    assert [each.period for each in answers_of(home.store(), simulated=False)] == [FIRST, date(2026, 12, 8)]
    monkeypatch.setattr("dashboards.visit.now", lambda: datetime(2026, 11, 1, 12, tzinfo=NOW.tzinfo))
    early = survey(visit_pages, "manager", ("aurora",))
    assert "öppnar när piloten börjar, måndag 23 november" in shown(early) and list(early.radio) == []


@slow
def test_the_team_reads_the_number_the_distribution_and_the_words(home: Home, visit_pages: Pages) -> None:
    given(home, "a@example.se", "aurora", comment="Större skylt", miss="very")
    given(home, "b@example.se", "goteborg", "malmohuset", miss="somewhat")
    sign_in(home, role="manager", cafes=("aurora",), email="c@example.se")
    text = shown(survey(visit_pages, "pilot_manager"))
    assert "2 av 3 kaféchefer har svarat för pilotens första hälft." in text
    assert "läses som enskilda röster" in text
    assert "Mycket tråkigt 1 av 2" in text and "Inte tråkigt alls 0 av 2" in text
    assert "Café Aurora Större skylt" in text
    assert "a@example.se" not in text


@slow
def test_a_reader_of_some_cafes_reads_the_answers_about_those_only(home: Home, visit_pages: Pages) -> None:
    given(home, "a@example.se", "aurora", comment="Större skylt")
    given(home, "b@example.se", "goteborg", comment="Fler bord")
    given(home, "c@example.se", "goteborg", "aurora", comment="Båda")
    sent = everything(survey(visit_pages, "pilot_manager", ("goteborg",)))
    assert "Fler bord" in sent
    assert "Större skylt" not in sent and "Båda" not in sent and "Aurora" not in sent


@slow
@pytest.mark.parametrize("role", ["support", "data", "pilot_manager", "admin"])
def test_no_other_role_answers(home: Home, visit_pages: Pages, role: str) -> None:
    at = survey(visit_pages, role)
    assert list(at.radio) == []
    with pytest.raises(SurveyRefused) as refused:
        answer(
            home.store(), account_id(home.store(), f"{role}@example.se"), period=FIRST, answers=RIGHT, comment="",
            simulated=False,
        )  # fmt: skip
    assert refused.value.code == "not_a_manager"


@slow
def test_a_revoked_manager_saves_nothing_from_an_open_page(home: Home, visit_pages: Pages) -> None:
    at = survey(visit_pages, "manager", ("aurora",))
    accounts.revoke(home.store(), email="manager@example.se", actor="test", reason="left")
    assert "Du är inte inloggad längre" in shown(fill(at))
    assert answers_of(home.store(), simulated=False) == []


@slow
def test_a_demos_answers_are_apart_from_real_ones(demo_home: Home, visit_pages: Pages) -> None:
    fill(survey(visit_pages, "manager", ("aurora",)))
    assert len(answers_of(demo_home.store(), simulated=True)) == 1
    assert answers_of(demo_home.store(), simulated=False) == []


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = open_store(sqlite_url(tmp_path / "store.sqlite"))
    migrate(made)
    return made


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("  Större\n skylt ", "Större skylt"),
        ("x" * 501, None),
        ("x" * 5000, None),
        ("a\x00b", None),
        ("<script>", "<script>"),
        ("", ""),
    ],
)
def test_a_comment_is_one_plain_line_of_limited_length(store: Store, comment: str, kept: str | None) -> None:
    made = accounts.invite(
        store, email="a@example.se", role="manager", cafes=["aurora"], known_cafes=["aurora"], actor="test"
    )
    if kept is None:
        with pytest.raises(SurveyRefused) as refused:
            answer(store, made.id, period=FIRST, answers=RIGHT, comment=comment, simulated=False)
        assert refused.value.code == "comment"
        return
    answer(store, made.id, period=FIRST, answers=RIGHT, comment=comment, simulated=False)
    mine = own_answer(store, made.id, period=FIRST)
    assert mine is not None and mine.comment == kept
    assert mine.cafes == ("aurora",)


def test_the_migration_adds_the_table(store: Store) -> None:
    with store.reading() as connection:
        assert inspect(connection).has_table("survey_answers")
