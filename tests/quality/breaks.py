"""What breaks a day: one cell, one row, one column of one of its tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from pilot.identifiers import new_identifier

Frames = Any  # a day: its tables as attributes, and its cafés
Break = Callable[[Frames], None]


def put(table: str, column: str, value: object, *, row: int = 0) -> Break:
    """Return what writes one cell of a table, whatever the column's type."""

    def change(frames: Frames) -> None:
        frame = getattr(frames, table)
        values = frame[column].astype(object).tolist()
        values[row] = value
        frame[column] = pd.Series(values, index=frame.index, dtype=object if value is None else None)

    return change


def shift(table: str, column: str, seconds: int, *, row: int = 0) -> Break:
    def change(frames: Frames) -> None:
        frame = getattr(frames, table)
        frame.loc[row, column] = frame.loc[row, column] + timedelta(seconds=seconds)

    return change


def twice(table: str) -> Break:
    def change(frames: Frames) -> None:
        frame = getattr(frames, table)
        setattr(frames, table, pd.concat([frame, frame.head(1)], ignore_index=True))

    return change


def without(table: str, *, row: int = 0) -> Break:
    def change(frames: Frames) -> None:
        setattr(frames, table, getattr(frames, table).drop(index=row).reset_index(drop=True))

    return change


def another_column(table: str) -> Break:
    def change(frames: Frames) -> None:
        getattr(frames, table)["unforeseen"] = 1

    return change


def of_another_day() -> str:
    return new_identifier(at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
