"""The audio frame: 16 bytes of header, then mono PCM16 at 16 kHz, little endian."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from voice_edge.errors import ProtocolFault

SAMPLE_RATE = 16_000
FRAME_VERSION = 1
FRAME_HEADER = struct.Struct("<BBHId")
LONGEST_FRAME_MS = 100
LATEST_MS = 1e13  # on a page's clock: three centuries
LONGEST_FRAME_SAMPLES = SAMPLE_RATE * LONGEST_FRAME_MS // 1000


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """One frame of the microphone.

    Attributes:
        number: Counts from 0.
        captured_ms: Capture time of the first sample on the page's clock.
        pcm: Mono PCM16, little endian, 16 kHz.
    """

    number: int
    captured_ms: float
    pcm: bytes

    @property
    def samples(self) -> int:
        """Return the number of samples."""
        return len(self.pcm) // 2


def decode_frame(body: bytes) -> AudioFrame:
    """Decode the frame in a binary message.

    Raises:
        ProtocolFault: the header or the length is wrong.
    """
    if len(body) <= FRAME_HEADER.size:
        raise ProtocolFault("The frame holds no audio.", code="invalid_frame")
    version, _flags, _reserved, number, captured_ms = FRAME_HEADER.unpack_from(body)
    pcm = body[FRAME_HEADER.size :]
    if version != FRAME_VERSION:
        raise ProtocolFault(f"The frame has version {version}, expected {FRAME_VERSION}.", code="invalid_frame")
    if len(pcm) % 2 or len(pcm) // 2 > LONGEST_FRAME_SAMPLES:
        raise ProtocolFault(f"The frame is not 16-bit audio of at most {LONGEST_FRAME_MS} ms.", code="invalid_frame")
    if not math.isfinite(captured_ms) or abs(captured_ms) > LATEST_MS:
        raise ProtocolFault("The frame's capture time is no time in milliseconds.", code="invalid_frame")
    return AudioFrame(number=number, captured_ms=captured_ms, pcm=pcm)


def encode_frame(frame: AudioFrame) -> bytes:
    """Encode a frame as a binary message, as clients send it."""
    return FRAME_HEADER.pack(FRAME_VERSION, 0, 0, frame.number, frame.captured_ms) + frame.pcm
