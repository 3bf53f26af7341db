"""The page QR codes: printing, the last scan, silent codes, replacing with history, a further place."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from pilot.lake_tables.tables import SESSIONS
from storage.home import Home
from storage.store import audit
from storage.store.cafes import codes
from tests.dashboards.conftest import NOW, TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_cafes_page import send
from tests.dashboards.test_pages import shown

pytestmark = pytest.mark.slow

Pages = Callable[..., AppTest]


@pytest.fixture
def coded(demo_home: Home) -> tuple[Home, dict[str, codes.Code]]:
    """Return a demo home whose café has two codes of this morning, one of them scanned a moment ago."""
    store = demo_home.store()
    real, store.now = store.now, lambda: NOW - timedelta(hours=5)
    made = {
        label: codes.issue(store, cafe="aurora", label=label, actor="tests") for label in ("table", "Fönsterbordet")
    }
    made["other"] = codes.issue(store, cafe="goteborg", label="table", actor="tests")
    store.now = real
    make_day(demo_home.cafes(), TODAY, simulated=True).write(demo_home.lake())
    sessions = demo_home.lake().read(SESSIONS, days=[TODAY])
    here = pl.when(pl.col("cafe") == "aurora")
    sessions = sessions.with_columns(
        code=here.then(pl.lit(made["table"].code)),
        opened_at=here.then(pl.lit(NOW - timedelta(minutes=10))).otherwise("opened_at"),
    )
    demo_home.lake().replace_partition(SESSIONS, TODAY, sessions, commit={})
    return demo_home, made


def page(visit_pages: Pages, *account: object) -> AppTest:
    return visit_pages(*(account or ("manager", ("aurora",)))).run().switch_page("views/qr_codes.py").run()


def test_each_code_shows_its_links_last_scan_and_silence(coded, visit_pages: Pages):
    _, made = coded
    text = shown(page(visit_pages))
    assert "1 av 2 koder har inte skannats på två timmar" in text
    assert text.count("Tyst i två timmar") == 1
    assert "Senast skannad 23 nov. 14:22." in text
    assert "Inte skannad de senaste 30 dagarna." in text
    assert f"http://127.0.0.1:8000/c/{made['table'].code}" in text
    assert f"http://127.0.0.1:8000/test/{made['table'].code}" in text
    assert "Bord ·" in text
    assert made["other"].code not in text


def test_a_replaced_code_is_invalid_and_stays_in_the_history(coded, visit_pages: Pages):
    home, made = coded
    old = made["table"]
    at = send(page(visit_pages), f"replace-{old.code}", reason="utsliten skylt")
    (new,) = [one for one in codes.of_cafe(home.store(), "aurora") if one.label == "table" and not one.retired_at]
    assert new.code != old.code
    assert codes.find(home.store(), old.code).retired_at is not None
    assert f"Bord har fått koden {new.code}." in shown(at)
    history = next(each.value for each in at.dataframe if "Vad som hände" in each.value.columns)
    assert history["Vad som hände"].tolist()[:2] == [f"utbytt mot {new.code}", f"utgiven i stället för {old.code}"]
    assert set(history["Orsak"].tolist()[:2]) == {"utsliten skylt"}
    found = {one.action: one for one in audit.recent(home.store(), 2)}
    assert found["code.issue"].details["replaces"] == old.code
    assert found["code.retire"].actor == "manager@example.se"


def test_a_code_is_retired_only_with_a_reason(coded, visit_pages: Pages):
    home, made = coded
    code = made["Fönsterbordet"].code
    at = send(page(visit_pages), f"retire-{code}", reason=" ")
    assert "Skriv en orsak" in shown(at)
    assert codes.find(home.store(), code).retired_at is None
    send(at, f"retire-{code}", reason="bordet är borta")
    assert codes.find(home.store(), code).retired_at is not None


def test_a_place_is_added_and_an_empty_name_is_refused(coded, visit_pages: Pages):
    home, _ = coded
    at = page(visit_pages)
    at.button(key="add-send-aurora").click().run()
    assert "Skriv platsens namn med högst 40 tecken." in shown(at)
    at.text_input(key="place-aurora").set_value("  Uteserveringen,   vänster ")
    at.button(key="add-send-aurora").click().run()
    assert "Uteserveringen, vänster har fått koden" in shown(at)
    assert "Uteserveringen, vänster" in {one.label for one in codes.active(home.store())}


def test_the_printed_sheets_hold_a_page_for_each_code(coded):
    from operations.codes.sheet import sheet_pdf

    home, made = coded
    some = [made["table"], made["Fönsterbordet"]]
    found = PdfReader(io.BytesIO(sheet_pdf(home.cafes().get("aurora"), some, public_url="https://pilot.example")))
    assert len(found.pages) == 2
    for sheet, code in zip(found.pages, some, strict=True):
        assert sheet.extract_text().count(f"pilot.example/c/{code.code}") == 4
    assert [round(float(side)) for side in found.pages[0].mediabox[2:]] == [595, 842]


def test_a_cafe_without_codes_is_asked_to_add_a_place(demo_home: Home, visit_pages: Pages):
    at = page(visit_pages)
    assert "Kaféet har ingen kod än." in shown(at)
    assert at.text_input(key="place-aurora")
