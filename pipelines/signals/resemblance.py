"""Finds sessions similar to an earlier one: MinHash bands propose pairs, the exact sets decide.

Resemblance is Jaccard's: common pairs divided by all pairs of both. Bands of a MinHash signature (Broder 1997; banding
as in Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4) find candidates without comparing all
sessions with each other. Each session is compared with only the few sessions that precede it in a bucket, so a million
copies cost no more than a million different sessions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Pairs = npt.NDArray[np.uint32]

BANDS = 40
ROWS_A_BAND = 3
HASHES = BANDS * ROWS_A_BAND
MET_IN_A_BUCKET = 3  # preceding sessions that a session is compared with in each bucket
CHUNK_PAIRS = 4_000_000  # pairs hashed at a time
CHUNK_CANDIDATES = 100_000
SKETCH_HASHES = 36  # hashes per session; a candidate that agrees in too few is dropped before the exact comparison
SKETCH_SHARE = 0.5  # share of the minimum resemblance; a true match falls below it once in 200 times
SEED = 20261123


@dataclass(frozen=True, slots=True)
class Sets:
    """The pair sets of many sessions, in the order in which they were sent.

    Attributes:
        pairs: All sessions' pairs, one after the other; sorted and distinct within a session.
        starts: The offset of each session's pairs, and the total length.
    """

    pairs: Pairs
    starts: Integers

    @property
    def sizes(self) -> Integers:
        """Return the number of pairs of each session."""
        sizes: Integers = np.diff(self.starts)
        return sizes

    def __len__(self) -> int:
        return self.starts.size - 1


@dataclass(frozen=True, slots=True)
class Twins:
    """Similar sessions, one entry per pair of a later and an earlier session.

    Attributes:
        later: Index of the later session.
        earlier: Index of the earlier one.
        shared: Their number of common pairs.
        resemblance: Common pairs divided by all pairs of both, 0-1.
        contained: Common pairs divided by the pairs of the smaller session, 0-1.
    """

    later: Integers
    earlier: Integers
    shared: Integers
    resemblance: npt.NDArray[np.float64]
    contained: npt.NDArray[np.float64]


def earlier_twins(sets: Sets, *, first_new: int, least_shared: int, least_resemblance: float) -> Twins:
    """Return the pairs of similar sessions with a new later session.

    Args:
        sets: The sessions in order of time; those without a pair are ignored.
        first_new: Index of the first new session; earlier sessions are only compared with new ones.
        least_shared: The minimum number of common pairs.
        least_resemblance: The minimum resemblance.
    """
    later, earlier = _candidates(sets, first_new=first_new, least_agreement=SKETCH_SHARE * least_resemblance)
    kept: list[Twins] = []
    for start in range(0, later.size, CHUNK_CANDIDATES):
        some = slice(start, start + CHUNK_CANDIDATES)
        shared = common(sets, later[some], earlier[some])
        sizes = sets.sizes
        ones, others = sizes[later[some]], sizes[earlier[some]]
        resemblance = shared / np.maximum(ones + others - shared, 1)
        good = (shared >= least_shared) & (resemblance >= least_resemblance)
        contained = shared / np.maximum(np.minimum(ones, others), 1)
        kept.append(Twins(later[some][good], earlier[some][good], shared[good], resemblance[good], contained[good]))
    return _joined(kept)


def _joined(parts: list[Twins]) -> Twins:
    none, share = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
    return Twins(
        np.concatenate([none, *(part.later for part in parts)]),
        np.concatenate([none, *(part.earlier for part in parts)]),
        np.concatenate([none, *(part.shared for part in parts)]),
        np.concatenate([share, *(part.resemblance for part in parts)]),
        np.concatenate([share, *(part.contained for part in parts)]),
    )


def _candidates(sets: Sets, *, first_new: int, least_agreement: float) -> tuple[Integers, Integers]:
    """Return distinct (later, earlier) index pairs of near neighbours in a bucket."""
    rows = np.flatnonzero(sets.sizes > 0)
    hashes = _Hashes()
    sketch = np.empty((rows.size, SKETCH_HASHES), dtype=np.uint32)
    for at in range(SKETCH_HASHES):
        sketch[:, at] = hashes.smallest(sets, rows, at=at)
    found = [np.empty(0, dtype=np.int64)]
    for band in range(BANDS):
        keys = np.zeros(rows.size, dtype=np.uint64)
        for at in range(band * ROWS_A_BAND, (band + 1) * ROWS_A_BAND):
            smallest = sketch[:, at] if at < SKETCH_HASHES else hashes.smallest(sets, rows, at=at)
            keys = (keys ^ smallest) * hashes.multipliers[at]
            keys ^= keys >> np.uint64(29)
        order = np.argsort(keys, kind="stable")  # by time within a bucket
        keys = keys[order]
        for gap in range(1, MET_IN_A_BUCKET + 1):
            at_new = np.flatnonzero((keys[gap:] == keys[:-gap]) & (rows[order[gap:]] >= first_new))
            later, earlier = order[at_new + gap], order[at_new]
            alike = _agreeing(sketch, later, earlier, least=least_agreement)
            found.append(rows[later[alike]] * len(sets) + rows[earlier[alike]])
        if sum(part.size for part in found[1:]) > CHUNK_PAIRS:
            found = [np.unique(np.concatenate(found))]
    both = np.unique(np.concatenate(found))
    return both // max(len(sets), 1), both % max(len(sets), 1)


def _agreeing(
    sketch: npt.NDArray[np.uint32], ones: Integers, others: Integers, *, least: float
) -> npt.NDArray[np.bool_]:
    """Return for each candidate pair whether its sketches agree in at least a share of `least`."""
    kept = np.empty(ones.size, dtype=np.bool_)
    for start in range(0, ones.size, CHUNK_CANDIDATES):
        some = slice(start, start + CHUNK_CANDIDATES)
        kept[some] = (sketch[ones[some]] == sketch[others[some]]).mean(axis=1) >= least
    return kept


class _Hashes:
    """The signature's hash functions: multiply-shift (Dietzfelbinger et al. 1997), the same in every run."""

    def __init__(self) -> None:
        random = np.random.default_rng(SEED)
        self.multipliers = random.integers(1, 2**63, size=HASHES, dtype=np.uint64) | np.uint64(1)
        self._additions = random.integers(0, 2**63, size=HASHES, dtype=np.uint64)

    def smallest(self, sets: Sets, rows: Integers, *, at: int) -> npt.NDArray[np.uint32]:
        """Return each session's smallest pair under hash function `at`."""
        out = np.empty(rows.size, dtype=np.uint32)
        starts, ends = sets.starts[rows], sets.starts[rows + 1]
        first = 0
        while first < rows.size:
            last = max(int(np.searchsorted(ends, starts[first] + CHUNK_PAIRS, side="right")), first + 1)
            body = sets.pairs[starts[first] : ends[last - 1]].astype(np.uint64)
            body *= self.multipliers[at]
            body += self._additions[at]
            body >>= np.uint64(32)
            out[first:last] = np.minimum.reduceat(body, starts[first:last] - starts[first])
            first = last
        return out


def common(sets: Sets, ones: Integers, others: Integers) -> Integers:
    """Return the number of common pairs of each of `ones` with its counterpart in `others`."""
    both = np.concatenate([ones, others])
    sizes = sets.sizes[both]
    ends = np.cumsum(sizes)
    within = np.arange(int(ends[-1]) if ends.size else 0) - np.repeat(ends - sizes, sizes)
    place = np.repeat(sets.starts[:-1][both], sizes) + within
    which = np.repeat(np.tile(np.arange(ones.size), 2), sizes).astype(np.uint64)
    keyed = np.sort(which << np.uint64(32) | sets.pairs[place])
    twice = keyed[1:][keyed[1:] == keyed[:-1]] >> np.uint64(32)
    counts: Integers = np.bincount(twice.astype(np.int64), minlength=ones.size)
    return counts
