"""The payments' page acts: rulings, approvals, payouts by hand; guarded by the store and audited."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from payouts.deciding import issuer
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS
from pilot.words import section
from storage.home import Home
from storage.lake import polars_schema
from storage.store import audit
from storage.store.access import accounts
from storage.store.cafes import switches
from storage.store.engine import Store
from storage.store.payouts import batches, rail_payouts
from storage.store.rewards import decisions, vouchers
from storage.store.schemas.provider import bank_payouts, voucher_failures
from tests.cli.test_payout import decided
from tests.dashboards.conftest import NOW
from tests.dashboards.test_cafes_page import entries
from tests.dashboards.test_pages import shown
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import World

pytestmark = pytest.mark.slow

Pages = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def pages_show_simulated_rewards(demo_home: Home) -> None:
    """Make the home a demo: the world's rewards are simulated."""


@pytest.fixture
def world(demo_home: Home, monkeypatch: pytest.MonkeyPatch) -> World:
    """One reward claimed for an account, in a batch that waits for approval; the pages use its provider."""
    made = World(demo_home.root / "unused.sqlite", store=demo_home.store(), rail=MemoryRail)
    monkeypatch.setattr("dashboards.actions.payout_by_hand.open_rail", lambda _: made.rail)
    monkeypatch.setattr("dashboards.reading.payouts.rail_name", lambda _: made.rail.name)
    made.earn("acct_1")
    made.pay()
    return made


def payments(visit_pages: Pages, *account: object) -> AppTest:
    return visit_pages(*account).run().switch_page("views/payments.py").run()


def form_of(at: AppTest, prefix: str) -> str:
    """Return the key of the one form whose key begins so."""
    (found,) = {str(each.key).removesuffix("-send") for each in at.button if str(each.key).startswith(prefix)}
    return found


def send(at: AppTest, prefix: str, *, reason: str = "Granskad", sure: bool = True) -> AppTest:
    key = form_of(at, prefix)
    at.text_input(key=f"{key}-reason").set_value(reason)
    if sure:
        at.checkbox(key=f"{key}-sure").check()
    return at.button(key=f"{key}-send").click().run()


def choose(at: AppTest, prefix: str, value: object) -> AppTest:
    (radio,) = [each for each in at.radio if (each.key or "").startswith(prefix)]
    return radio.set_value(value).run()


def test_a_held_reward_is_approved_with_a_reason_in_the_audit_log(demo_home: Home, visit_pages: Pages) -> None:
    one = decided(demo_home, held=True)
    at = payments(visit_pages)
    assert "En belöning väntar på beslut." in shown(at)
    assert "flera svar är mycket lika" in shown(at)
    assert one.session_id not in shown(at)
    at = send(at, "rule-", reason="En familj som åt samma sak")
    assert "är godkänd. Kupongen finns på gästens kvitto." in shown(at)
    assert "Nej, inget väntar." in shown(at)
    decision = decisions.find(demo_home.store(), one.session_id)
    assert decision is not None and decision.released
    voucher = vouchers.of_reward(demo_home.store(), decision.reward_id)
    assert voucher is not None and voucher.state == "issued"
    assert entries(demo_home, "reward.release") == [
        ("admin@example.se", decision.reward_id, "En familj som åt samma sak")
    ]


def test_a_held_reward_is_refused_for_good(demo_home: Home, visit_pages: Pages) -> None:
    one = decided(demo_home, held=True)
    at = send(choose(payments(visit_pages), "ruling-", False), "rule-", reason="Tredje kopian")
    assert "är nekad" in shown(at)
    decision = decisions.find(demo_home.store(), one.session_id)
    assert decision is not None and decision.released is False
    assert vouchers.of_reward(demo_home.store(), decision.reward_id) is None


@pytest.mark.parametrize(("reason", "sure"), [("", True), ("  ", True), ("Granskad", False)])
def test_an_unconfirmed_ruling_changes_nothing(demo_home: Home, visit_pages: Pages, reason: str, sure: bool) -> None:
    one = decided(demo_home, held=True)
    at = send(payments(visit_pages), "rule-", reason=reason, sure=sure)
    assert "Inget är ändrat" in shown(at)
    decision = decisions.find(demo_home.store(), one.session_id)
    assert decision is not None and decision.released is None


