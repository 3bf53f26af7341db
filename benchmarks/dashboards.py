"""Time to draw the pages, with 30 simulated days of three cafés: `python -m benchmarks.dashboards`.

A page's script is run as Streamlit runs it (its own test harness, without a browser): first with nothing cached,
then with what the versions of the lake's tables still allow. Goal: under 1 s a page. Prints the median and the
95th percentile of RUNS runs each.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from dashboards import signed_in  # noqa: E402
from dashboards.page_registry import PAGES  # noqa: E402
from pilot.business_days import business_day  # noqa: E402
from pilot.settings import read_settings  # noqa: E402
from storage.home import open_home  # noqa: E402
from tests.dashboards.conftest import sign_in  # noqa: E402
from tests.dashboards.lake_days import make_day  # noqa: E402

DAYS = 30
RUNS = 15


def main() -> None:
    """Make the days, draw every page cold and warm, print a table."""
    logging.disable(logging.WARNING)
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PILOT_HOME"] = folder
        home = open_home(read_settings(dict(os.environ)), kind="demo")
        today = business_day(datetime.now(UTC))
        for back in range(DAYS):
            make_day(home.cafes(), today - timedelta(days=back), simulated=True).write(home.lake())
        token = sign_in(home)
        signed_in.token = lambda: token
        app = AppTest.from_file(ROOT / "dashboards" / "app.py", default_timeout=60).run()
        print(f"{'page':<20}{'cold p50':>10}{'cold p95':>10}{'warm p50':>10}{'warm p95':>10}  seconds")
        for entry in PAGES:
            name = entry.url_path
            app.switch_page(f"views/{entry.script}").run()
            cold = [_seconds(app, cached=False) for _ in range(RUNS)]
            warm = [_seconds(app, cached=True) for _ in range(RUNS)]
            figures = [figure for series in (cold, warm) for figure in (statistics.median(series), _p95(series))]
            print(f"{name:<20}" + "".join(f"{figure:>10.2f}" for figure in figures))


def _seconds(app: AppTest, *, cached: bool) -> float:
    if not cached:
        st.cache_data.clear()
    started = time.perf_counter()
    app.run()
    taken = time.perf_counter() - started
    assert not app.exception
    return taken


def _p95(series: list[float]) -> float:
    return statistics.quantiles(series, n=20)[-1]


if __name__ == "__main__":
    main()
