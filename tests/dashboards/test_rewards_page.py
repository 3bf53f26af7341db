"""The page Rewards: states and cost, the limits, held ones in words, a voucher redeemed once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from payouts import redeeming
from payouts.deciding import decide_sessions, issuer
from payouts.rewards import VOUCHER_DAYS
from payouts.voucher_codes import voucher_code
from storage.home import Home
from storage.store import audit
from storage.store.ledger import bookkeeping
from storage.store.rewards import decisions, vouchers
from tests.dashboards.conftest import NOW, TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import shown
from tests.dashboards.test_session_list import count_behind, links_of
from tests.payouts.test_deciding import candidate

pytestmark = pytest.mark.slow

Pages = Callable[..., AppTest]
MANAGER = ("manager", ("aurora",))
NUMBERS = ("redeemed", "open", "expired", "held", "ring", "declined", "other")


class Rewards:
    """A demo home with one reward of each state at Aurora, and one of another café."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.store, self.secret = home, home.store(), home.secret()
        self.at = NOW - timedelta(days=VOUCHER_DAYS)
        self.store.now = lambda: self.at
        self.decide("expired", day=NOW - timedelta(days=VOUCHER_DAYS))
        self.at = NOW - timedelta(hours=2)
        for name in ("redeemed", "open"):
            self.decide(name)
        self.decide("other", cafe="goteborg")
        until = NOW + timedelta(hours=20)
        self.decide("held", held_until=until, reasons=("copied_nearly",))
        self.decide("ring", held_until=until, reasons=("ring", "burst"))
        self.decide("declined", counted_score=10, score=10)
        self.redeem("redeemed")
        self.at = NOW
        vouchers.expire_due(self.store)

    def decide(self, name: str, *, day: datetime = NOW, **changes: object) -> None:
        one = candidate(session_id=f"session-{name}", day=day.date(), **changes)
        decide_sessions(self.store, [one], cafes=self.home.cafes(), secret=self.secret, decided_by="watch")

    def code(self, name: str) -> str:
        decision = decisions.find(self.store, f"session-{name}")
        assert decision is not None
        voucher = vouchers.of_reward(self.store, decision.reward_id)
        assert voucher is not None
        return voucher_code(self.secret, decision.reward_id, voucher.number)

    def redeem(self, name: str, *, request: str = "tap") -> redeeming.RedeemingReply:
        return redeeming.redeem(
            self.store, secret=self.secret, typed=self.code(name), cafe="aurora", actor="till:aurora", request=request
        )


@pytest.fixture
def rewards(demo_home: Home, monkeypatch: pytest.MonkeyPatch) -> Rewards:
    made = Rewards(demo_home, monkeypatch)
    # The pages open a store of their own, whose clock is stopped as well.
    monkeypatch.setattr("storage.store.engine.now_utc", lambda: made.at)
    make_day(demo_home.cafes(), TODAY, simulated=True).write(demo_home.lake())
    return made


def page(visit_pages: Pages, *account: object) -> AppTest:
    return visit_pages(*(account or MANAGER)).run().switch_page("views/rewards.py").run()


def enter_code(at: AppTest, code: str) -> AppTest:
    at.text_input(key="voucher-aurora").set_value(code)
    return at.run()


def test_states_costs_limits_and_held_reasons_are_shown(rewards: Rewards, visit_pages: Pages):
    at = page(visit_pages)
    text = shown(at)
    assert "2 belönade svar de senaste 30 dagarna, för 60 kr. 1 är inlösta i kassan." in text.replace("\u00a0", " ")
    assert "Dagens tak är 200 belöningar. I dag är 2 beviljade." in text
    assert "av 100 belönade svar i provperioden är använda" in text
    assert "svaret liknar ett tidigare. Besked senast 24 nov. 10:32." in text
    assert "flera svar är mycket lika, ovanligt många svar under samma timme" in text
    assert "Poängen når inte över gränsen för en belöning: 1" in text
    table = next(each.value for each in at.dataframe if "Beviljat" in each.value.columns)
    assert table["Belönade svar"].tolist() == ["2"]
    assert [each.replace("\u00a0", " ") for each in table["Inlöst"]] == ["30 kr"]
    useful = int(table["Användbara svar"].tolist()[0])
    assert table["Per användbart svar"].tolist()[0].startswith(f"{round(6000 / useful) // 100}")
    assert "session-" not in text
    at.selectbox(key="dagar").set_value("180").run()
    table = next(each.value for each in at.dataframe if "Beviljat" in each.value.columns)
    assert [each.replace("\u00a0", " ") for each in table["Utgånget"]] == ["0 kr", "30 kr"]


