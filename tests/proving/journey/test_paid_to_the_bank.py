"""From a guest's answer to the bank account, on a real edge and the FAKE over sockets: no money moves.

The watch's own jobs run in the test, so that nothing waits for their intervals; nothing of Dagster is started.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import websockets

from operations import supervisor
from operations.preparation import prepare
from operations.stripe_fake import fake_record
from operations.supervisor import RestartPolicy
from operations.system import System, make_system, processes
from operations.watch.money.overdue_rewards import decide_day
from operations.watch.money.paying import PayoutRunner
from operations.watch.money.provider import ProviderEvents
from payouts.stripe.configured import open_rail
from pilot.business_days import days_between
from pilot.settings import read_settings
from pilot.words import section
from proving.stripe_fake.bank import FAILING_IBANS, WORKING_IBAN
from storage.home import Home, open_home
from storage.store.cafes import codes
from storage.store.ledger.auditor import audit_money
from storage.store.payouts import batches, provider_events
from storage.store.rewards import decisions, vouchers
from tests.ports import free_ports
from tests.voice_edge.pages import Page
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.recogniser, pytest.mark.timeout(900)]

PILOT = Path(sys.executable).with_name("pilot")
ROOT = Path(__file__).parents[3]
SETTLED_AFTER_SECONDS = "1"
PATIENT_SECONDS = 240.0  # for each step, on a machine that does other things too
OFTEN_SECONDS = 0.2  # as often as a guest would never look
TITLES = section("payout", "sv")
(NO_ACCOUNT,) = (iban for iban, code in FAILING_IBANS.items() if code == "no_account")
ANSWERS = (
    "Kön vid kassan var en kvart lång vid lunch i dag, eftersom bara en person tog betalt. "
    "Öppna en kassa till mellan tolv och ett, så hinner man äta.",
    "Kaffet var ljummet när jag fick det klockan nio, för bryggaren stod avstängd. "
    "Låt termosen stå framme och byt den varje halvtimme, så är det varmt.",
)


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """The edge and the fake as processes of their own, each batch planned as soon as it is looked at."""
    edge, dagster, dashboards, entrance = (str(port) for port in free_ports(4))
    own = {name: value for name, value in os.environ.items() if not name.startswith("PILOT_")}
    environment = {
        **own,
        "PILOT_HOME": str(tmp_path / "home"),
        "PILOT_EDGE_PORT": edge,
        "PILOT_DAGSTER_PORT": dagster,
        "PILOT_DASHBOARDS_PORT": dashboards,
        "PILOT_ENTRANCE_PORT": entrance,
        "PILOT_PUBLIC_URL": f"http://127.0.0.1:{edge}",
        "PILOT_INTERVIEWER": "scripted",
        "PILOT_PAYOUT_AT": "00:00",
    }
    made = make_system(open_home(read_settings(environment)), environment=environment)
    specs = [spec for spec in processes(made) if spec.name in ("fake-stripe", "edge")]
    specs = [
        replace(spec, command=(*spec.command, "--settle-seconds", SETTLED_AFTER_SECONDS)) if "stripe" in spec.name else spec
        for spec in specs
    ]  # fmt: skip
    prepare(made)
    policy = RestartPolicy(ready_seconds=PATIENT_SECONDS)
    async with supervisor.start(
        tuple(specs), run_folder=made.run_folder, logs=made.logs, policy=policy, report=lambda _: None
    ):
        with fake_record(made.fake_stripe, folder=made.run_folder):
            yield made


def pilot(system: System, *arguments: str) -> str:
    """Run the command as a person at a terminal does, who knows nothing of the fake's key."""
    environment = {name: value for name, value in system.environment.items() if not name.startswith("PILOT_STRIPE")}
    done = subprocess.run(
        [PILOT, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def answered(system: System, home: Home, answer: str) -> tuple[str, str]:
    """Write an answer at the table; return the receipt's path and the session."""
    code = next(each.code for each in codes.active(home.store()) if each.cafe == "goteborg")
    async with websockets.connect(f"{system.edge_url.replace('http', 'ws')}/ws/v1", max_size=None) as socket:
        page = Page(socket, SimpleNamespace(code=code))
        await page.begin("text", simulated=True)
        await page.write(answer)
        await page.send("finish")
        return str((await page.until("completed"))["receipt"]), page.session_id


def decided(home: Home, sessions: list[str]) -> None:
    """Decide as the watch does where the assets are late: by the same function, from what has landed."""
    began = datetime.now(UTC)

    def all_decided() -> bool:
        now = datetime.now(UTC)
        for day in days_between((began - timedelta(days=1)).date(), (now + timedelta(days=1)).date()):
            decide_day(home, day, now=now)
        return all(decisions.find(home.store(), each) is not None for each in sessions)

    until(all_decided, seconds=PATIENT_SECONDS, what="the decisions", every=0.5)


async def to_the_account(browser: httpx.AsyncClient, receipt: str, *, iban: str) -> None:
    """Choose the bank account on the receipt, and answer at the fake as a browser does."""
    asked = await browser.post(f"{receipt}/bank", data={"account": "new"})
    assert asked.status_code == 303, asked.text
    link = httpx.URL(asked.headers["location"])
    of_the_fake = {"origin": f"{link.scheme}://{link.netloc.decode()}", "sec-fetch-site": "same-origin"}
    followed = {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"}
    async with httpx.AsyncClient(headers={"accept-language": "sv"}, timeout=PATIENT_SECONDS) as tab:
        visit = await tab.get(link, headers=followed)
        url = link.join(visit.headers["location"])
        assert "låtsas-Stripe, inga pengar flyttas" in (await tab.get(url, headers=followed)).text
        done = await tab.post(url, data={"iban": iban}, headers=of_the_fake)
    back = await browser.get(done.headers["location"])
    assert back.headers["location"].startswith(receipt)


async def test_rewards_reach_the_bank_or_explain_why_not_and_the_books_agree(system: System) -> None:
    configured = read_settings(system.environment)
    home = open_home(configured)
    store, rail = home.store(), open_rail(configured)
    assert rail is not None
    runner = PayoutRunner(home, rail, clock=lambda: datetime.now(UTC))
    events = ProviderEvents(home, rail)
    guests = [await answered(system, home, answer) for answer in ANSWERS]
    (fine, _), (lost, _) = guests
    decided(home, [session for _, session in guests])

    headers = {
        "accept": "text/html",
        "accept-language": "sv",
        "origin": system.edge_url,
        "sec-fetch-site": "same-origin",
    }
    async with httpx.AsyncClient(base_url=system.edge_url, headers=headers, timeout=PATIENT_SECONDS) as browser:

        async def says(receipt: str, word: str) -> bool:
            page = (await browser.get(f"{receipt}?lang=sv")).text
            assert "LÅTSAS" in page
            return TITLES[f"{word}.title"] in page

        assert "Få pengarna på ditt bankkonto i stället" in (await browser.get(f"{fine}?lang=sv")).text
        await to_the_account(browser, fine, iban=WORKING_IBAN)
        await to_the_account(browser, lost, iban=NO_ACCOUNT)
        assert await says(fine, "waiting") and await says(lost, "waiting")
        for _, session in guests:
            decision = decisions.find(store, session)
            assert decision is not None
            voucher = vouchers.of_reward(store, decision.reward_id)
            assert voucher is not None and voucher.state == "cancelled"

        runner()
        assert await says(fine, "approval")
        batch = next(each for each in batches.batches(store) if each.approval == "waiting")
        assert list(rail.transfers(since=datetime.now(UTC) - timedelta(hours=1))) == []
        pilot(system, "payout", "approve", batch.id, "--reason", "Looked through")
        runner()
        assert {each.state for each in batches.instructions(store, batch.id)} == {"paid"}
        assert await says(fine, "sent")

        def bank_events_arrived() -> bool:
            events.process()  # Nothing is fetched: what is known of the bank came by webhook.
            return provider_events.lag(store, rail=rail.name).waiting == 0

        async def at_the_end() -> bool:
            return bank_events_arrived() and await says(fine, "paid") and await says(lost, "bank_number")

        deadline = datetime.now(UTC) + timedelta(seconds=PATIENT_SECONDS)
        while not await at_the_end():
            assert datetime.now(UTC) < deadline, "the bank's word did not come to the receipts"
            await asyncio.sleep(OFTEN_SECONDS)

    lag = provider_events.lag(store, rail=rail.name)
    assert (lag.failed, lag.undelivered) == (0, 0)
    assert lag.last_received_at is not None
    runner()  # What failed at the bank is not sent again.
    made = list(rail.transfers(since=datetime.now(UTC) - timedelta(hours=1)))
    owed = {each.reward_id: each.amount_ore for _, session in guests if (each := decisions.find(store, session))}
    assert {each.reward_ids: each.amount_ore for each in made} == {(name,): ore for name, ore in owed.items()}
    assert "agree to the öre" in pilot(system, "payout", "reconcile")
    assert "no money moves" in pilot(system, "payout", "status")
    pilot(system, "payout", "audit")
    assert audit_money(store) == []
