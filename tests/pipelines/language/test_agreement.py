"""The figures of an evaluation, on labels made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.language.fitting.agreement import agreement, rank


def test_a_perfect_score_agrees_and_a_reversed_one_does_not():
    labelled = np.array([10.0, 40.0, 65.0, 80.0])
    kinds = ["injection", "generic", "genuine", "genuine"]
    same = agreement("a", labelled, labelled, kinds)
    assert (same.rank, same.rank_of_genuine) == (pytest.approx(1), pytest.approx(1))
    assert (same.eligible_f1, same.error, same.unusable_eligible) == (1, 0, 0)
    reverse = agreement("a", labelled[::-1], labelled, kinds)
    assert reverse.rank == pytest.approx(-1)
    assert reverse.eligible_f1 == 0
    assert reverse.unusable_eligible == 1


def test_a_constant_has_no_rank():
    assert np.isnan(rank(np.array([1.0, 1.0]), np.array([1.0, 2.0])))
