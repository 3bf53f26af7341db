"""The few protobuf messages that are written by hand are those of pipecat's frames.proto.

The bytes are what Google's protobuf writes for `pipecat.Frame` with the fields of pipecat 1.14.
"""

from __future__ import annotations

from benchmarks.voice.peer.client import audio_frame, message_frame, read_message


def test_audio_is_written_as_protobuf_writes_it() -> None:
    assert audio_frame(b"\x01\x02\x03").hex() == "120a1a0301020320807d2801"
    assert audio_frame(b"x" * 200).hex().startswith("12d0011ac80178787878")


def test_messages_are_written_and_read_as_protobuf_does() -> None:
    assert message_frame({"type": "x"}).hex() == "220f0a0d7b2274797065223a202278227d"
    said = {"type": "bot-llm-text", "data": {"text": "Tack för det är åtta " * 20}}
    assert read_message(message_frame(said)) == said
    assert read_message(audio_frame(b"x")) is None