def test_a_colleagues_ruling_in_between_is_final(demo_home: Home, visit_pages: Pages) -> None:
    one = decided(demo_home, held=True)
    at = payments(visit_pages)
    key = form_of(at, "rule-")
    issued_by = issuer(demo_home.secret())
    decisions.rule(demo_home.store(), one.session_id, release=False, issuer=issued_by, actor="anna", reason="Kopia")
    at.text_input(key=f"{key}-reason").set_value("Granskad")
    at.checkbox(key=f"{key}-sure").check()
    at.button(key=f"{key}-send").click().run()
    decision = decisions.find(demo_home.store(), one.session_id)
    assert decision is not None and decision.released is False
    assert entries(demo_home, "reward.release") == []


def actions(world: World, at: AppTest) -> dict[str, Callable[[], object]]:
    """Return each action of the page, and the state of the store that it would change."""
    return {
        "rule-": lambda: [each.released for each in decisions.of_day(world.store, world.today)],
        "approve-": lambda: [each.approval for each in batches.batches(world.store)],
        "hand-": lambda: [each.state for each in batches.instructions(world.store)],
        "switch-": lambda: switches.find(world.store, "rewards_stopped").is_on,
    }


@pytest.mark.parametrize("change", ["support", "revoked", "ended"])
def test_an_action_is_refused_by_the_store_after_the_page_was_drawn(
    world: World, visit_pages: Pages, change: str
) -> None:
    world.earn(None, held=True)
    at = payments(visit_pages, "pilot_manager")
    for action, state in actions(world, at).items():
        key, before = form_of(at, action), state()
        if change == "support":
            _become(world.store, "support")
        else:
            accounts.revoke(world.store, email="pilot_manager@example.se", actor="test", reason="left")
        at.text_input(key=f"{key}-reason").set_value("Granskad")
        at.checkbox(key=f"{key}-sure").check()
        after = at.button(key=f"{key}-send").click().run()
        assert "Du är inte inloggad längre" in shown(after) or not [
            each for each in after.button if each.key == f"{key}-send"
        ]
        assert state() == before, action
        at = payments(visit_pages, "pilot_manager")


def _become(store: Store, role: str) -> None:
    accounts.invite(store, email="pilot_manager@example.se", role=role, cafes=None, known_cafes=(), actor="test")


def test_support_reads_everything_and_changes_nothing(world: World, visit_pages: Pages) -> None:
    world.earn(None, held=True)
    at = payments(visit_pages, "support")
    assert "väntar på beslut" in shown(at) and "Grinden" in shown(at)
    assert [each.key for each in at.button if (each.key or "").endswith("-send")] == []


def test_a_reader_of_one_cafe_sees_its_held_rewards_and_no_payouts(
    world: World, demo_home: Home, visit_pages: Pages
) -> None:
    decided(demo_home, held=True)  # of Aurora
    at = payments(visit_pages, "pilot_manager", ("goteborg",))
    assert "Ingen belöning väntar på beslut." in shown(at)
    assert "Utbetalningar till bankkonto gäller hela piloten" in shown(at)
    assert "Aurora" not in shown(at) and world.store is not None
    assert [each.key for each in at.button if (each.key or "").endswith("-send")] == []


def test_a_batch_is_approved_and_a_payout_sent_by_hand_once(world: World, visit_pages: Pages) -> None:
    at = payments(visit_pages)
    assert "En utbetalningsomgång väntar på godkännande." in shown(at)
    at = send(at, "hand-")
    assert "Inget skickades: omgången väntar på godkännande" in shown(at)
    at = send(at, "approve-")
    assert "Omgången är godkänd." in shown(at)
    drawn_before = payments(visit_pages)
    assert "Betald" in shown(send(at, "hand-", reason="Gästen väntar"))
    send(drawn_before, "hand-", reason="Gästen väntar")  # A colleague's page, from before.
    assert len(world.rail.made) == 1 and world.broken() == []
    again = payments(visit_pages)
    assert [each.key for each in again.button if (each.key or "").startswith("hand-")] == []
    assert {each.action for each in audit.recent(world.store, 50)} >= {"batch.approve", "payout.trigger"}


def test_a_payout_is_held_and_released_with_a_reason(world: World, visit_pages: Pages) -> None:
    world.approve_all()
    at = send(choose(payments(visit_pages), "by-hand-step", "hold"), "hand-", reason="Samma konto två gånger")
    assert [each.state for each in batches.instructions(world.store)] == ["held"]
    assert "Inget har skickats. Utbetalningen är stoppad tills någon släpper den." in shown(at)
    send(at, "hand-", reason="Ett par")
    assert [each.state for each in batches.instructions(world.store)] == ["planned"]


