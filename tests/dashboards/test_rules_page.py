"""The page Rules: a manager of the café makes and changes rules; deliveries are shown without words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from operations.webhooks.signing import secret_of
from pipelines.language.labels import THEMES
from storage.home import Home
from storage.store import audit
from storage.store.access import accounts
from storage.store.outgoing import webhook_deliveries as deliveries
from storage.store.outgoing.webhook_deliveries import Attempt
from storage.store.outgoing.webhook_rules import Rule, add_rule, rules_of
from tests.dashboards.conftest import NOW

pytestmark = pytest.mark.slow

Pages = Callable[..., AppTest]
URL = "https://hooks.example/services/hemlig"


def opened(at: AppTest) -> AppTest:
    return at.run().switch_page("views/rules.py").run()


def shown(at: AppTest) -> str:
    assert not at.exception, at.exception
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(part.value for part in at.html)))
    return page.replace("\u00a0", " ")


def made(home: Home, cafe: str = "aurora", **changes: object) -> Rule:
    values = {"name": "Kön", "theme": "queue", "polarity": "negative", "url": URL, "by": "anna@example.se"}
    return add_rule(home.store(), cafe=cafe, known_themes=THEMES, **{**values, **changes})  # type: ignore[arg-type]


def labelled(at: AppTest, kind: str, label: str):
    return next(each for each in at.get(kind) if each.label == label)


def fill(at: AppTest, *, name: str = "Kön till Slack", url: str = URL, theme: str = "queue") -> AppTest:
    labelled(at, "text_input", "Namn").input(name)
    labelled(at, "text_input", "Adress").input(url)
    labelled(at, "selectbox", "Tema").select(theme)
    labelled(at, "selectbox", "Omdöme").select("negative")
    return labelled(at, "button", "Skapa regeln").click().run()


def test_a_manager_makes_a_rule_and_sees_its_secret_once(home: Home, visit_pages: Pages) -> None:
    at = opened(visit_pages("manager", ("aurora",)))
    assert "Kaféet har inga regler än." in shown(at)
    at = fill(at)
    (rule,) = rules_of(home.store())
    secret = secret_of(home.secret(), rule_id=rule.id, generation=1)
    assert [each.value for each in at.code] == [secret]
    assert (rule.cafe, rule.theme, rule.polarity, rule.with_urgent) == ("aurora", "queue", "negative", False)
    assert "Kaféet har en regel som är på." in shown(at)
    assert "hemlig" not in shown(at)  # The address may be a secret, too.
    at = labelled(at, "button", "Jag har sparat den").click().run()
    assert not at.code
    assert secret not in shown(opened(visit_pages("manager", ("aurora",))))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"url": "http://hooks.example/"}, "Adressen ska börja med https://"),
        ({"url": "https://127.0.0.1/"}, "Adressen ska börja med https://"),
        ({"name": " "}, "Ge regeln ett namn"),
    ],
)
def test_an_invalid_rule_is_refused_in_words(
    changes: dict[str, str], expected: str, home: Home, visit_pages: Pages
) -> None:
    at = fill(opened(visit_pages("manager", ("aurora",))), **changes)
    assert expected in shown(at)
    assert rules_of(home.store()) == []


def test_a_rule_is_tested_turned_off_rotated_and_removed(home: Home, visit_pages: Pages) -> None:
    rule = made(home)
    at = opened(visit_pages("manager", ("aurora",)))
    for key in (f"test-{rule.id}", f"turn-{rule.id}", f"rotate-{rule.id}"):
        at = at.button(key=key).click().run()
        assert not at.exception
    assert [each.value for each in at.code] == [secret_of(home.secret(), rule_id=rule.id, generation=2)]
    ((delivery, _),) = deliveries.deliveries_of(home.store(), ["aurora"], most=9)
    assert delivery.session_id is None
    at = at.button(key=f"send-remove-{rule.id}").click().run()
    assert "Bekräfta först" in shown(at)
    at.checkbox(key=f"sure-{rule.id}").check()
    at = at.button(key=f"send-remove-{rule.id}").click().run()
    assert rules_of(home.store()) == []
    actions = [each.action for each in audit.recent(home.store(), 4)]
    assert actions == ["rule.removed", "rule.rotate", "rule.off", "rule.test"]
    assert audit.recent(home.store(), 1)[0].actor == "manager@example.se"


def test_each_attempt_is_shown_and_a_delivery_is_sent_again(home: Home, visit_pages: Pages) -> None:
    rule, store = made(home), home.store()
    delivery_id = deliveries.plan_test(store, rule.id, by="anna")
    for number, outcome in ((1, "too_slow"), (2, "ok")):
        (due,) = deliveries.due_deliveries(store, now=store.now(), most=1)
        deliveries.claim(store, due, now=NOW)
        attempt = Attempt(
            delivery_id, number, NOW + timedelta(minutes=number), 1234, 200 if number == 2 else 0, outcome
        )  # type: ignore[arg-type]
        state = "delivered" if number == 2 else "waiting"
        deliveries.record_attempt(store, attempt, state=state, next_at=NOW)  # type: ignore[arg-type]
    at = opened(visit_pages("manager", ("aurora",)))
    rows = at.dataframe[0].value.to_dict("records")
    assert [(row["Resultat"], row["HTTP"], row["Försök"], row["Tid"]) for row in rows] == [
        ("Framme", "200", "2", "23 nov. 14:34"),
        ("Mottagaren svarade inte i tid", "–", "1", "23 nov. 14:33"),
    ]
    assert rows[0]["Svarstid (ms)"].replace("\u00a0", " ") == "1 234"
    at = labelled(at, "button", "Skicka igen").click().run()
    assert "skickas igen om några sekunder" in shown(at)
    assert [each.id for each in deliveries.due_deliveries(store, now=NOW, most=9)] == [delivery_id]


def test_support_reads_the_rules_and_changes_nothing(home: Home, visit_pages: Pages) -> None:
    made(home)
    at = opened(visit_pages("support"))
    assert "Kaféet har en regel som är på." in shown(at)
    assert not [each for each in at.button if (each.key or "").startswith(("test-", "turn-", "rotate-", "add-"))]
    assert not at.text_input


def test_another_cafes_rules_are_not_shown(home: Home, visit_pages: Pages) -> None:
    made(home, "malmohuset", name="Malmös regel")
    at = visit_pages("manager", ("aurora",))
    at.query_params["kafe"] = "malmohuset"
    assert "Malmös" not in shown(opened(at))


def test_a_manager_whose_cafe_was_taken_away_can_no_longer_act(home: Home, visit_pages: Pages) -> None:
    rule = made(home)
    at = opened(visit_pages("manager", ("aurora",)))
    accounts.invite(
        home.store(), email="manager@example.se", role="manager", cafes=["malmohuset"],
        known_cafes=home.cafes().ids, actor="test",
    )  # fmt: skip
    at.button(key=f"turn-{rule.id}").click().run()
    assert rules_of(home.store())[0].state == "on"
