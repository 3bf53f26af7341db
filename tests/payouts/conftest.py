"""A store for every test of the money, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from tests.postgresql import Cluster, running_cluster


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        opened = open_store(sqlite_url(tmp_path / "store.sqlite"))
    else:
        opened = open_store(request.getfixturevalue("postgresql_cluster").new_store())
    yield opened
    opened.close()


@pytest.fixture
def cluster(store: Store, request: pytest.FixtureRequest) -> Cluster | None:
    """Return the cluster that copies the store's database, None for a file."""
    if store.engine.dialect.name == "sqlite":
        return None
    found: Cluster = request.getfixturevalue("postgresql_cluster")
    return found