def test_the_useful_answers_that_the_cost_is_divided_by_open_their_sessions(rewards: Rewards, visit_pages: Pages):
    at = page(visit_pages)
    ((address, useful),) = links_of(at)
    table = next(each.value for each in at.dataframe if "Beviljat" in each.value.columns)
    assert useful == sum(int(each) for each in table["Användbara svar"]) > 0
    assert count_behind(rewards.home, address, simulated=True) == useful


def test_a_voucher_is_redeemed_once_and_undone_within_a_minute(rewards: Rewards, visit_pages: Pages):
    code = rewards.code("open")
    at = enter_code(page(visit_pages), code.lower().replace("-", " "))
    assert "Testkupong – Kupongen gäller: 30" in shown(at)
    at.button(key="redeem-aurora").click().run()
    assert "Testkupong" in shown(at)
    assert "är inlöst. Dra inte av något." in shown(at)
    (entry,) = [one for one in audit.recent(rewards.store, 1) if one.action == "voucher.redeem"]
    assert entry.actor == "manager@example.se"
    assert rewards.redeem("open", request="the till's tap").outcome == "already_redeemed"
    at.button(key="undo-aurora").click().run()
    assert "Ångrat" in shown(at)
    assert redeeming.check_code(rewards.store, secret=rewards.secret, typed=code, cafe="aurora").outcome == "valid"
    at.button(key="redeem-aurora").click().run()
    assert rewards.redeem("open", request="the till's tap").outcome == "already_redeemed"
    assert sum(one.action == "voucher.redeem" for one in audit.recent(rewards.store, 20)) == 3
    assert sum(bookkeeping.balances(rewards.store, simulated=True).values()) == 0


def test_a_page_that_is_behind_does_not_redeem_what_the_till_redeemed(rewards: Rewards, visit_pages: Pages):
    at = enter_code(page(visit_pages), rewards.code("open"))
    assert rewards.redeem("open", request="the till's tap").outcome == "redeemed"
    at.button(key="redeem-aurora").click().run()
    assert "Redan inlöst" in shown(at)
    assert sum(one.action == "voucher.redeem" for one in audit.recent(rewards.store, 20)) == 2


def test_every_other_code_says_why_it_is_not_redeemed(rewards: Rewards, visit_pages: Pages):
    cancelled = rewards.code("open")
    decision = decisions.find(rewards.store, "session-open")
    assert decision is not None
    vouchers.replace(rewards.store, decision.reward_id, issuer=issuer(rewards.secret), actor="tests", reason="lost")
    at = page(visit_pages)
    for code, words in (
        (rewards.code("redeemed"), "Redan inlöst"),
        (rewards.code("expired"), "Kupongen har gått ut"),
        (cancelled, "Koden är utbytt"),
        (rewards.code("other"), "Gäller på ett annat kafé"),
        ("H7KM-3QWX", "Vi hittar inte koden"),
        ("K7M-2Q4", "Det är ingen kupongkod"),
        ("=1+1", "Det är ingen kupongkod"),
    ):
        enter_code(at, code)
        assert words in shown(at), code
        assert not any(each.key == "redeem-aurora" for each in at.button), code


def test_who_may_not_change_the_cafe_cannot_redeem(rewards: Rewards, visit_pages: Pages):
    at = enter_code(page(visit_pages, "support"), rewards.code("open"))
    assert "Kupongen gäller" in shown(at)
    assert not any(each.key == "redeem-aurora" for each in at.button)


def test_a_cafe_without_rewards_has_a_page_without_figures(demo_home: Home, visit_pages: Pages):
    at = page(visit_pages)
    assert "Ingen belöning har beviljats" in shown(at)
    assert "Ingen belöning väntar på granskning." in shown(at)
    assert not at.dataframe
