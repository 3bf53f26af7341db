"""The asset `raw_events`: a day's landing segments as one table."""

from __future__ import annotations

from collections.abc import Sequence

from assets.framework.daily_table import daily_table
from assets.framework.day import Figure, RebuildResult, TableDay, count_by, counted
from assets.framework.plots import bars
from assets.framework.sources import landing, store
from pilot.lake_tables.tables import RAW_EVENTS
from storage.landing.day_in_parts import read_day_in_parts
from storage.landing.days import Fault
from storage.store.privacy import erasures, tombstones

FAULTS_SHOWN = 20  # places listed in the metadata; the counts cover all


@daily_table(
    RAW_EVENTS, group="landing", kinds={"delta", "duckdb"}, code_version="1", deps=[landing, store], by_cafe=True
)
def raw_events(day: TableDay) -> RebuildResult:
    """Reads the day's segments without erased sessions; damaged segments and invalid lines are counted.

    If a replica published events of a session after its erasure was done, the erasure is reopened.
    """
    books = day.home.store()
    erased = tombstones.for_day(books, day.day)
    landed = read_day_in_parts(day.home.segments(), day.day, cafes=day.cafes.ids, erased=erased, only=day.only)
    if landed.reappeared:
        erasures.reopen(books, landed.reappeared)
    figures: dict[str, Figure] = {
        "segments": landed.segments,
        "doubles": landed.duplicates,
        "erased_sessions": len(erased),
        "erased_sessions_back": len(landed.reappeared),
        "unknown": landed.unknown,
        **fault_figures(landed.faults),
    }
    return day.build_in_parts(
        landed.parts,
        figures=lambda frame: {"events": count_by(frame, "event")},
        plots=lambda counts: {"events": bars(counted(counts, "events"), unit="events"), **figures},
    )


def fault_figures(faults: Sequence[Fault]) -> dict[str, Figure]:
    """Return the number of faults by kind, and the places of the first ones."""
    damaged = [fault.segment for fault in faults if fault.line is None]
    broken = [f"{fault.segment}:{fault.line}" for fault in faults if fault.line is not None]
    return {
        "faults": {"damaged_segments": len(damaged), "broken_lines": len(broken)},
        "fault_places": [*damaged, *broken][:FAULTS_SHOWN],
    }
