"""The payments' page and the overview's table by rail, on a real store and lake."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl
import pytest
from babel.dates import format_date
from streamlit.testing.v1 import AppTest

from pilot.business_days import business_day
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.words import section
from storage.home import Home
from storage.lake import polars_schema
from storage.store.payouts import batches
from storage.store.rewards import vouchers
from tests.cli.test_payout import decided
from tests.dashboards.conftest import TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import shown
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import World

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]


def searched(visit_pages: Pages, text: str, *, language: str = "sv") -> AppTest:
    at = visit_pages()
    at.session_state["lang"] = language
    at = at.run().switch_page("views/payments.py").run()
    return at.text_input[0].set_value(text).run()


@pytest.fixture
def world(home: Home) -> World:
    """One reward that is paid to an account, one that is a voucher."""
    made = World(home.root / "unused.sqlite", store=home.store(), rail=MemoryRail)
    made.earn("acct_1")
    made.pay()
    made.approve_all()
    made.pay()
    return made


def test_a_payment_is_found_by_each_reference_with_every_change(world: World, visit_pages: Pages) -> None:
    (payout,) = batches.instructions(world.store)
    (session,) = world.session_of.values()
    for name in (session, payout.id, str(payout.reference)):
        at = searched(visit_pages, name)
        assert not at.exception
        changes = at.dataframe[0].value["Vad som hände"].tolist()
        assert [each for each in ("Omgången planerad", "Omgången godkänd", "Betald") if each not in changes] == []
        assert "Pengarna finns i mottagarens Stripe-saldo" in shown(at)
        assert "inga pengar flyttas" in shown(at)
    assert "1 utbetalning, 30" in shown(searched(visit_pages, payout.batch_id))


def test_the_page_has_an_english_version_and_reports_an_unknown_reference(world: World, visit_pages: Pages) -> None:
    (session,) = world.session_of.values()
    english = searched(visit_pages, session, language="en")
    assert "Yes: the session was completed" in shown(english)
    assert "Ingen betalning hittades." in shown(searched(visit_pages, "ZZZZZZ"))


def test_a_voucher_is_described_by_its_state(world: World, visit_pages: Pages) -> None:
    reward = world.earn(None)
    assert reward is not None
    at = searched(visit_pages, world.session_of[reward])
    (day,) = re.findall(r"Kupongen kan lösas in i kaféets kassa till och med (\d+ [a-z]+ 20\d\d)\. ", shown(at))
    voucher = vouchers.of_reward(world.store, reward)
    assert day == format_date(business_day(voucher.expires_at), "d MMMM y", locale="sv_SE")
    assert "Simulerad" in shown(at)


def test_a_held_reward_is_titled_by_cafe_and_reference_with_a_remedy(home: Home, visit_pages: Pages) -> None:
    one = decided(home, held=True)
    for name in ("H7KM3Q", "h7k-m3q"):
        at = searched(visit_pages, name)
        assert "Café Aurora, H7K M3Q" in shown(at)
        assert one.session_id not in shown(at)
    text = shown(at)
    assert "Ja, men belöningen hålls inne: 30\u00a0kr väntar på att någon granskar svaret" in text.replace(
        " kr", "\u00a0kr"
    )
    assert "(flera svar är mycket lika)" in text
    assert "`pilot" not in text
    assert "<code>pilot payout refuse</code>" in " ".join(part.value for part in at.html)
    assert "Belöningen väntar på granskning" in at.dataframe[0].value["Vad som hände"].tolist()
    assert f"Café Aurora, {one.session_id}" in shown(searched(visit_pages, one.session_id))


def test_every_kind_of_change_has_words_in_both_languages() -> None:
    keys = [
        {key for key in section("dashboards", language) if key.startswith("payments.")} for language in ("sv", "en")
    ]
    assert keys[0] == keys[1]


def test_the_overview_shows_payments_by_rail(home: Home, visit_pages: Pages) -> None:
    make_day(home.cafes(), TODAY).write(home.lake())
    row = {
        "day": TODAY, "cafe": "aurora", "simulated": False, "rail": "voucher", "succeeded": 9, "failed": 1,
        "succeeded_ore": 27000, "open": 0, "issued": 14, "expired": 2,
    }  # fmt: skip
    rows = pl.DataFrame([row, row | {"simulated": True, "rail": "stripe_fake"}], schema=polars_schema(PAYMENTS))
    home.lake().replace_partition(PAYMENTS, TODAY, rows, commit={})
    at = visit_pages().run().switch_page("views/pilot_overview.py").run()
    assert not at.exception
    table = next(each.value for each in at.dataframe if "Betalsätt" in each.value.columns)
    assert table["Betalsätt"].tolist() == ["Kupong i kassan"]
    assert table.iloc[0].tolist()[1:] == ["90,0\u00a0%", "9", "1", "0", "14", "2"]
