"""A demo home of two weeks with something on every page of the team."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

from operations.alerting.router import AlertRouter
from operations.load_records import RECORDS_NAME as LOAD_RECORDS
from operations.monitoring.minute_figures import FOLDER as MINUTES
from operations.record_lines import append_record
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.watch.money.payments import RECORDS_NAME as PAYMENT_RECORDS
from pilot.business_days import business_day, day_bounds
from storage.home import Home
from storage.store.outgoing.webhook_deliveries import plan_test
from storage.store.outgoing.webhook_rules import add_rule
from tests.dashboards.conftest import sign_in
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_volume import hour_row
from tests.dashboards.test_volume import write as write_volume
from tests.dashboards.verdict_days import write_verdicts
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import World

ODD_DAY_BACK = 4  # a day with little feedback


def fill(home: Home, *, folder: Path) -> str:
    """Fill a demo home; return the token of an administrator's sign-in."""
    today = business_day(datetime.now(UTC))
    for back in range(14):
        make_day(home.cafes(), today - timedelta(days=back), simulated=True).write(home.lake())
        write_verdicts(home.lake(), today - timedelta(days=back), broken=back == 3)
    odd = today - timedelta(days=ODD_DAY_BACK)
    write_volume(
        home, *(hour_row(hour, "low" if hour == 10 else "none", simulated=True, day=odd) for hour in (8, 9, 10))
    )
    AlertRecords(home.root / RUN_FOLDER / PAYMENT_RECORDS, clock=lambda: datetime.now(UTC)).report(
        [Alert("payout_difference", "stripe_fake", "high", "The books differ.")]
    )
    AlertRouter(home, clock=lambda: datetime.now(UTC), channels={})()
    load_test = {"at": datetime.now(UTC).isoformat(), "guests": 40, "seconds": 90.0, "p95_ms": 900.0, "failures": 0}
    append_record(home.root / RUN_FOLDER / LOAD_RECORDS, load_test | {"passed": True})
    begins = day_bounds(today - timedelta(days=1))[0]
    for minute in range(0, 1440, 5):
        share = 0.2 + 0.1 * math.sin(minute / 100)
        values = {"requests_a_minute": 40 + 30 * math.sin(minute / 200), "failed_share": 0.01, "queue": minute % 7}
        values |= {"processor_share": share, "memory_share": share + 0.3, "disk_share": 0.6, "voice_p95_seconds": 1.4}
        at = begins + timedelta(minutes=minute)
        for day in (today, business_day(at)):
            append_record(home.root / RUN_FOLDER / MINUTES / f"{day}.ndjson", {"at": at.isoformat(), **values})
    rule = add_rule(
        home.store(), cafe=home.cafes().ids[0], name="Kön", theme="queue", polarity="negative",
        url="https://hooks.example/", known_themes=["queue"], by="anna",
    )  # fmt: skip
    plan_test(home.store(), rule.id, by="anna")
    token = sign_in(home)  # Before the world stops the store's clock.
    world = World(folder / "unused.sqlite", store=home.store(), rail=MemoryRail)
    world.earn("acct_1")
    world.settle()
    return token
