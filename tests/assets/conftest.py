"""A home for each test, prepared homes to copy, a way to land events, and the graph run in process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.definitions import build_defs
from assets.framework.partitions import range_tags
from assets.framework.resources import HomeResource
from pilot.events import Event
from pilot.identifiers import new_identifier
from storage.home import Home
from storage.landing.segments import SegmentName, publish
from storage.store.cafes import customer_counts
from tests.assets.dagster_internals import DefsStateStorage
from tests.assets.stories import DAY, NOON, a_day
from tests.events import Story

Landed = Callable[..., list[SegmentName]]
Ran = Callable[..., dg.ExecuteInProcessResult]


def land_stories(home: Home, *stories: Story | Iterable[Event], replica: str = "edge1") -> list[SegmentName]:
    events = [event for each in stories for event in (each.events if isinstance(each, Story) else each)]
    return publish(home.segments(), events, replica=replica, identifier=new_identifier())


def copy_home(source: Home, to: HomeResource) -> Home:
    """Copy a prepared home to the folder of a test's own."""
    source.store().engine.dispose()
    shutil.copytree(source.root, to.home)
    return to.open()


def run_days(
    home_resource: HomeResource,
    instance: dg.DagsterInstance,
    first: date,
    last: date | None = None,
    *,
    job: str = "rebuild",
    only: Collection[str] = (),
    tags: dict[str, str] | None = None,
    **options: Any,
) -> dg.ExecuteInProcessResult:
    """Run a job over a range of days, in process; `only` names the assets to build, all by default."""
    definitions = build_defs(resource_overrides={"home": home_resource})
    return definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        tags={**range_tags(first, last or first), **(tags or {})},
        asset_selection=[dg.AssetKey(name) for name in only] or None,
        **options,
    )


@dataclass(frozen=True)
class Computed:
    """A home, to be read only, and the run that computed its tables."""

    home: Home
    result: dg.ExecuteInProcessResult


@pytest.fixture(scope="session")
def computed_day(tmp_path_factory: pytest.TempPathFactory) -> Computed:
    """Compute every table of a day once; `computed_home` is a copy to change."""
    resource = HomeResource(home=str(tmp_path_factory.mktemp("computed") / "home"))
    home = resource.open()
    land_stories(home, *a_day())
    customer_counts.report(
        home.store(), cafe="aurora", day=DAY, customers=210, source="till", actor="test", simulated=False
    )
    with dg.DagsterInstance.ephemeral() as instance:
        return Computed(home, run_days(resource, instance, DAY, tags=NOON))


@pytest.fixture
def computed_home(computed_day: Computed, home_resource: HomeResource) -> Home:
    return copy_home(computed_day.home, home_resource)


@pytest.fixture(scope="session", autouse=True)
def no_state_of_definitions() -> Iterator[None]:
    """Load definitions without Dagster's stored state; the pilot's have none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DefsStateStorage, "get", classmethod(lambda _: None))
        yield


@pytest.fixture
def home_resource(tmp_path: Path) -> HomeResource:
    return HomeResource(home=str(tmp_path / "home"))


@pytest.fixture
def home(home_resource: HomeResource) -> Home:
    return home_resource.open()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Return an instance as the pilot's own is: SQLite in a folder, with the pilot's settings."""
    (tmp_path / "dagster.yaml").write_text(Path("dagster.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


@pytest.fixture
def land(home: Home) -> Landed:
    """Publish stories and events as one segment a day, the way a replica does."""

    return partial(land_stories, home)


@pytest.fixture
def run(home_resource: HomeResource, instance: dg.DagsterInstance) -> Ran:
    """Run a job over a range of days, in process."""

    def ran(*days: date, within: dg.DagsterInstance | None = None, **options: Any) -> dg.ExecuteInProcessResult:
        return run_days(home_resource, within or instance, *days, **options)

    return ran
