"""The nightly upkeep converts an earlier version's reasons, and merges past days' segments."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.erasure.home_lock import HomeLocked, home_lock
from operations.upkeep import maintain_lake, maintain_landing
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import PILOT_KPIS
from pilot.settings import Settings
from storage.home import open_home
from storage.landing.segments import publish
from tests.storage.recorded import MONDAY_MORNING, TUESDAY_MORNING, utterances
from tests.storage.test_lake_reasons import NO_COUNT, OLD, rows


def test_the_upkeep_turns_old_sentences_into_codes(tmp_path: Path) -> None:
    home = open_home(Settings(home=tmp_path / "home"))
    home.lake().replace_partition(PILOT_KPIS, OLD, rows(OLD, NO_COUNT), commit={})
    maintain_lake(home, now=datetime.now(UTC))
    assert home.lake().read(PILOT_KPIS, days=[OLD])["why"].to_list() == ["no_count"]


def test_the_upkeep_merges_past_days_of_guests_and_of_probes_but_not_today(tmp_path: Path) -> None:
    home = open_home(Settings(home=tmp_path / "home"))
    for at in (MONDAY_MORNING, TUESDAY_MORNING):
        for segments in (home.segments(), home.probe_segments()):
            for _ in range(3):
                publish(segments, utterances(1, at=at), replica="edge1", identifier=new_identifier())
    done = maintain_landing(home, now=TUESDAY_MORNING)
    assert (done.days, done.merged, done.published) == (1, 6, 2)
    for segments in (home.segments(), home.probe_segments()):
        assert len(segments.list(MONDAY_MORNING.date())) == 1
        assert len(segments.list(TUESDAY_MORNING.date())) == 3
    assert maintain_landing(home, now=TUESDAY_MORNING).days == 0


def test_the_upkeep_merges_nothing_while_the_home_is_locked(tmp_path: Path) -> None:
    home = open_home(Settings(home=tmp_path / "home"))
    with home_lock(home.root), pytest.raises(HomeLocked):
        maintain_landing(home, now=TUESDAY_MORNING)
