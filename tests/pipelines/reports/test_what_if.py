"""What-if plans: the guests who find no place, against a simulation, and the cost of a café."""

from __future__ import annotations

from dataclasses import replace

import ciw
import pytest

from pipelines.reports.what_if import Plan, what_if, with_cafes
from pipelines.statistics.queueing import MOST_BLOCKED, erlang_b, places_for

PLAN = Plan(
    cafes=60, sessions_a_day=40.0, peak_share=0.15, seconds=75.0, places=5, replicas=2, replica_kr=900.0, reward_kr=12.0
)
HOURS = 150.0


@pytest.mark.parametrize(("cafes", "replicas"), [(60, 2), (60, 3), (25, 1)])
def test_as_many_guests_find_no_place_as_in_a_simulation_of_the_plan(cafes: int, replicas: int) -> None:
    plan = replace(PLAN, cafes=cafes, replicas=replicas)
    arrivals_an_hour = plan.cafes * plan.sessions_a_day * plan.peak_share
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(arrivals_an_hour)],
        service_distributions=[ciw.dists.Uniform(0.0, 2 * plan.seconds / 3600)],
        number_of_servers=[plan.places * plan.replicas],
        queue_capacities=[0],
    )
    ciw.seed(20261130)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(HOURS)
    types = [record.record_type for record in simulation.get_all_records()]
    assert what_if(plan).blocked == pytest.approx(types.count("rejection") / len(types), abs=0.008)


def test_the_needed_replicas_are_the_fewest_that_refuse_at_most_one_in_a_hundred() -> None:
    for cafes in (1, 10, 100, 1_000, 10_000):
        plan = with_cafes(PLAN, cafes)
        found = what_if(plan)
        assert erlang_b(plan.places * found.replicas_needed, plan.load) <= MOST_BLOCKED
        assert (
            found.replicas_needed == 1 or erlang_b(plan.places * (found.replicas_needed - 1), plan.load) > MOST_BLOCKED
        )


def test_the_cost_of_a_cafe_is_its_part_of_the_replicas_and_its_rewards() -> None:
    found = what_if(PLAN)
    assert found.load == pytest.approx(60 * 40 * 0.15 * 75 / 3600)
    assert (found.servers_kr, found.rewards_kr) == (pytest.approx(30.0), pytest.approx(14_400.0))
    assert found.servers_needed_kr == pytest.approx(found.replicas_needed * 15.0)
    assert found.sessions_a_month == pytest.approx(72_000)


def test_many_cafes_share_places_so_that_each_needs_fewer() -> None:
    assert what_if(with_cafes(PLAN, 1_000)).replicas_needed < 10 * what_if(with_cafes(PLAN, 100)).replicas_needed


def test_no_load_needs_no_place_and_impossible_plans_are_refused() -> None:
    assert places_for(0.0) == 0
    assert places_for(4.461) == 10  # Erlang's table: 10 places carry it with a loss of 1 %
    assert what_if(replace(PLAN, sessions_a_day=0.0)).replicas_needed == 1
    with pytest.raises(ValueError, match="at least 1"):
        what_if(replace(PLAN, replicas=0))
    with pytest.raises(ValueError, match="negative"):
        places_for(-1.0)
