"""Messages and frames: well-formed ones are parsed, all others raise a typed fault."""

from __future__ import annotations

import contextlib
import json
import struct
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_edge.errors import ProtocolFault
from voice_edge.protocol import (
    FRAME_HEADER,
    INCOMING,
    AudioFrame,
    Shown,
    Text,
    UnknownMessage,
    decode_frame,
    encode_frame,
    parse_message,
    unknown_fields,
)
from voice_edge.protocol.frames import LATEST_MS


@given(
    number=st.integers(0, 2**32 - 1),
    captured=st.floats(min_value=-LATEST_MS, max_value=LATEST_MS),
    samples=st.integers(1, 1600),
)
def test_a_frame_survives_the_wire(number, captured, samples):
    frame = AudioFrame(number, captured, bytes(range(256)) * 13)
    frame = AudioFrame(number, captured, frame.pcm[: samples * 2])
    assert decode_frame(encode_frame(frame)) == frame


def test_a_frame_is_laid_out_as_the_protocol_says():
    body = encode_frame(AudioFrame(7, 1234.5, b"\x01\x00"))
    assert body == struct.pack("<BBHId", 1, 0, 0, 7, 1234.5) + b"\x01\x00"
    assert FRAME_HEADER.size == 16


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x01" * 15,
        FRAME_HEADER.pack(1, 0, 0, 0, 0.0),
        FRAME_HEADER.pack(2, 0, 0, 0, 0.0) + b"\0\0",
        FRAME_HEADER.pack(1, 0, 0, 0, 0.0) + b"\0\0\0",
        FRAME_HEADER.pack(1, 0, 0, 0, float("nan")) + b"\0\0",
        FRAME_HEADER.pack(1, 0, 0, 0, 0.0) + b"\0\0" * 1601,
    ],
)
def test_a_malformed_frame_is_a_fault(body):
    with pytest.raises(ProtocolFault) as caught:
        decode_frame(body)
    assert caught.value.code == "invalid_frame"


@given(st.binary(max_size=4000))
def test_random_bytes_are_a_frame_or_a_fault(body):
    with contextlib.suppress(ProtocolFault):
        decode_frame(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from([*INCOMING, "nonsense", "", "__class__"])
FIELDS = ["text", "turn", "at_ms", "mode", "language", "granted", "version", "result", "v", "code", "client"]


@given(st.text(max_size=300) | JSON.map(json.dumps))
def test_random_text_is_a_message_or_a_fault(text):
    with contextlib.suppress(ProtocolFault):
        parse_message(text)


@given(NAMES, st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_wrong_fields_raise_a_fault_that_does_not_repeat_them(name, fields):
    secret = "jag heter Kalle"
    try:
        parse_message(json.dumps({**fields, "secret": secret, "type": name, "turn": secret}))
    except ProtocolFault as fault:
        assert secret not in str(fault)


def test_deep_nesting_is_a_fault():
    with pytest.raises(ProtocolFault):
        parse_message("[" * 100_000)


def test_a_lone_surrogate_is_a_fault_and_not_a_crash_later():
    with pytest.raises(ProtocolFault):
        parse_message('{"type": "text", "text": "\\ud800"}')


def test_an_infinite_time_is_a_fault():
    with pytest.raises(ProtocolFault):
        parse_message('{"type": "shown", "turn": 1, "at_ms": Infinity}')


def test_an_unknown_type_is_recognised_and_unknown_fields_are_counted():
    assert parse_message('{"type": "dance"}') == UnknownMessage()
    message = parse_message('{"type": "text", "text": "hej", "mood": "glad", "x": 1}')
    assert isinstance(message, Text)
    assert unknown_fields(message) == 2
    assert isinstance(parse_message('{"type": "shown", "turn": 1, "at_ms": 5}'), Shown)


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize(
    ("kind", "field", "more"),
    [
        ("text", "text", {}),
        ("edit", "text", {"turn": 1}),
        ("hello", "code", {"v": 1}),
        ("client_error", "message", {"code": "other"}),
    ],
)
def test_letters_and_their_marks_are_composed_in_every_message(kind, field, more, escaped):
    apart = unicodedata.normalize("NFD", "kafé på ö")
    message = parse_message(json.dumps({"type": kind, **more, field: apart}, ensure_ascii=escaped))
    found = message.model_dump()
    assert found[field] == "kafé på ö"


def test_a_browsers_description_is_composed():
    apart = unicodedata.normalize("NFD", "kafé på ö")
    message = parse_message(json.dumps({"type": "hello", "v": 1, "client": {"browser": apart}}))
    assert message.model_dump()["client"]["browser"] == "kafé på ö"


MARKS = "a" + "\u0301" * 23_900 + "\u0316" * 23_900


@pytest.mark.parametrize(
    "message",
    [
        {"type": "x", "a": MARKS},
        {"type": MARKS},
        {"type": "text", "text": "hej", "more": MARKS},
        {"type": "text", "text": "hej", MARKS: 1},
        {"type": "text", "text": MARKS},
        {"type": "edit", "turn": 1, "text": MARKS},
        {"type": "hello", "v": 1, "code": MARKS},
        {"type": "hello", "v": 1, "client": {"browser": MARKS}},
        {"type": "hello", "v": 1, "resume": MARKS},
        {"type": "client_error", "code": "other", "message": MARKS},
        {"type": "ping", "at_ms": 1, "deep": [[{"a": MARKS}]]},
    ],
    ids=lambda message: "-".join(key[:8] for key in message),
)
def test_thousands_of_marks_anywhere_in_a_message_take_no_time(message):
    text = json.dumps(message, ensure_ascii=False)
    before = time.process_time()
    with contextlib.suppress(ProtocolFault):
        parse_message(text)
    assert time.process_time() - before < 0.3  # A quadratic sort takes seconds.


def test_an_unknown_field_is_counted_and_not_composed():
    apart = unicodedata.normalize("NFD", "å")
    message = parse_message(json.dumps({"type": "text", "text": apart, "mood": apart}))
    assert (message.text, unknown_fields(message)) == ("å", 1)
    assert message.model_extra == {"mood": apart}
