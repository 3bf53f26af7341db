"""A store knows Swedish: å, ä and ö in order, and Stockholm's clock; PostgreSQL sorts as the pages do."""

from __future__ import annotations

import pytest

from storage.inspection.locale import IN_ORDER, swedish_locale
from storage.store.engine import Store


def test_every_store_has_the_swedish_order_and_clock(store: Store) -> None:
    found = swedish_locale(store)
    assert found.ok
    assert found.collation == ("sv-SE-x-icu" if store.engine.dialect.name == "postgresql" else "")


def test_the_order_is_that_of_the_alphabet() -> None:
    assert IN_ORDER == ("Eva", "Éva", "Ystad", "Zita", "Åsa", "Ängen", "Öster")


def test_another_order_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.inspection.locale.IN_ORDER", tuple(sorted(IN_ORDER)))
    assert not swedish_locale(store).ok
