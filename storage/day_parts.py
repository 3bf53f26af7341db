"""Streams a day's rows in parts into the lake, with the same validation as a whole day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pilot.lake_tables.tables import Table
from storage.cafe_parts import ALL, CafeRange
from storage.errors import LakeSchemaError
from storage.lake_schema import day_partition, empty_frame

BATCH_ROWS = 65_536

Hashes = npt.NDArray[np.uint64]


class DayParts:
    """The parts of one day, read once.

    Attributes:
        fault: The error that stopped the stream; the reading engine reports only that it stopped.
    """

    def __init__(
        self, table: Table, day: date, parts: Iterable[pl.DataFrame], *, only: Sequence[CafeRange] = ALL
    ) -> None:
        """Wrap the parts, in the order of their cafés, all of them in the ranges of `only`."""
        self._table, self._day, self._parts, self._only = table, day, parts, only
        self.fault: BaseException | None = None

    def reader(self) -> pa.RecordBatchReader:
        """Return the rows as Arrow batches."""
        schema = empty_frame(self._table).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
        return pa.RecordBatchReader.from_batches(schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        # Parts are made in a separate thread, one ahead: making them may use the engine, which its own threads must
        # not.
        parts = self._checked()
        with ThreadPoolExecutor(1) as maker:
            try:
                coming = maker.submit(next, parts, None)
                while (part := coming.result()) is not None:
                    coming = maker.submit(next, parts, None)
                    yield from part.to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches(BATCH_ROWS)
            except (Exception, pl.exceptions.PanicException) as error:
                self.fault = error
                raise

    def _checked(self) -> Iterator[pl.DataFrame]:
        seen: list[Hashes] = []
        last = ""
        for part in self._parts:
            rows = day_partition(self._table, self._day, part)
            if not rows.height:
                continue
            if rows.item(0, "cafe") <= last:
                raise LakeSchemaError(
                    f"A part for {self._table.name} on {self._day} has a café of an earlier part, or comes too late.",
                    remedy="Give the parts in the order of their cafés, each café in one part.",
                )
            if not all(any(each.holds(cafe) for each in self._only) for cafe in rows["cafe"].unique()):
                raise LakeSchemaError(
                    f"A part for {self._table.name} on {self._day} has a café outside the ranges to replace.",
                    remedy="Give rows of these ranges only.",
                )
            last = rows.item(-1, "cafe")
            seen.append(rows.select(self._table.key).hash_rows(seed=0).to_numpy())
            yield rows
        self._require_unique(seen)

    def _require_unique(self, seen: list[Hashes]) -> None:
        """Refuse keys that occur in two parts, comparing hashes of 8 bytes a row.

        Within a part the keys themselves are compared. Two different keys of a day of ten million rows share a hash
        once in half a million days.
        """
        keys = np.sort(np.concatenate(seen)) if seen else np.empty(0, dtype=np.uint64)
        doubled = int((keys[1:] == keys[:-1]).sum())
        if doubled:
            raise LakeSchemaError(
                f"Parts for {self._table.name} on {self._day} share {doubled} of {len(keys)} keys "
                f"({', '.join(self._table.key)}).",
                remedy="Give each key once.",
            )
