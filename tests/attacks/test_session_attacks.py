"""The attacks on sessions achieve nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks import chained_resume, forged_times, rewritten_session
from voice_edge.doors.limits import Limits


async def test_a_sent_session_is_rewritten_in_no_way(tmp_path: Path) -> None:
    found = await rewritten_session.attack(tmp_path)
    assert found.ways == 10
    assert (found.events, found.results) == (0, 0)
    assert found.points_counted == found.points_sent


@pytest.mark.parametrize("newest", [True, False])
async def test_no_chain_of_resumes_outlives_the_total_limit(tmp_path: Path, newest: bool) -> None:
    found = await chained_resume.attack(tmp_path, newest=newest)
    assert 0 < found.resumes < chained_resume.MOST_RESUMES
    assert found.lasted_seconds <= Limits().total_seconds


async def test_no_forged_response_time_is_counted(tmp_path: Path) -> None:
    found = await forged_times.attack(tmp_path, guests=1)
    assert (found.counted, found.in_time, found.left_out) == (0, 0, 1)
