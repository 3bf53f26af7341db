"""Time to draw the pages.

    python -m benchmarks.dashboards [--cafes 3] [--days 30] [--runs 15] [--home FOLDER]

A page's script is run as Streamlit runs it (its own test harness, without a browser): first with nothing cached,
then with what the versions of the lake's tables still allow. Every page of a manager of one café, and every page of
an admin, who sees them all. Goals: a warm page under 1 s, with 30 days of three cafés and with 10 million sessions
(`--cafes 1000 --days 100`), and a search of the guests' words under 2 s. Prints the median and the 95th percentile.
A home that is given is kept, and used again.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from benchmarks.large_home import fill  # noqa: E402
from benchmarks.many_cafes_home import open_large_home  # noqa: E402
from dashboards import signed_in  # noqa: E402
from dashboards.page_registry import pages_for  # noqa: E402
from pilot.access import Principal  # noqa: E402
from storage.home import Home  # noqa: E402
from storage.store.access import sign_ins  # noqa: E402
from tests.dashboards.conftest import sign_in  # noqa: E402

SEARCHED = "kassa"


def main() -> None:
    """Make the days, draw every page cold and warm for each role, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cafes", type=int, default=3)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--home", type=Path, help="a folder for the home, to use it again")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.home or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        made = (folder / "home").exists()
        home = open_large_home(folder, cafes=options.cafes)
        if not made:
            began = time.perf_counter()
            sessions = fill(home, days=options.days)
            print(f"{sessions} simulated sessions, made in {time.perf_counter() - began:.0f} s")
        print(f"{'page':<32}{'cold p50':>10}{'cold p95':>10}{'warm p50':>10}{'warm p95':>10}  seconds")
        for role, cafes in (("manager", ("aurora",)), ("admin", ())):
            _measure(home, role=role, cafes=cafes, runs=options.runs)


def _measure(home: Home, *, role: str, cafes: tuple[str, ...], runs: int) -> None:
    token = sign_in(home, role=role, cafes=cafes, email=f"{role}-{os.getpid()}@example.se")
    signed_in.token = lambda: token
    principal = sign_ins.find(home.store(), token)
    assert isinstance(principal, Principal)
    app = AppTest.from_file(ROOT / "dashboards" / "app.py", default_timeout=300).run()
    for entry in pages_for(principal):
        app.switch_page(f"views/{entry.script}").run()
        _print(f"{role} /{entry.url_path}", app, runs=runs)
        if entry.url_path == "gasterna":
            app.query_params["period"] = "90"
            app.text_input(key="sok").set_value(SEARCHED).run()
            _print(f"{role} /{entry.url_path} search, 90 days", app, runs=runs)
            app.query_params.clear()


def _print(name: str, app: AppTest, *, runs: int) -> None:
    cold = [_seconds(app, cached=False) for _ in range(runs)]
    warm = [_seconds(app, cached=True) for _ in range(runs)]
    figures = [figure for series in (cold, warm) for figure in (statistics.median(series), _p95(series))]
    print(f"{name:<32}" + "".join(f"{figure:>10.2f}" for figure in figures), flush=True)


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
