"""The page Customers per day: gaps, entry by hand, corrections with a reason, a till's file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from storage.home import Home
from storage.store import audit
from storage.store.cafes import customer_counts
from tests.dashboards.conftest import TODAY
from tests.dashboards.test_pages import shown

pytestmark = pytest.mark.slow

Pages = Callable[..., AppTest]
YESTERDAY = TODAY - timedelta(days=1)
MANAGER = ("manager", ("aurora",))


@pytest.fixture
def counted(demo_home: Home) -> Home:
    """Return a demo home in which all but two of thirty days are counted, one of them through the API."""
    for back in range(1, 30):
        if back not in (3, 5):
            source = "api" if back == 2 else "manager"
            report(demo_home, TODAY - timedelta(days=back), 700 + back, source=source)
    return demo_home


def report(home: Home, day: date, customers: int, *, source: str = "manager", cafe: str = "aurora") -> None:
    customer_counts.report(
        home.store(), cafe=cafe, day=day, customers=customers, source=source, actor="tests", simulated=True
    )


def page(visit_pages: Pages, *account: object) -> AppTest:
    return visit_pages(*(account or MANAGER)).run().switch_page("views/customers.py").run()


def current(home: Home, day: date) -> tuple[int, str] | None:
    found = customer_counts.current_reports(home.store(), [day], simulated=True).get(("aurora", day))
    return None if found is None else (found.customers, found.source)


def upload(at: AppTest, body: str, *, name: str = "kassa.csv") -> AppTest:
    at.file_uploader[0].set_value([(name, body.encode(), "text/csv")])
    return at.run()


def days_table(at: AppTest):
    return next(each.value for each in at.dataframe if "Källa" in each.value.columns and "Dag" in each.value.columns)


def test_the_gaps_of_thirty_and_sixty_days_and_each_days_source_are_shown(counted: Home, visit_pages: Pages):
    at = page(visit_pages)
    assert "Antalet kunder saknas för 2 dagar av de senaste 30." in shown(at)
    table = days_table(at)
    assert table["Kunder"].tolist()[0] == "dagen pågår"
    assert table["Kunder"].tolist().count("saknas") == 2
    assert table["Källa"].tolist()[1:3] == ["rapporterat för hand", "från kassasystemet"]
    at.selectbox(key="dagar").set_value("60").run()
    assert "saknas för 32 dagar av de senaste 60" in shown(at)
    assert len(days_table(at)) == 60


def test_the_latest_gap_is_offered_first_and_is_filled_in(counted: Home, visit_pages: Pages):
    at = page(visit_pages)
    choice = at.selectbox(key="count-day-aurora")
    assert choice.value == TODAY - timedelta(days=3)
    assert choice.options[0].endswith("– saknas")
    at.number_input[0].set_value(655)
    at.button(key=f"send-aurora-{choice.value}").click().run()
    assert current(counted, choice.value) == (655, "manager")
    assert "Sparat: 655 kunder." in shown(at)
    assert "saknas för en dag av de senaste 30" in shown(at)
    assert at.selectbox(key="count-day-aurora").value == choice.value


def test_a_correction_without_a_reason_changes_nothing(counted: Home, visit_pages: Pages):
    at = page(visit_pages)
    at.selectbox(key="count-day-aurora").set_value(YESTERDAY).run()
    at.number_input[0].set_value(9)
    at.text_input(key=f"why-aurora-{YESTERDAY}").set_value("   ")
    at.button(key=f"send-aurora-{YESTERDAY}").click().run()
    assert "Skriv varför talet rättas" in shown(at)
    assert current(counted, YESTERDAY) == (701, "manager")


def test_a_correction_keeps_the_earlier_number_with_reason_and_actor(counted: Home, visit_pages: Pages):
    at = page(visit_pages)
    at.selectbox(key="count-day-aurora").set_value(YESTERDAY).run()
    at.number_input[0].set_value(690)
    at.text_input(key=f"why-aurora-{YESTERDAY}").set_value("personalköp räknades med")
    at.button(key=f"send-aurora-{YESTERDAY}").click().run()
    (entry,) = [one for one in audit.recent(counted.store(), 1) if one.action == "customer_count.report"]
    assert (entry.actor, entry.reason) == ("manager@example.se", "personalköp räknades med")
    assert (entry.details["before"], entry.details["customers"]) == (701, 690)
    earlier = next(each.value for each in at.dataframe if "Orsak" in each.value.columns)
    assert earlier["Kunder"].tolist() == ["690", "701"]
    assert earlier["Orsak"].tolist() == ["personalköp räknades med", ""]


DAILY = "Datum;Antal kunder\n{a};650\n{b};701\n{c};999\n{today};10\n"


def test_a_tills_file_shows_its_plan_and_writes_only_after_the_confirmation(counted: Home, visit_pages: Pages):
    gap, same, other = (TODAY - timedelta(days=back) for back in (3, 1, 2))
    at = upload(page(visit_pages), DAILY.format(a=gap, b=same, c=other, today=TODAY))
    plan = next(each.value for each in at.dataframe if "Ändring" in each.value.columns)
    changes = dict(zip(plan["Kunder"], plan["Ändring"], strict=True))
    assert changes["650"] == "nytt"
    assert changes["999"] == "ersätter 702 (från kassasystemet, tests)"
    assert "kaféet är fortfarande öppet" in shown(at)
    assert current(counted, gap) is None
    at.button(key="import-confirm").click().run()
    assert "Skriv varför talen ersätts" in shown(at)
    assert current(counted, gap) is None
    next(each for each in at.text_input if each.key.startswith("why-") and "aurora" not in each.key).set_value("facit")
    at.button(key="import-confirm").click().run()
    assert "Sparat: 1 nya dagar, 2 rättade" in shown(at)
    assert current(counted, gap) == (650, "till")
    assert current(counted, other) == (999, "till")
    assert current(counted, TODAY) is None
    reasons = {one.subject[-10:]: one.reason for one in audit.recent(counted.store(), 3)}
    assert (reasons[gap.isoformat()], reasons[other.isoformat()]) == ("", "facit")


def test_another_cafes_days_are_untouched_by_an_import(counted: Home, visit_pages: Pages):
    gap = TODAY - timedelta(days=3)
    at = upload(page(visit_pages), f"Datum;Butik;Antal kunder\n{gap};Malmö Huset;5\n{gap};Café Aurora;7\n")
    assert "Ett annat kafé: 1" in shown(at) or "ett annat kafé: 1" in shown(at)
    at.button(key="import-confirm").click().run()
    assert current(counted, gap) == (7, "till")
    assert {cafe for cafe, _ in customer_counts.current_reports(counted.store(), [gap], simulated=True)} == {"aurora"}


REFUSED = {
    "workbook": ("PK\x03\x04abc", "är en Excel-bok"),
    "no_text": ("\0\0", "är tom eller ingen textfil"),
    "no_headings": ("a;b\n1;2\n", "har ingen rubrikrad"),
    "unclosed": (f'Datum;Antal kunder\n{YESTERDAY};"7\n2026-11-20;8\n', "ett citattecken som drar med sig raderna"),
    "negative": (f"Datum;Antal kunder\n{YESTERDAY};-4\n", "ett negativt tal. Där ska stå ett helt tal"),
    "decimals": (f"Datum;Antal kunder\n{YESTERDAY};4,5\n", "ett tal med decimaler"),
    "words": (f"Datum;Antal kunder\n{YESTERDAY};många\n", "text. Där ska stå ett helt tal"),
    "future": (f"Datum;Antal kunder\n{TODAY + timedelta(days=2)};4\n", "en dag som inte har varit än"),
    "no day": ("Datum;Antal kunder\n2026-02-31;4\n", "en dag som inte finns"),
    "two numbers": (f"Datum;Antal kunder\n{YESTERDAY};4\n{YESTERDAY};5\n", "ett annat antal för en dag"),
    "too large": (f"Datum;Antal kunder\n{YESTERDAY};90000\n", "ett för stort tal för en dag"),
    "other cafe": (f"Malmö Huset\nDatum;Antal kunder\n{YESTERDAY};4\n", "nämner ett annat kafé"),
}


def test_a_refused_file_says_why_in_the_readers_language(counted: Home, visit_pages: Pages):
    before = current(counted, YESTERDAY)
    at = page(visit_pages)
    for case, (body, words) in REFUSED.items():
        upload(at, body)
        assert not at.exception, case
        assert "Inget är sparat" in shown(at), case
        assert words in shown(at), case
        assert not any(each.key == "import-confirm" for each in at.button), case
    assert current(counted, YESTERDAY) == before


def test_a_questions_answer_changes_the_plan_and_can_be_taken_back(counted: Home, visit_pages: Pages):
    gap = TODAY - timedelta(days=3)
    receipts = f"Datum;Kvittonr;Belopp;Status\n{gap};1;45,00;Betald\n{gap};2;45,00;Snurrig\n{gap};3;45,00;Betald\n"
    at = upload(page(visit_pages), receipts)
    assert "är ”Snurrig” en betald försäljning?" in at.radio[0].label
    assert not any(each.key == "import-confirm" for each in at.button)
    answer = next(each for each in at.button if each.label == "Svara")
    answer.click().run()
    assert "Välj ett svar först." in shown(at)
    at.radio[0].set_value(1)
    next(each for each in at.button if each.label == "Svara").click().run()
    plan = next(each.value for each in at.dataframe if "Ändring" in each.value.columns)
    assert plan["Kunder"].tolist() == ["2"]
    at.button(key="import-confirm").click().run()
    assert current(counted, gap) == (2, "till")


def test_who_may_not_change_the_cafe_reads_only(counted: Home, visit_pages: Pages):
    at = page(visit_pages, "support")
    assert "saknas för 2 dagar" in shown(at)
    assert not at.file_uploader
    assert not at.number_input


def test_before_the_pilot_no_day_is_missing(home: Home, visit_pages: Pages, monkeypatch):
    first = home.cafes().pilot.first_day
    moment = datetime.fromisoformat(f"{first - timedelta(days=2)}T12:00:00+00:00")
    monkeypatch.setattr("dashboards.visit.now", lambda: moment)
    at = page(visit_pages)
    assert "Piloten har inte börjat än" in shown(at)
    assert not at.dataframe
