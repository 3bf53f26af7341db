"""Uptime with planned maintenance and without it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from pilot.business_days import day_bounds
from pilot.lake_tables.tables import UPTIME
from storage.home import Home
from storage.lake import polars_schema
from tests.dashboards.conftest import TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import overview, shown

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]


def written(home: Home, *, planned_s: float) -> None:
    row = {"day": TODAY, "cafe": "aurora", "simulated": False, "target": "customer_page", "probes": 900}
    row |= {"up_s": 86_000.0, "down_s": 400.0, "unknown_s": 0.0, "as_of": day_bounds(TODAY)[1]}
    row |= {"planned_s": planned_s, "planned_down_s": min(planned_s, 400.0)}
    frame = pl.DataFrame([row], schema=polars_schema(UPTIME))
    home.lake().replace_partition(UPTIME, TODAY, frame, commit={})


def test_planned_maintenance_is_shown_with_uptime_with_and_without_it(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    written(home, planned_s=1800.0)
    page = shown(overview(visit_pages())).replace("\u00a0", " ")
    assert "Planerat underhåll för Café Aurora de senaste 30 dagarna: 30 av högst 216 minuter." in page
    assert "Driftsäkerheten är 99,54 % med det inräknat och 100,00 % utan." in page


def test_without_planned_maintenance_the_page_does_not_mention_it(home: Home, visit_pages: Pages):
    make_day(home.cafes(), TODAY).write(home.lake())
    written(home, planned_s=0.0)
    assert "Planerat underhåll" not in shown(overview(visit_pages()))
