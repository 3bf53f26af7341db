"""The next worker finishes after a kill at each failpoint, in memory and over a socket."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.managers import BaseManager
from pathlib import Path

import pytest

from payouts.sending import FAILPOINTS, send_batch
from payouts.stripe.calling import make_client
from payouts.stripe.limiter import CallLimiter
from payouts.stripe.rail import StripeRail
from storage.store.connect import open_store
from storage.store.engine import Store
from storage.store.payouts import batches
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.stripe.by_hand_rail import ByHandRail
from tests.payouts.stripe.over_socket import served
from tests.payouts.world import START, World

# Each worker is forked from a server that has imported this module once.
WORKERS = multiprocessing.get_context("forkserver")
WORKERS.set_forkserver_preload([__name__])


def states(world: World) -> list[str]:
    return [each.state for each in batches.instructions(world.store)]


def approved(world: World, *accounts: str) -> str:
    """Let guests claim, plan the day's batch and approve it; return the batch's id."""
    for account in accounts:
        world.earn(account)
    world.pay()
    world.approve_all()
    return batches.batches(world.store)[0].id


def url_of(world: World) -> str:
    """Return the URL of the world's store for another process."""
    return world.store.engine.url.render_as_string(hide_password=False)


class Shared(BaseManager):
    """Keeps the provider alive while workers die."""


def _die_at(url: str, address: tuple[str, int], batch: str, where: str) -> None:
    Shared.register("rail")
    manager = Shared(address=address, authkey=b"test")
    manager.connect()
    proxy = manager.rail()  # type: ignore[attr-defined]
    proxy.name = MemoryRail.name  # A proxy forwards calls, not attributes.
    store = open_store(url, now=lambda: START)

    def failpoint(point: str) -> None:
        if point == where:
            os.kill(os.getpid(), signal.SIGKILL)

    send_batch(store, proxy, batch, failpoint=failpoint)


@pytest.mark.processes
# The provider's thread loses the client that is killed during its call.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("where", FAILPOINTS)
def test_the_next_worker_finishes_after_a_kill_at_any_failpoint(where: str, store: Store, tmp_path: Path) -> None:
    world = World(tmp_path / "unused", store=store)
    batch = approved(world, "acct_1", "acct_2")
    Shared.register("rail", callable=lambda: world.rail, exposed=("send", "parameters", "find_transfer"))
    server = Shared(address=("127.0.0.1", 0), authkey=b"test").get_server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    worker = WORKERS.Process(target=_die_at, args=(url_of(world), server.address, batch, where))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    assert len(world.rail.made) == (1 if where in ("after_answer", "after_outcome") else 0)
    send_batch(world.store, world.rail, batch)
    assert states(world) == ["paid", "paid"]
    assert len(world.rail.made) == 2
    assert world.broken() == []
    server.stop_event.set()


def _die_over_a_socket(store_url: str, url: str, batch: str, where: str) -> None:
    client = make_client("sk_test_worker", url=url)
    rail = StripeRail(client, name="stripe_fake", limiter=CallLimiter(20.0))
    store = open_store(store_url, now=lambda: START)

    def failpoint(point: str) -> None:
        if point == where:
            os.kill(os.getpid(), signal.SIGKILL)

    send_batch(store, rail, batch, failpoint=failpoint)


@pytest.mark.processes
@pytest.mark.parametrize("where", FAILPOINTS)
def test_the_next_worker_finishes_after_a_kill_during_a_stripe_call(where: str, store: Store, tmp_path: Path) -> None:
    world = World(tmp_path / "unused", store=store, rail=ByHandRail)
    batch = approved(world, "acct_1", "acct_2")
    with served(world.rail.fake) as url:
        worker = WORKERS.Process(target=_die_over_a_socket, args=(url_of(world), url, batch, where))
        worker.start()
        worker.join(120)
        assert worker.exitcode == -signal.SIGKILL
        assert len(world.rail.made) == (1 if where in ("after_answer", "after_outcome") else 0)
        client = make_client("sk_test_next", url=url)
        send_batch(world.store, StripeRail(client, name="stripe_fake", limiter=CallLimiter(20.0)), batch)
    assert states(world) == ["paid", "paid"]
    assert len(world.rail.made) == 2
    assert world.broken() == []
