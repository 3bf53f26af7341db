"""The replicas of the busiest hour: enough by Erlang's formula, and one fewer is too few."""

from __future__ import annotations

import pytest

from benchmarks.platform.voice_replicas import load_of, replicas
from pipelines.statistics.queueing import MOST_BLOCKED, erlang_b


@pytest.mark.parametrize("cafes", [3, 100, 10_000])
@pytest.mark.parametrize("places", [1, 4, 10])
def test_the_replicas_suffice_and_one_fewer_does_not(cafes: int, places: int) -> None:
    load = load_of(cafes)
    pooled = replicas(load, places=places, pooled=True)
    blind = replicas(load, places=places, pooled=False)
    assert erlang_b(pooled * places, load) <= MOST_BLOCKED
    assert erlang_b(places, load / blind) <= MOST_BLOCKED
    assert pooled == 1 or erlang_b((pooled - 1) * places, load) > MOST_BLOCKED
    assert blind == 1 or erlang_b(places, load / (blind - 1)) > MOST_BLOCKED
    assert pooled <= blind


def test_load_is_the_mean_number_of_sessions_at_once() -> None:
    assert load_of(10_000) == pytest.approx(2250)
