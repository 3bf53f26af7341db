"""The loss formula, against published values and a simulation."""

from __future__ import annotations

import ciw
import pytest

from pipelines.statistics.queueing import cafes_a_server, erlang_b

HOURS = 400.0


@pytest.mark.parametrize(
    ("places", "load", "blocked"), [(1, 1.0, 0.5), (2, 1.0, 0.2), (10, 5.0, 0.018385), (30, 20.0, 0.008457)]
)
def test_published_values_are_found(places: int, load: float, blocked: float) -> None:
    assert erlang_b(places, load) == pytest.approx(blocked, abs=1e-5)


def test_one_percent_of_ten_places_is_lost_at_the_published_load() -> None:
    # Erlang's table: 10 places carry 4.461 erlang with a loss of 1 %.
    assert erlang_b(10, 4.461) == pytest.approx(0.01, abs=1e-5)
    assert cafes_a_server(10, load_a_cafe=0.4461) == 10
    assert cafes_a_server(10, load_a_cafe=0.447) == 9


@pytest.mark.parametrize(
    "length", [ciw.dists.Exponential(60.0), ciw.dists.Deterministic(1 / 60), ciw.dists.Uniform(0.0, 1 / 30)]
)
def test_a_simulation_loses_as_many_whatever_the_sessions_lengths(length: ciw.dists.Distribution) -> None:
    places, arrivals_an_hour = 6, 180.0  # sessions of one minute: 3 erlang
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(arrivals_an_hour)],
        service_distributions=[length],
        number_of_servers=[places],
        queue_capacities=[0],
    )
    ciw.seed(20261130)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(HOURS)
    types = [record.record_type for record in simulation.get_all_records()]
    lost = types.count("rejection") / len(types)
    assert lost == pytest.approx(erlang_b(places, 3.0), abs=0.005)


def test_impossible_loads_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        erlang_b(-1, 1.0)
    with pytest.raises(ValueError, match="above 0"):
        cafes_a_server(5, load_a_cafe=0.0)
    assert cafes_a_server(0, load_a_cafe=1.0) == 0
