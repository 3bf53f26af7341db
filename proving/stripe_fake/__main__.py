"""Runs the FAKE Stripe on this machine: `python -m proving.stripe_fake`. It moves no money."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from operations.gate import HOSTS, gate
from proving.stripe_fake.bank import Bank
from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.server import create_server
from proving.stripe_fake.webhooks import Webhooks

FUNDS_KR = 100_000


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(prog="proving.stripe_fake", description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument(
        "--file", type=Path, help="file for its state, best in the home; without it the state is lost at the end"
    )
    parser.add_argument("--public-url", default="", help="base of its links; by default this machine's loopback")
    parser.add_argument("--webhook-url", default="", help="where its events are delivered")
    # From the environment, so that no list of processes shows it.
    secret = os.environ.get("PILOT_STRIPE_WEBHOOK_SECRET", "") or "whsec_fake"
    parser.add_argument("--webhook-secret", default=secret, help="the secret that signs events")
    parser.add_argument("--settle-seconds", type=float, default=60.0, help="between two steps of a payout to a bank")
    parser.add_argument("--calls-per-second", type=int, default=25)
    options = parser.parse_args()
    url = options.public_url.rstrip("/") or f"http://127.0.0.1:{options.port}"
    if options.file is not None:
        options.file.parent.mkdir(parents=True, exist_ok=True)
    fake = FakeStripe(
        now=lambda: datetime.now(UTC),
        url=url,
        funds_ore=FUNDS_KR * 100,
        calls_per_second=options.calls_per_second,
        file=options.file,
    )
    bank = Bank(fake.books, settle=timedelta(seconds=options.settle_seconds))
    webhooks = Webhooks(fake.books, secret=options.webhook_secret, lock=fake.lock) if options.webhook_url else None
    # A connection that breaks on purpose is not the server's error.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    message = f"FAKE Stripe on {url}, its overview on {url}/fake; no money is moved.\n"
    sys.stdout.write(message)
    sys.stdout.flush()
    hosts = (*HOSTS, urlsplit(url).hostname or "")  # Guests' pages may have this machine's local address.
    server = create_server(
        fake, bank=bank, webhooks=webhooks, webhook_url=options.webhook_url, middleware=gate(hosts=hosts)
    )
    uvicorn.run(server, host="127.0.0.1", port=options.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
