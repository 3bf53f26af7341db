"""Customers, QR codes and rewards in a real Chromium: each page's action, axe, nothing cut off."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pypdf import PdfReader

from payouts.deciding import decide_sessions
from payouts.voucher_codes import voucher_code
from pilot.business_days import business_day
from storage.home import Home
from storage.store.cafes import codes, customer_counts
from storage.store.rewards import decisions, vouchers
from tests.dashboards.conftest import ROOT, sign_in
from tests.dashboards.lake_days import make_day
from tests.dashboards.served_pages import AXE_RULES, Address, SignedIn, demo_home_in, launched, serve
from tests.payouts.test_deciding import candidate

pytestmark = [pytest.mark.browser, pytest.mark.processes]

JSQR = ROOT / "voice_edge" / "http" / "static" / "jsqr.js"
DECODED = """picture => {
  const { naturalWidth: width, naturalHeight: height } = picture;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  return jsQR(context.getImageData(0, 0, width, height).data, width, height)?.data;
}"""
SCREENS = [((390, 844), "dark"), ((1440, 900), "light")]


@dataclass
class Served:
    """The served home of one café's manager."""

    home: Home
    address: Address
    today: date
    chromium: SignedIn

    def visit(self, path: str, *, size: tuple[int, int] = (390, 844), scheme: str = "light") -> Page:
        viewport = {"width": size[0], "height": size[1]}
        page = self.chromium.new_page(viewport=viewport, color_scheme=scheme, locale="sv-SE", accept_downloads=True)
        page.goto(f"{self.address}/{path}")
        page.locator(".pf-head h1").wait_for()
        return page

    def count(self, day: date) -> tuple[int, str] | None:
        found = customer_counts.current_reports(self.home.store(), [day], simulated=True, cafe="aurora")
        report = found.get(("aurora", day))
        return None if report is None else (report.customers, report.source)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("manager")
    home = demo_home_in(folder)
    today = business_day(datetime.now(UTC))
    make_day(home.cafes(), today, simulated=True).write(home.lake())
    for back in (0, *range(3, 30)):  # today too: its count is missing once the café has closed
        customer_counts.report(
            home.store(), cafe="aurora", day=today - timedelta(days=back), customers=700 + back, source="manager",
            actor="tests", simulated=True,
        )  # fmt: skip
    codes.issue(home.store(), cafe="aurora", label="table", actor="tests")
    decide_sessions(
        home.store(),
        [candidate(session_id="guest", day=today), candidate(session_id="held", day=today, held_until=datetime.now(UTC),
                                                             reasons=("ring",))],
        cafes=home.cafes(), secret=home.secret(), decided_by="watch",
    )  # fmt: skip
    token = sign_in(home, role="manager", cafes=("aurora",))
    with serve(home, log=folder / "log") as address, launched() as browser:
        address.token = token
        yield Served(home, address, today, SignedIn(browser, token))


def check(page: Page, width: int) -> None:
    """Assert that axe finds nothing, Streamlit's frame is Swedish, and nothing is cut off."""
    found = Axe().run(page, options=AXE_RULES)
    assert {one["id"]: [node["target"] for node in one["nodes"]] for one in found.response["violations"]} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth <= main.clientWidth")
    for english in ("Upload", "Drag and drop", "per file", "Press Enter"):
        assert page.get_by_text(english, exact=english == "Upload").count() == 0, english


