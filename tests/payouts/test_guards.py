"""Death of a worker at each named point, and what happens where a guard is taken away: it is caught."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from datetime import timedelta
from multiprocessing.managers import BaseManager
from pathlib import Path

import pytest

from payouts import sending
from payouts.sending import FAILPOINTS, send_batch
from storage.store import attempts, batches
from storage.store.attempts import Attempt
from storage.store.engine import open_store, sqlite_url
from tests.payouts.world import LIMITS, START, World


def states(world: World) -> list[str]:
    return [each.state for each in batches.instructions(world.store)]


def approved(world: World, *accounts: str) -> str:
    """Let guests claim, plan the day's batch and approve it; return the batch's id."""
    for account in accounts:
        world.earn(account)
    world.pay()
    world.approve_all()
    return batches.batches(world.store)[0].id


class Shared(BaseManager):
    """Keeps the provider alive while workers die."""


def _die_at(path: str, address: tuple[str, int], batch: str, where: str) -> None:
    Shared.register("rail")
    manager = Shared(address=address, authkey=b"test")
    manager.connect()
    proxy = manager.rail()  # type: ignore[attr-defined]
    store = open_store(sqlite_url(Path(path)), now=lambda: START)

    def reach(point: str) -> None:
        if point == where:
            os.kill(os.getpid(), signal.SIGKILL)

    send_batch(store, proxy, batch, reach=reach)


@pytest.mark.processes
# The provider's thread loses the client that is killed in the middle of its call.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("where", FAILPOINTS)
def test_a_worker_killed_at_any_point_leaves_what_the_next_one_finishes(where: str, tmp_path: Path) -> None:
    world = World(tmp_path / "store.sqlite")
    batch = approved(world, "acct_1", "acct_2")
    Shared.register("rail", callable=lambda: world.rail, exposed=("send", "parameters", "look_up"))
    server = Shared(address=("127.0.0.1", 0), authkey=b"test").get_server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=_die_at, args=(str(world.path), server.address, batch, where))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    assert len(world.rail.made) == (1 if where in ("after_answer", "after_outcome") else 0)
    send_batch(world.store, world.rail, batch)
    assert states(world) == ["paid", "paid"]
    assert len(world.rail.made) == 2
    assert world.broken() == []
    server.stop_event.set()


def _history(world: World) -> list[str]:
    """Lose an answer, try again, let the key die, try again; return what is broken then."""
    batch = approved(world, "acct_1", "acct_2")
    world.rail.faults.extend(["answer_lost", "answer_lost"])
    send_batch(world.store, world.rail, batch)
    send_batch(world.store, world.rail, batch)
    world.earn("acct_3")
    world.at += timedelta(days=1)
    world.pay()
    world.rail.faults.append("answer_lost")
    for each in batches.batches(world.store):
        send_batch(world.store, world.rail, each.id)
    world.at += timedelta(hours=25)
    for each in batches.batches(world.store):
        send_batch(world.store, world.rail, each.id)
    return world.broken()


def test_without_sabotage_the_history_breaks_nothing(tmp_path: Path) -> None:
    assert _history(World(tmp_path / "store.sqlite")) == []


@pytest.mark.parametrize("guard", ["the key stays", "unknown is no failure", "no key is sent past its life", "booked"])
def test_each_guard_taken_away_is_caught(guard: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path / "store.sqlite")
    if guard == "the key stays":
        real = world.rail.send
        calls = iter(range(1000))
        monkeypatch.setattr(
            world.rail, "send", lambda order: real(type(order)(f"{order.key}:{next(calls)}", order.parameters))
        )
    elif guard == "unknown is no failure":
        monkeypatch.setattr(
            sending.attempts, "doubted", lambda store, key, code: attempts.refused(store, key, code=code, curable=True)
        )
    elif guard == "no key is sent past its life":
        monkeypatch.setattr(Attempt, "outlived", lambda *_: False)
        monkeypatch.setattr("tests.payouts.test_guards.World.pay", lambda world: _pay_blindly(world))
    else:
        monkeypatch.setattr(attempts, "_book", lambda *_, **__: None)
    assert _history(world) != []


def _pay_blindly(world: World) -> None:
    """Plan and send without looking at the provider first."""
    batch = batches.plan(world.store, day=world.today, rail="memory", simulated=True, limits=LIMITS)
    world.rail.faults.append("answer_lost")
    send_batch(world.store, world.rail, batch.id)
