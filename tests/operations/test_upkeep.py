"""The nightly upkeep converts an earlier version's reasons."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from operations.upkeep import maintain_lake
from pilot.lake_tables.tables import PILOT_KPIS
from pilot.settings import Settings
from storage.home import open_home
from tests.storage.test_lake_reasons import NO_COUNT, OLD, rows


def test_the_upkeep_turns_old_sentences_into_codes(tmp_path: Path) -> None:
    home = open_home(Settings(home=tmp_path / "home"))
    home.lake().replace_partition(PILOT_KPIS, OLD, rows(OLD, NO_COUNT), commit={})
    maintain_lake(home, now=datetime.now(UTC))
    assert home.lake().read(PILOT_KPIS, days=[OLD])["why"].to_list() == ["no_count"]
