"""An erased guest's words are in no file of any report."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from pypdf import PdfReader

from operations.erasure.carry_out import carry_out
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from reports.files import MODEL, erase_from_reports, save_report, saved_model
from reports.folder import REPORTS
from reports.model import Model, frozen
from storage.home import Home, open_home
from tests.events import Story
from tests.operations.erasure.test_carry_out import WORDS, build, publish, request_erasure, state

NAME = "2026-11-29"
QUOTE = "Kanelbullens glasyr smakade tvål och fiolerna spelade falskt"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "hem"))


@pytest.fixture
def story(home: Home) -> Story:
    found = Story().opens().starts().consents().says(WORDS, mode="text").completes()
    publish(home.segments(), found.events, replica="edge1", identifier=new_identifier())
    build(home)
    return found


def quoted(model: Model, *sessions: str) -> Model:
    quote = {"day": "2026-11-23", "cafe": "aurora", "theme": "food", "polarity": "negative"}
    texts = [QUOTE, "Kaffet var varmt och gott som alltid"]
    return frozen(
        {
            **model,
            "quotes": [quote | {"session_id": each, "text": text} for each, text in zip(sessions, texts, strict=False)],
        }
    )


def words_in(home: Home) -> list[str]:
    """Return the report files with the guest's words, text of the PDF and attachments included."""
    found = []
    for path in sorted((home.root / REPORTS).rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            texts = [content.decode("utf-8", "replace")]
            if path.suffix == ".pdf":
                texts += [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
                with pikepdf.open(io.BytesIO(content)) as pdf:
                    texts += [each.get_file().read_bytes().decode() for each in pdf.attachments.values()]
            if any("glasyr" in text for text in texts):
                found.append(path.name)
    return found


def test_an_erasure_freezes_an_approved_report_anew_without_the_quote(home: Home, story: Story, model: Model) -> None:
    before = quoted(model, story.session_id, "another")
    save_report(home, before, name=NAME, languages=["sv"])
    assert words_in(home) == ["model.json", "report.sv.html", "report.sv.pdf"]
    request_erasure(home, story)
    now = datetime.now(UTC)
    carry_out(home, now=now, grace=timedelta(0))
    assert words_in(home) == []
    after = saved_model(home, NAME)
    assert after is not None
    assert [each["session_id"] for each in after["quotes"]] == ["another"]
    assert after["hash"] != before["hash"]
    assert {path.name for path in (home.root / REPORTS / NAME).iterdir()} == {MODEL, "report.sv.pdf", "report.sv.html"}
    assert state(home, story)[0] == "done"


def test_a_report_without_the_guest_stays_as_it_is(home: Home, model: Model) -> None:
    files = save_report(home, quoted(model, "another"), name=NAME, languages=["en"])
    before = [path.read_bytes() for path in files]
    assert erase_from_reports(home, {"somebody"}) == 0
    assert [path.read_bytes() for path in files] == before


def test_a_report_that_was_changed_by_hand_is_deleted(home: Home, model: Model) -> None:
    files = save_report(home, quoted(model, "another"), name=NAME, languages=[])
    files[0].write_text(files[0].read_text("utf-8").replace("Kanelbullens", "Semlans"), "utf-8")
    assert erase_from_reports(home, {"somebody"}) == 1
    assert list((home.root / REPORTS / NAME).iterdir()) == []


def test_a_home_without_reports_is_left_alone(home: Home) -> None:
    assert erase_from_reports(home, {"somebody"}) == 0
    assert not (home.root / REPORTS).exists()
