"""How fast the door answers Stripe: signed events at a real edge process with its own SQLite store.

    python -m benchmarks.money.webhook_door --json

First one after another, as on a quiet day; then in bursts, as after a day's batch, with every tenth event told twice.
Each answer is given once the event is on the disk. Afterwards the store must hold each event exactly once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import stripe

from benchmarks.voice.own_edge import OwnEdge, own_edge
from storage.store.payouts import provider_events

SECRET = "whsec_benchmark"
RAIL = "stripe_fake"
SETTINGS = {
    "PILOT_STRIPE_KEY": "sk_test_benchmark",
    "PILOT_STRIPE_URL": "http://127.0.0.1:9",  # Nobody listens there: the door asks nobody.
    "PILOT_STRIPE_WEBHOOK_SECRET": SECRET,
}
PADDING = "x" * 6000  # An account's event has about 8 KiB.
TIMEOUT_SECONDS = 30.0


def event(number: int) -> bytes:
    """Return one event's body, as long as an account's."""
    account = f"acct_{number % 50}"
    posted = {
        "id": f"evt_benchmark{number:06d}",
        "object": "event",
        "type": "account.updated",
        "account": account,
        "created": int(datetime.now(UTC).timestamp()),
        "livemode": False,
        "data": {"object": {"id": account, "object": "account", "padding": PADDING}},
    }
    return json.dumps(posted, indent=2).encode()


async def post_event(client: httpx.AsyncClient, url: str, body: bytes) -> float:
    """Tell one event; return how long its answer took, milliseconds."""
    signature = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)
    began = time.perf_counter()
    answer = await client.post(f"{url}/webhooks/stripe", content=body, headers={"Stripe-Signature": signature})
    took = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return took


def figures(took: list[float]) -> dict[str, float]:
    """Return the usual figures of some answers, milliseconds."""
    ordered = sorted(took)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)  # noqa: E731
    return {"n": len(ordered), "p50_ms": round(statistics.median(ordered), 2), "p99_ms": at(0.99), "max_ms": at(1.0)}


async def measure(edge: OwnEdge, *, alone: int, burst: int, bursts: int) -> dict[str, Any]:
    limits = httpx.Limits(max_connections=burst, max_keepalive_connections=burst)
    async with httpx.AsyncClient(limits=limits, timeout=TIMEOUT_SECONDS) as client:
        await post_event(client, edge.url, event(0))
        quiet = [await post_event(client, edge.url, event(number)) for number in range(1, alone + 1)]
        together: list[float] = []
        seconds = 0.0
        for which in range(bursts):
            first = alone + 1 + which * burst
            bodies = [event(first + number - number % 10 // 9) for number in range(burst)]
            began = time.perf_counter()
            together += await asyncio.gather(*(post_event(client, edge.url, body) for body in bodies))
            seconds += time.perf_counter() - began
    posted = {f"evt_benchmark{0:06d}"} | {
        f"evt_benchmark{number - (number - alone - 1) % burst % 10 // 9 * (number > alone):06d}"
        for number in range(1, alone + 1 + bursts * burst)
    }
    kept = provider_events.lag(edge.home.store(), rail=RAIL).waiting
    if kept != len(posted):
        raise SystemExit(f"{len(posted)} events were told, {kept} are kept")
    return {
        "one_after_another": figures(quiet),
        "bursts": {"size": burst, **figures(together), "events_per_second": round(bursts * burst / seconds)},
        "told": 1 + alone + bursts * burst,
        "kept": kept,
    }


async def run(*, alone: int, burst: int, bursts: int) -> dict[str, Any]:
    async with own_edge(settings=SETTINGS) as edge:
        return await measure(edge, alone=alone, burst=burst, bursts=bursts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", type=int, default=200)
    parser.add_argument("--burst", type=int, default=300)
    parser.add_argument("--bursts", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(run(alone=options.alone, burst=options.burst, bursts=options.bursts))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
