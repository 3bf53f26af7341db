"""The asset `ledger_audit`: the auditor reads all of the books, once a run rather than once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import dagster as dg
import pytest

from assets.framework.engine import EngineResource
from assets.framework.partitions import range_tags
from assets.framework.resources import HomeResource
from assets.tables import payouts
from pilot.lake_tables.payout_tables import LEDGER_AUDIT
from storage.home import Home

FIRST, LAST = date(2026, 11, 23), date(2026, 11, 25)


def test_the_facts_are_audited_once_a_run_and_reported_on_each_day(
    home: Home, home_resource: HomeResource, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    audits: list[object] = []
    counting: Callable[..., Any] = payouts.audit_money

    def counted(store: object) -> Any:
        audits.append(store)
        return counting(store)

    monkeypatch.setattr(payouts, "audit_money", counted)
    done = dg.materialize(
        [payouts.ledger_audit],
        resources={"home": home_resource, "engine": EngineResource()},
        instance=instance,
        tags=range_tags(FIRST, LAST),
    )
    assert done.success
    assert len(audits) == 1
    metadata = home.lake().read(LEDGER_AUDIT, days=[FIRST, date(2026, 11, 24), LAST])
    assert metadata.select("scope", "agrees").rows() == [("facts", True)] * 3
