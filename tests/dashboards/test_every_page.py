"""Every page opens whatever page was read before it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.page_registry import PAGES
from storage.home import Home
from tests.dashboards.conftest import TODAY
from tests.dashboards.lake_days import make_day

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]
YESTERDAY = TODAY - timedelta(days=1)


def test_every_page_opens_after_every_other_page_was_read(home: Home, visit_pages: Pages):
    """Choices outlive their page: a name must not be one kind of widget here and another there."""
    make_day(home.cafes(), YESTERDAY).write(home.lake())
    make_day(home.cafes(), TODAY).write(home.lake())
    at = visit_pages().run()
    for entry in (*PAGES, *reversed(PAGES)):
        at.switch_page(f"views/{entry.script}").run()
        assert 'class="pf-trouble"' not in " ".join(part.value for part in at.html), entry.script
        assert not at.exception, entry.script