def test_a_refused_payout_shows_its_cause_and_is_retried(world: World, visit_pages: Pages) -> None:
    world.approve_all()
    world.rail.unable.add("acct_1")
    world.pay()
    at = payments(visit_pages)
    assert "En betalning har inte gått fram." in shown(at)
    assert "mottagarens konto kan inte ta emot dem just nu" in shown(at)
    world.rail.unable.clear()
    assert "Nekad" in at.dataframe[0].value["Vad som hände"].tolist()
    at = send(at, "hand-", reason="Kontot är rättat")
    assert [each.state for each in batches.instructions(world.store)] == ["paid"]
    assert "Inget har misslyckats." in shown(at)


def test_without_a_provider_nothing_is_sent_and_the_page_says_so(
    world: World, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.approve_all()
    at = payments(visit_pages)
    monkeypatch.setattr("dashboards.actions.payout_by_hand.open_rail", lambda _: None)
    assert "Betaltjänsten svarar inte eller är inte inkopplad." in shown(send(at, "hand-"))
    assert world.rail.made == {}


def test_the_gate_says_whether_it_is_open_and_why_not(world: World, demo_home: Home, visit_pages: Pages) -> None:
    assert "Öppen: inget hålls tillbaka" in shown(payments(visit_pages))
    (reward,) = rail_payouts.unpaid_rewards(world.store, rail="memory", simulated=True)
    row = {
        "day": reward.day, "table_name": "sessions", "expectation": "x", "rows": 1, "breaking": 1,
        "passed": False, "severity": "stop", "judged_at": NOW,
    }  # fmt: skip
    known = {name: row.get(name) for name in QUALITY_VERDICTS.names}
    frame = pl.DataFrame([known], schema=polars_schema(QUALITY_VERDICTS))
    demo_home.lake().replace_partition(QUALITY_VERDICTS, reward.day, frame, commit={})
    world.approve_all()
    at = payments(visit_pages)
    assert "Stängd för några dagar" in shown(at)
    assert "24 nov.: tabellen Samtal håller inte sina krav." in shown(at)
    assert "klarar inte längre kvalitetskraven" in shown(send(at, "hand-"))
    assert world.rail.made == {}


def test_everything_is_stopped_and_started_again(world: World, visit_pages: Pages) -> None:
    at = send(payments(visit_pages), "switch-stop", reason="Femhundra på en timme")
    assert "Allt är stoppat för hand" in shown(at) and "Femhundra på en timme" in shown(at)
    at = send(at, "switch-start", reason="En skolklass")
    assert "Öppen" in shown(at)
    assert not switches.find(world.store, "rewards_stopped").is_on


def test_no_bank_data_of_a_guest_is_shown(world: World, visit_pages: Pages) -> None:
    world.approve_all()
    world.pay()
    (payout,) = batches.instructions(world.store)
    with world.store.begin() as connection:
        connection.execute(
            insert(bank_payouts).values(
                id="po_9x8", recipient_id=payout.recipient_id, amount_ore=3000, state="failed",
                failure_code="account_closed", arrives_on=None, changed_at=NOW, made_at=NOW,
            )
        )  # fmt: skip
    at = visit_pages()
    at.query_params["sok"] = payout.id
    at = at.run().switch_page("views/payments.py").run()
    table = at.dataframe[0].value
    assert "Stripes utbetalning till banken: misslyckad" in table["Vad som hände"].tolist()
    sent = " ".join(repr(each.proto) for each in at.main) + table.to_csv()
    assert [each for each in ("acct_1", "po_9x8", "account_closed") if each in sent] == []


def test_a_voucher_that_a_till_could_not_redeem_is_listed(world: World, visit_pages: Pages) -> None:
    reward = world.earn(None)
    with world.store.begin() as connection:
        connection.execute(
            insert(voucher_failures).values(
                reward_id=reward, cafe=world.cafe_of[str(reward)], simulated=True, why="store_away",
                at=NOW - timedelta(hours=1),
            )
        )  # fmt: skip
    assert "kassan kunde inte lösa in den" in shown(payments(visit_pages))
    world.redeem(str(reward))
    assert "Inget har misslyckats." in shown(payments(visit_pages))


def test_every_refusal_has_words_in_both_languages() -> None:
    keys = [
        {key for key in section("dashboards", language) if re.match("action|payments", key)}
        for language in ("sv", "en")
    ]
    assert keys[0] == keys[1]