def saved(page: Page, button: str) -> bytes:
    """Return the file that a button saves."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return Path(waiting.value.path()).read_bytes()


def test_a_manager_enters_a_day_and_imports_a_tills_file(served: Served, tmp_path: Path) -> None:
    first, second = served.today - timedelta(days=1), served.today - timedelta(days=2)
    for size, scheme in SCREENS:
        page = served.visit("kunder", size=size, scheme=scheme)
        page.get_by_text("saknas för 2 dagar av de senaste 30").wait_for()
        page.get_by_role("button", name="Spara som CSV").wait_for()
        check(page, size[0])
    assert saved(page, "Spara som CSV").decode("utf-8-sig").splitlines()[0] == "Dag,Kunder,Källa,Av,När"
    page.get_by_role("spinbutton").fill("655")
    page.get_by_role("button", name="Spara antalet").click()
    page.get_by_text("Sparat: 655 kunder.").wait_for()
    assert served.count(first) == (655, "manager")
    rows = [f"{second};{number};45,00;{'Snurrig' if number == 9 else 'Betald'}" for number in range(1, 40)]
    file = tmp_path / "kassa.csv"
    file.write_text("Datum;Kvittonr;Belopp;Status\n" + "\n".join(rows), encoding="utf-8")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("är ”Snurrig” en betald försäljning?").wait_for()
    assert page.get_by_role("button", name="Spara en dag").count() == 0
    page.get_by_text("Nej, räkna dem inte").click()
    page.get_by_role("button", name="Svara").click()
    page.get_by_role("button", name="Spara en dag").wait_for()
    check(page, 1440)
    assert served.count(second) is None
    page.get_by_role("button", name="Spara en dag").click()
    page.get_by_text("Sparat: 1 nya dagar").wait_for()
    assert served.count(second) == (38, "till")
    page.close()


def test_a_manager_prints_replaces_and_adds_codes(served: Served, tmp_path: Path) -> None:
    (old,) = codes.active(served.home.store())
    for size, scheme in SCREENS:
        page = served.visit("qr-koder", size=size, scheme=scheme)
        page.get_by_role("heading", name=f"Bord · {old.code}").wait_for()
        page.get_by_role("button", name="Spara som CSV").wait_for()
        check(page, size[0])
    sheet = PdfReader(io.BytesIO(saved(page, "Skriv ut alla ark")))
    assert f"127.0.0.1:8000/c/{old.code}" in sheet.pages[0].extract_text()
    page.add_script_tag(path=JSQR)
    assert page.get_by_alt_text("QR-kod för Bord").evaluate(DECODED) == f"http://127.0.0.1:8000/c/{old.code}"
    page.locator("summary", has_text="Byt ut eller dra in").click()
    form = page.locator("[data-testid=stForm]").filter(has_text="Platsen får en ny kod")
    form.get_by_label("Orsak").fill("utsliten skylt")
    form.get_by_text("Jag är säker").click()
    form.get_by_role("button", name="Byt ut koden").click()
    page.get_by_text("Bord har fått koden").wait_for()
    check(page, 1440)
    (new,) = codes.active(served.home.store())
    assert new.code != old.code
    page.get_by_label("Platsens namn").fill("Uteserveringen")
    page.get_by_role("button", name="Lägg till", exact=True).click()
    page.get_by_text("Uteserveringen har fått koden").wait_for()
    assert {one.label for one in codes.active(served.home.store())} == {"table", "Uteserveringen"}
    page.close()


def test_a_manager_redeems_a_voucher_once_and_undoes_it(served: Served) -> None:
    decision = decisions.find(served.home.store(), "guest")
    assert decision is not None
    code = voucher_code(served.home.secret(), decision.reward_id, 1)

    def state() -> str:
        voucher = vouchers.of_reward(served.home.store(), decision.reward_id)
        assert voucher is not None
        return voucher.state

    for size, scheme in SCREENS:
        page = served.visit("beloningar", size=size, scheme=scheme)
        page.get_by_label("Gästens kod").fill(code)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Kupongen gäller: 30").wait_for()
        page.get_by_role("button", name="Spara som CSV").wait_for()
        check(page, size[0])
    phone = served.visit("beloningar")
    phone.get_by_role("button", name="Visa sidopanelen").click()
    phone.get_by_role("link", name="QR-koder", exact=True).click()
    phone.get_by_role("button", name="Skriv ut alla ark").click(trial=True)  # The menu covers nothing any more.
    phone.close()
    button = page.get_by_role("button", name="Lös in 30")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("är inlöst. Dra inte av något.").wait_for()
    assert state() == "redeemed"
    page.get_by_role("button", name="Ångra").click()
    page.get_by_text("går att lösa in igen").wait_for()
    assert state() == "issued"
    page.get_by_label("Gästens kod").fill("H7KM-3QWX")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("Vi hittar inte koden").wait_for()
    check(page, 1440)
    page.close()
