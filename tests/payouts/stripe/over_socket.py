"""A fake Stripe behind a real socket, in a thread of the test that outlives killed workers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import uvicorn

from proving.stripe_fake.bank import Bank
from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.server import create_server
from tests.ports import free_ports
from tests.waiting import until


@contextlib.contextmanager
def served(fake: FakeStripe) -> Iterator[str]:
    """Serve a fake; yield its address."""
    (port,) = free_ports(1)
    config = uvicorn.Config(
        create_server(fake, bank=Bank(fake.books)), host="127.0.0.1", port=port, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, what="the fake")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)
