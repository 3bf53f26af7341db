"""Homes, landings and stores of their own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pilot.settings import Settings
from storage.home import Home, open_home
from storage.landing.folder_segments import FolderSegments
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from tests.postgresql import Cluster, running_cluster


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "hem på ö"))


@pytest.fixture
def segments(tmp_path: Path) -> FolderSegments:
    return FolderSegments(tmp_path / "landing")


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def postgresql_url(postgresql_cluster: Cluster) -> str:
    return postgresql_cluster.new_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, on each engine."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "store.sqlite").render_as_string()
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()
