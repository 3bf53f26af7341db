"""The audio frame of docs/protocol.md, encoded independently of the edge."""

from __future__ import annotations

import struct

FRAME_MS = 40
SAMPLES_A_FRAME = 640

_HEADER = struct.Struct("<BBHId")
_VERSION = 1


def frame(*, number: int, captured_ms: float, pcm: bytes) -> bytes:
    """Return one binary message.

    Args:
        number: Counts from 0.
        captured_ms: Capture time of the first sample on the client's clock.
        pcm: Mono PCM16, little endian, 16 kHz.
    """
    return _HEADER.pack(_VERSION, 0, 0, number, captured_ms) + pcm
