"""Each render of a page is timed under its name, from the start of its rerun to its end."""

from __future__ import annotations

import pytest

from dashboards.page_times import REGISTRY, page_time
from storage.home import Home
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_technical_pages import DAY, Pages, opened


def renders(page: str) -> float:
    return REGISTRY.get_sample_value("pilot_page_seconds_count", {"page": page}) or 0.0


def test_every_render_of_a_page_is_timed(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    before = renders("technical")
    at = opened(visit_pages, "technical")
    first = renders("technical")
    at.run()
    assert first > before
    assert renders("technical") > first


def test_a_render_that_breaks_off_is_timed_too():
    before = renders("frame")
    with pytest.raises(RuntimeError), page_time():
        raise RuntimeError
    assert renders("frame") == before + 1
    assert REGISTRY.get_sample_value("pilot_pages_drawing") == 0
