"""A home for each test, a way to land events, and the graph run in process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
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
from tests.assets.dagster_internals import DefsStateStorage
from tests.events import Story

Landed = Callable[..., list[SegmentName]]
Ran = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture(autouse=True)
def no_state_of_definitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load definitions without Dagster's stored state; the pilot's have none."""
    monkeypatch.setattr(DefsStateStorage, "get", classmethod(lambda _: None))


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

    def landed(*stories: Story | Iterable[Event], replica: str = "edge1") -> list[SegmentName]:
        events = [event for each in stories for event in (each.events if isinstance(each, Story) else each)]
        return publish(home.segments(), events, replica=replica, identifier=new_identifier())

    return landed


@pytest.fixture
def run(home_resource: HomeResource, instance: dg.DagsterInstance) -> Ran:
    """Run a job over a range of days, in process."""

    def ran(
        first: date,
        last: date | None = None,
        *,
        job: str = "rebuild",
        tags: dict[str, str] | None = None,
        within: dg.DagsterInstance | None = None,
        **options: Any,
    ) -> dg.ExecuteInProcessResult:
        definitions = build_defs(resource_overrides={"home": home_resource})
        return definitions.resolve_job_def(job).execute_in_process(
            instance=within or instance, tags={**range_tags(first, last or first), **(tags or {})}, **options
        )

    return ran
