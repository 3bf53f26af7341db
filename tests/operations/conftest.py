"""A home in a temporary folder, and free ports."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from operations.system import free_port
from pilot.settings import Settings, read_settings
from storage.home import Home, open_home


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a pilot with its own home and free ports."""
    edge, dagster, dashboards, entrance = (str(free_port()) for _ in range(4))
    return {
        **os.environ,
        "PILOT_HOME": str(tmp_path / "home"),
        "PILOT_EDGE_PORT": edge,
        "PILOT_DAGSTER_PORT": dagster,
        "PILOT_DASHBOARDS_PORT": dashboards,
        "PILOT_ENTRANCE_PORT": entrance,
        "PILOT_PUBLIC_URL": f"http://127.0.0.1:{edge}",
        "PILOT_INTERVIEWER": "scripted",
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return read_settings(environment)


@pytest.fixture
def home(settings: Settings) -> Home:
    return open_home(settings)
