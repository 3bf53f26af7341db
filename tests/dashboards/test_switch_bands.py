"""In maintenance pages are read and nothing is changed; switches and paused cafés have a band."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from storage.errors import StoreReadOnly
from storage.home import Home
from storage.store import audit
from storage.store.cafes import cafe_states, codes, switches
from storage.store.engine import ReadOnlyStore
from tests.dashboards.conftest import NOW
from tests.dashboards.test_cafes_page import cafes_page, send
from tests.dashboards.test_pages import shown

Pages = Callable[..., AppTest]


def turn(home: Home, name: str, on: bool = True) -> None:
    until = NOW + timedelta(hours=1) if name == "maintenance" else None
    switches.turn(home.store(), name, on=on, actor="siv", reason="ny disk", until=until)  # type: ignore[arg-type]


def test_in_maintenance_a_page_is_read_with_a_band_and_a_change_is_refused_in_words(home: Home, visit_pages: Pages):
    turn(home, "maintenance")
    before = audit.recent(home.store(), 50)
    at = cafes_page(visit_pages)
    assert "Underhåll pågår" in shown(at) and "Orsak: ny disk." in shown(at)
    assert "Beräknas vara klart 15:32." in shown(at)
    at = send(at, "pause-aurora", reason="vattenläcka")
    assert "Ändringen är inte sparad" in shown(at)
    assert not cafe_states.find(home.store(), "aurora").paused
    assert audit.recent(home.store(), 50)[-len(before) :] == before
    turn(home, "maintenance", on=False)
    at = send(cafes_page(visit_pages), "pause-aurora", reason="vattenläcka")
    assert "Underhåll pågår" not in shown(at) and "Café Aurora är pausat." in shown(at)


@pytest.mark.parametrize("role", ["manager", "support", "pilot_manager", "data"])
def test_every_role_sees_the_bands_of_its_own_cafes(home: Home, visit_pages: Pages, role: str):
    turn(home, "fallback")
    cafe_states.pause(home.store(), "aurora", actor="siv", reason="ombyggnad")
    cafe_states.pause(home.store(), "goteborg", actor="siv", reason="semester")
    at = visit_pages(role, ("aurora",)).run()
    assert "Gästerna kan bara skriva" in shown(at)
    assert "Café Aurora tar inte emot svar" in shown(at) and "Orsak: ombyggnad." in shown(at)
    assert "semester" not in shown(at)


def test_a_read_only_store_reads_and_refuses_every_change(home: Home):
    store = ReadOnlyStore(home.store().engine)
    codes.active(store)
    assert not switches.find(store, "maintenance").is_on
    for change in (
        lambda: codes.issue(store, cafe="aurora", label="bord", actor="siv"),
        lambda: cafe_states.pause(store, "aurora", actor="siv", reason="x"),
        lambda: switches.turn(store, "maintenance", on=True, actor="siv", reason="x"),
    ):
        with pytest.raises(StoreReadOnly):
            change()
