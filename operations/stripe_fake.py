"""The process record of the FAKE Stripe: its address, settings and record file.

The server is `proving.stripe_fake`, a room above this one, so a run without a Stripe key starts it by its module name.
Processes of the run get its address from their environment; a command in another terminal reads the record file, which
exists while the fake runs.
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

KEY = "sk_test_fake"  # The fake accepts any test key; this one is recognisable.
RECORD_NAME = "stripe-fake.json"
STATE_FILE = ".stripe-fake/state.json"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class FakeStripeProcess:
    """The fake of one run.

    Attributes:
        port: Its port on loopback.
        webhook_secret: The secret that signs its webhooks.
        pages_url: The address of its pages for a guest's browser; a phone cannot reach this machine's loopback.
    """

    port: int
    webhook_secret: str
    pages_url: str

    @property
    def url(self) -> str:
        """Return its address on this machine."""
        return f"http://{LOOPBACK}:{self.port}"

    def variables(self) -> dict[str, str]:
        """Return the environment variables for every process of the run."""
        return {
            f"{PREFIX}STRIPE_KEY": KEY,
            f"{PREFIX}STRIPE_URL": self.url,
            f"{PREFIX}STRIPE_WEBHOOK_SECRET": self.webhook_secret,
        }


def fake_without_key(settings: Settings, *, port: int, pages_url: str = "") -> FakeStripeProcess | None:
    """Return the fake for a run without a Stripe key; None if the settings have a key.

    Args:
        settings: The home's settings.
        port: A free port.
        pages_url: The address of its pages for a guest's browser; by default on this machine.
    """
    if settings.stripe_key.get_secret_value():
        return None
    pages = pages_url or f"http://{LOOPBACK}:{port}"
    return FakeStripeProcess(port=port, webhook_secret=f"whsec_{secrets.token_hex(16)}", pages_url=pages)


@contextmanager
def fake_record(fake: FakeStripeProcess | None, *, folder: Path) -> Iterator[None]:
    """Write the record file by which commands find the fake; delete it at the end of the `with` block."""
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


def find_rail(home: Home, *, run_folder: Path) -> StripeRail | None:
    """Return a command's rail: of the configured key, else of the running fake; None without either."""
    if (rail := open_rail(home.settings)) is not None:
        return rail
    try:
        variables: Mapping[str, str] = json.loads((run_folder / RECORD_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    settings = home.settings.model_copy(
        update={
            "stripe_key": type(home.settings.stripe_key)(variables[f"{PREFIX}STRIPE_KEY"]),
            "stripe_url": variables[f"{PREFIX}STRIPE_URL"],
        }
    )
    return open_rail(settings)
