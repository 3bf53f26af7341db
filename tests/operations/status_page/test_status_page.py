"""The customers' status page: plain files, true to the switches and incidents."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from entrance.app import create_app
from operations.status_page.build import build, rebuild
from operations.system import CHECKOUT
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store.cafes import cafe_states, switches
from storage.store.incidents import incidents, public_status

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    settings = Settings(
        home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml", status_folder=tmp_path / "elsewhere"
    )
    opened = open_home(settings)
    store = opened.store()
    store.now = lambda: NOON
    opened.store = lambda: store  # type: ignore[method-assign] # one store, for its clock
    return opened


def shown(home: Home) -> tuple[str, str, dict]:
    _, folder = build(home)
    pages = [(folder / name).read_text(encoding="utf-8") for name in ("index.html", "en.html")]
    return pages[0], pages[1], json.loads((folder / "status.json").read_text(encoding="utf-8"))


def turn(home: Home, name: str, **more: object) -> None:
    switches.turn(home.store(), name, on=True, actor="siv", reason="the inner reason", **more)  # type: ignore[arg-type]


def opened(home: Home, kind: str, severity: int = 1) -> str:
    return incidents.open_incident(
        home.store(),
        kind=kind,
        severity=severity,
        title="the inner title",
        cafes=["aurora"],
        actor="siv",
        public=("Vi letar efter felet.", "We look for the fault."),
    ).id


def test_all_is_well_in_both_languages_and_every_file_is_readable_by_a_web_server(home: Home) -> None:
    swedish, english, facts = shown(home)
    assert '<html lang="sv">' in swedish and "Allt fungerar</h1>" in swedish and "Inga störningar." in swedish
    assert '<html lang="en">' in english and "Everything works</h1>" in english
    assert facts["level"] == "ok" and facts["incidents"] == []
    folder = home.settings.status_folder
    assert folder is not None
    assert {each.name for each in folder.iterdir()} == {"index.html", "en.html", "status.css", "status.json"}
    assert all(each.stat().st_mode & 0o777 == 0o644 for each in folder.iterdir())
    for page in (swedish, english):
        assert "<script" not in page and "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("switch", "part", "level", "whole"),
    [
        ("maintenance", "guests", "maintenance", "maintenance"),
        ("maintenance", "pages", "maintenance", "maintenance"),
        ("fallback", "voice", "degraded", "degraded"),
        ("rewards_stopped", "rewards", "degraded", "degraded"),
        ("performance", "voice", "ok", "ok"),
    ],
)
def test_a_switch_is_shown_without_its_inner_reason(home: Home, switch, part, level, whole) -> None:
    turn(home, switch)
    swedish, english, facts = shown(home)
    assert (facts["parts"][part], facts["level"]) == (level, whole)
    assert "inner" not in swedish + english + json.dumps(facts)


@pytest.mark.parametrize(
    ("kind", "severity", "part", "level"),
    [
        ("down", 1, "guests", "down"),
        ("down", 2, "guests", "degraded"),
        ("voice", 2, "voice", "degraded"),
        ("payments", 1, "rewards", "down"),
        ("pages", 3, "pages", "degraded"),
    ],
)
def test_an_incident_is_shown_by_its_public_words_until_it_is_closed(home: Home, kind, severity, part, level) -> None:
    incident = opened(home, kind, severity)
    incidents.add_note(home.store(), incident, kind="note", note="an inner note", actor="siv")
    swedish, english, facts = shown(home)
    assert (facts["parts"][part], facts["level"]) == (level, level)
    assert "Vi letar efter felet." in swedish and "We look for the fault." in english
    incidents.close_incident(
        home.store(), incident, cause="an inner cause", actor="siv", public=("Felet är avhjälpt.", "Mended.")
    )
    swedish, english, facts = shown(home)
    assert (facts["parts"][part], facts["level"]) == ("ok", "ok")
    assert swedish.index("Felet är avhjälpt.") < swedish.index("Vi letar efter felet.")
    assert "Från 23 november kl. 12.00 till 23 november kl. 12.00" in swedish
    assert "inner" not in swedish + english + json.dumps(facts)


def test_an_incident_without_public_words_is_not_shown_at_all(home: Home) -> None:
    incidents.open_incident(
        home.store(), kind="security", severity=1, title="A stolen key", cafes=["aurora"], actor="siv"
    )
    swedish, english, facts = shown(home)
    assert facts["level"] == "ok" and facts["incidents"] == []
    assert "Säkerhet" not in swedish and "Security" not in english


@pytest.mark.parametrize(
    ("end", "swedish", "english"),
    [
        ("2026-11-23T13:30", "klara 23 november kl. 14.30.", "done 23 November at 14:30."),
        # An hour that comes twice, and the hour after one that does not exist.
        ("2026-10-25T01:30", "klara 25 oktober kl. 02.30.", "done 25 October at 02:30."),
        ("2027-03-28T01:30", "klara 28 mars kl. 03.30.", "done 28 March at 03:30."),
    ],
)
def test_the_expected_end_of_maintenance_is_shown(home: Home, end, swedish, english) -> None:
    turn(home, "maintenance", until=datetime.fromisoformat(end).replace(tzinfo=UTC))
    pages = shown(home)
    assert swedish in pages[0] and english in pages[1]


def test_an_operators_own_words_are_shown_first_and_escaped(home: Home) -> None:
    own = {"text_sv": "Kassan <b>strular</b> & dröjer.", "text_en": "The till is late."}
    public_status.set_status(home.store(), level="degraded", actor="siv", reason="till", **own)
    swedish, english, facts = shown(home)
    assert "Kassan &lt;b&gt;strular&lt;/b&gt; &amp; dröjer." in swedish and "The till is late." in english
    assert facts["level"] == "degraded"


def test_old_incidents_leave_the_page_and_paused_cafes_are_named(home: Home) -> None:
    incident = opened(home, "down")
    incidents.close_incident(home.store(), incident, cause="A disk.", actor="siv")
    cafe_states.pause(home.store(), "goteborg", actor="siv", reason="the inner reason")
    home.store().now = lambda: NOON + timedelta(days=13, hours=23)
    assert len(shown(home)[2]["incidents"]) == 1
    home.store().now = lambda: NOON + timedelta(days=14, hours=1)
    swedish, _, facts = shown(home)
    assert facts["incidents"] == []
    assert "Tar inte emot svar just nu: Göteborg Café." in swedish


def test_a_folder_that_cannot_be_written_undoes_no_change(home: Home, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("a file, not a folder")
    turn(home, "maintenance")
    assert not rebuild(home)
    assert switches.find(home.store(), "maintenance").is_on


def test_the_page_is_seen_beside_the_sign_in_without_signing_in(home: Home) -> None:
    browser = TestClient(create_app(home), base_url="http://127.0.0.1:8500", follow_redirects=True)
    assert browser.get("/status/").status_code == 404
    build(home)
    page: httpx.Response = browser.get("/status/")
    assert page.status_code == 200 and "Allt fungerar" in page.text
    style = re.search(r'href="(status\.css)"', page.text)
    assert style is not None and browser.get(f"/status/{style[1]}").headers["content-type"].startswith("text/css")
    assert browser.get("/status/en.html").status_code == 200
    assert browser.get("/status/../home/.secret").status_code == 404
