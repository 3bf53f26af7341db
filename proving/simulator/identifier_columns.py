"""Identifiers and hashes as columns, by the million, equal for equal seeds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Millis = npt.NDArray[np.int64]

UUID_BYTES = 16
VERSION_7 = 0x70
VARIANT_RFC_9562 = 0x80
DASHED = (0, 4, 6, 8, 10, 16)  # Bytes between which the text of a UUID has its dashes.


def uuid7_column(rng: np.random.Generator, *, millis: Millis) -> pl.Series:
    """Return a UUIDv7 for each moment, as text.

    Args:
        rng: The source of the random bits.
        millis: Milliseconds since 1970, UTC.
    """
    octets = rng.integers(0, 256, size=(len(millis), UUID_BYTES), dtype=np.uint8)
    octets[:, :6] = millis.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    octets[:, 6] = octets[:, 6] & 0x0F | VERSION_7
    octets[:, 8] = octets[:, 8] & 0x3F | VARIANT_RFC_9562
    digits = _digits(octets)
    parts = []
    for first, last in pairwise(DASHED):
        parts += [digits[:, 2 * first : 2 * last], np.full((len(millis), 1), ord("-"), dtype=np.uint8)]
    return _texts(np.hstack(parts[:-1]))


def hash_column(rng: np.random.Generator, *, count: int, octets: int) -> pl.Series:
    """Return `count` random hashes of `octets` bytes, as hexadecimal text."""
    return _texts(_digits(rng.integers(0, 256, size=(count, octets), dtype=np.uint8)))


def letters_column(rng: np.random.Generator, *, count: int, length: int, alphabet: str) -> pl.Series:
    """Return `count` texts of `length` characters drawn from an ASCII alphabet."""
    return _texts(np.frombuffer(alphabet.encode(), np.uint8)[rng.integers(0, len(alphabet), size=(count, length))])


def _digits(octets: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    alphabet = np.frombuffer(b"0123456789abcdef", np.uint8)
    digits = np.empty((octets.shape[0], 2 * octets.shape[1]), dtype=np.uint8)
    digits[:, 0::2] = alphabet[octets >> 4]
    digits[:, 1::2] = alphabet[octets & 0x0F]
    return digits


def _texts(characters: npt.NDArray[np.uint8]) -> pl.Series:
    count, length = characters.shape
    ends = pa.py_buffer(np.arange(0, (count + 1) * length, length, dtype=np.int64))
    body = pa.py_buffer(np.ascontiguousarray(characters))
    column = pl.from_arrow(pa.LargeStringArray.from_buffers(count, ends, body))
    assert isinstance(column, pl.Series)
    return column
