"""The limiter's proof on a small number: nothing doubled or lost, the limit used to the full and never passed."""

from __future__ import annotations

from benchmarks.money.payout_limiter import LIMIT_PER_SECOND, run


def test_sixty_payouts_with_faults_are_paid_once_at_the_limit() -> None:
    told = run(count=60, share=0.2, seed=3)
    assert (told["paid"], told["paid_twice"], told["lost"], told["audit_findings"]) == (60, 0, 0, 0)
    assert told["books_ore"] == told["provider_ore"] == 60 * 3000
    assert told["reconciled"]
    assert told["answers_429_of_the_limit"] == 0
    assert LIMIT_PER_SECOND * 0.95 <= told["first_pass_calls_per_virtual_second"] <= LIMIT_PER_SECOND * 1.02
