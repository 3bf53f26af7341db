"""Fixtures of a replica with bank payouts, on the fake of Stripe in the same process."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from payouts.stripe.calling import make_client
from payouts.stripe.limiter import CallLimiter
from payouts.stripe.rail import StripeRail
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from proving.stripe_fake.bank import Bank
from proving.stripe_fake.by_hand import InProcessClient
from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.server import create_server
from storage.home import Home, open_home
from storage.landing.segments import publish
from storage.store.cafes import codes as stored_codes
from tests.voice_edge.http.till.conftest import SAME_SITE, reward  # noqa: F401 - a fixture
from tests.voice_edge.public_replica import CHECKOUT
from tests.waiting import DEADLINE_SECONDS, until

GOOD = (
    "Kön vid kassan var en kvart lång vid lunch i dag, eftersom bara en person tog betalt. "
    "Öppna en kassa till mellan tolv och ett, så hinner man äta."
)
IBAN = "SE3550000000054910000003"


@dataclass
class Stripe:
    """The fake of Stripe and its address."""

    fake: FakeStripe
    url: str

    def answered(self, account: str, *, iban: str = IBAN) -> None:
        self.fake.books.onboard(account, iban=iban)

    @property
    def accounts(self) -> list[str]:
        return list(self.fake.books.accounts)


@pytest.fixture
def stripe_pages(home: Home):
    """Serve the fake with its onboarding pages on a local port."""
    fake = FakeStripe(now=lambda: home.store().now(), calls_per_second=None)
    listening = socket.create_server(("127.0.0.1", 0))
    fake.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app = create_server(fake, bank=Bank(fake.books))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until(lambda: server.started, what="the fake's server")
    yield Stripe(fake, fake.url)
    server.should_exit = True
    thread.join()


@pytest.fixture
def home(tmp_path) -> Home:
    settings = Settings(
        home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml", public_url="https://pilot.example",
        stripe_key=SecretStr("sk_test_fake"), stripe_url="http://127.0.0.1:1",
    )  # fmt: skip
    opened = open_home(settings)
    stored_codes.issue(opened.store(), cafe="aurora", label="table", actor="test")
    return opened


@pytest.fixture
def stripe(replica, stripe_pages):
    """Connect the replica to the fake through the official client."""
    client = make_client("sk_test_fake", url="http://fake", http_client=InProcessClient(stripe_pages.fake))
    bank = replica.edge.bank
    bank._open_provider = lambda: StripeRail(client, name="stripe_fake", limiter=CallLimiter(1e9, sleep=lambda _: None))
    replica.edge.settings = replica.edge.settings.model_copy(update={"public_url": replica.url})
    return stripe_pages


@pytest.fixture
async def sent(replica):
    async with replica.page() as page:
        await page.begin("text", simulated=True)
        await page.write(GOOD)
        await page.send("finish")
        path = (await page.until("completed"))["receipt"]
    await replica.edge.receipts.save_waiting()
    return path, page.session_id


@pytest.fixture
async def guest(replica):
    async with httpx.AsyncClient(
        base_url=replica.url, headers={"accept": "text/html", **SAME_SITE}, timeout=DEADLINE_SECONDS
    ) as opened:
        yield opened


@pytest.fixture
def landed(replica, home):
    """Return a function that publishes the recorded events, as the log does."""

    def put() -> None:
        publish(home.segments(), replica.log.events, replica="edge1", identifier=new_identifier())

    return put
