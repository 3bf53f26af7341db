"""Records the events of many visits as columns, and writes numbers as JSON texts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


@dataclass(slots=True)
class VisitRecorder:
    """The recorder of many visits: each guest's clock and sequence number, and the recorded events."""

    rng: np.random.Generator
    now: Whole
    seq: Whole
    parts: list[pl.DataFrame] = field(default_factory=list)

    def wait(self, who: Whole, low: float, high: float) -> None:
        """Advance these guests' clocks by `low` to `high` seconds."""
        self.now[who] += np.rint(1000 * self.rng.uniform(low, high, len(who))).astype(np.int64)

    def advance(self, who: Whole, millis: Floats) -> None:
        """Advance each of these guests' clocks by its milliseconds."""
        self.now[who] += np.rint(millis).astype(np.int64)

    def record(self, who: Whole, event: str, *data: str | pl.Series) -> None:
        """Record an event of these guests; `data` is its JSON, in pieces."""
        if not len(who):
            return
        columns = {f"piece {n}": piece for n, piece in enumerate(data) if not isinstance(piece, str)}
        frame = pl.DataFrame({"guest": who, "millis": self.now[who], "seq": self.seq[who], **columns})
        pieces = [pl.lit(piece) if isinstance(piece, str) else pl.col(f"piece {n}") for n, piece in enumerate(data)]
        rows = frame.select("guest", "millis", "seq", event=pl.lit(event), data=pl.concat_str(pieces))
        self.parts.append(rows)
        self.seq[who] += 1


def number_texts(values: Whole) -> pl.Series:
    """Return whole numbers as JSON texts."""
    return pl.Series(values).cast(pl.String)


def number_or_null(values: Floats, there: Truths, *, decimals: int) -> pl.Series:
    """Return numbers as JSON texts; null if not `there`."""
    numbers = pl.Series(np.where(there, values, np.nan)).fill_nan(None).round(decimals)
    return numbers.cast(pl.String).fill_null("null")
