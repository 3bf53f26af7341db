"""The FAKE of Stripe in a running pilot: where it listens, what the others are told of it, how a command finds it.

It takes Stripe's place where no key is set. What runs under `pilot run` is told by its environment; a command in
another terminal reads a record that exists while the fake runs.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from payouts.stripe.configured import open_rail
from payouts.stripe.rail import StripeRail
from pilot.settings import PREFIX, Settings
from storage.home import Home

KEY = "sk_test_fake"  # The fake takes any test key; this one says what it is for.
RECORD_NAME = "stripe-fake.json"
STATE_FILE = ".stripe-fake/state.json"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class FakeStripeProcess:
    """The fake of one run.

    Attributes:
        port: Where it listens, on loopback.
        webhook_secret: What it signs its webhooks with.
        pages_url: Where a guest's browser finds its pages; a telephone cannot reach this machine's loopback.
    """

    port: int
    webhook_secret: str
    pages_url: str

    @property
    def url(self) -> str:
        """Return its address on this machine."""
        return f"http://{LOOPBACK}:{self.port}"

    def variables(self) -> dict[str, str]:
        """Return the settings that every process of the run gets."""
        return {
            f"{PREFIX}STRIPE_KEY": KEY,
            f"{PREFIX}STRIPE_URL": self.url,
            f"{PREFIX}STRIPE_WEBHOOK_SECRET": self.webhook_secret,
        }


def fake_where_no_key(settings: Settings, *, port: int, pages_url: str = "") -> FakeStripeProcess | None:
    """Return the fake that a run starts; None where Stripe has a key.

    Args:
        settings: The home's.
        port: A free one.
        pages_url: Where a guest's browser finds its pages; by default on this machine.
    """
    if settings.stripe_key.get_secret_value():
        return None
    pages = pages_url or f"http://{LOOPBACK}:{port}"
    return FakeStripeProcess(port=port, webhook_secret=f"whsec_{secrets.token_hex(16)}", pages_url=pages)


@contextmanager
def recorded(fake: FakeStripeProcess | None, *, folder: Path) -> Iterator[None]:
    """Keep the record by which a command finds the fake, until the end of the `with` block."""
    if fake is None:
        yield
        return
    record = folder / RECORD_NAME
    record.touch(mode=0o600)
    record.write_text(json.dumps(fake.variables()), encoding="utf-8")
    try:
        yield
    finally:
        record.unlink(missing_ok=True)


def rail_of(home: Home, *, run_folder: Path) -> StripeRail | None:
    """Return the rail that a command uses: of the key that is set, else of the fake that runs; None without either."""
    if (rail := open_rail(home.settings)) is not None:
        return rail
    try:
        told: Mapping[str, str] = json.loads((run_folder / RECORD_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    found = home.settings.model_copy(
        update={
            "stripe_key": type(home.settings.stripe_key)(told[f"{PREFIX}STRIPE_KEY"]),
            "stripe_url": told[f"{PREFIX}STRIPE_URL"],
        }
    )
    return open_rail(found)
