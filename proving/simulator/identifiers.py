"""Identifiers derived from a seed, so that a simulated pilot is reproducible to the last byte."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VERSION_7 = 0x7
VARIANT_RFC_9562 = 0b10


def seeded_identifier(rng: random.Random, *, at: datetime) -> str:
    """Return a UUIDv7 (RFC 9562, section 5.7) with the time `at` and random bits from `rng`."""
    millis = (at.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)
    value = millis << 80 | VERSION_7 << 76 | rng.getrandbits(12) << 64 | VARIANT_RFC_9562 << 62 | rng.getrandbits(62)
    return str(uuid.UUID(int=value))
