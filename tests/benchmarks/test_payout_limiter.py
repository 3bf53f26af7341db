"""The limiter's benchmark on a small number: nothing doubled or lost, the limit never exceeded."""

from __future__ import annotations

from benchmarks.money.payout_limiter import LIMIT_PER_SECOND, run


def test_sixty_payouts_with_faults_are_paid_once_at_the_limit() -> None:
    result = run(count=60, share=0.2, seed=3)
    assert (result["paid"], result["paid_twice"], result["lost"], result["audit_findings"]) == (60, 0, 0, 0)
    assert result["books_ore"] == result["provider_ore"] == 60 * 3000
    assert result["reconciled"]
    assert result["answers_429_of_the_limit"] == 0
    assert LIMIT_PER_SECOND * 0.95 <= result["first_pass_calls_per_virtual_second"] <= LIMIT_PER_SECOND * 1.02
