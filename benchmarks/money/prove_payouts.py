"""Thousands of random histories of payouts with faults; exits with 1 if an invariant breaks.

    python -m benchmarks.money.prove_payouts [--rail memory|stripe] [--runs 10000] [--steps 25] [--seed 1] [--json]

The provider is the fake in memory, or the official client on the fake Stripe; time is virtual, the store is SQLite.
Histories restore the store alone, the landing alone, or both, and redeem vouchers in between; what happened at the
tills and at the provider is counted by session outside the store. What breaks is printed as the shortest history that
breaks it, and comes again under the same seed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.payouts.test_machine import Payouts, StripePayouts


class Counted(Payouts):
    """Counts what the histories did."""

    histories = 0
    before_the_end = 0
    transfers = 0
    asked = 0
    restored = 0
    redeemed = 0

    def teardown(self) -> None:
        Counted.histories += 1
        Counted.before_the_end += len(self.world.rail.made)
        super().teardown()
        Counted.transfers += len(self.world.rail.made)
        Counted.asked += self.world.rail.asked.total()
        Counted.restored += self.world.restored
        Counted.redeemed += self.world.tills.total()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rail", choices=("memory", "stripe"), default="memory")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=25, help="operations in one history at most")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    Counted.rail = Payouts.rail if options.rail == "memory" else StripePayouts.rail
    print(f"seed {options.seed}", file=sys.stderr)
    begun = time.perf_counter()
    run_state_machine_as_test(
        seed(options.seed)(Counted),
        settings=settings(
            max_examples=options.runs,
            stateful_step_count=options.steps,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    result = {
        "rail": options.rail,
        "seed": options.seed,
        "histories": Counted.histories,
        "with_a_restored_store": Counted.restored,
        "restores_of_the_store": Counted.restores[True, False],
        "restores_of_the_landing": Counted.restores[False, True],
        "restores_of_both": Counted.restores[True, True],
        "redeemed": Counted.redeemed,
        "calls_of_the_provider": Counted.asked,
        "transfers": Counted.transfers,
        "transfers_before_faults_ended": Counted.before_the_end,
        "broken": 0,
        "seconds": round(time.perf_counter() - begun, 1),
    }
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
