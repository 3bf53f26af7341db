"""What a log file gives back after it was torn or damaged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.landing.log_lines import log_line, read_log
from tests.storage.recorded import MONDAY_MORNING, TUESDAY_MORNING, utterances

EVENTS = [
    *utterances(3),
    *utterances(2, at=TUESDAY_MORNING, said="Å, ä och ö \u2028 överlever."),
]
LINES = [log_line(event) for event in EVENTS]
WHOLE = b"".join(LINES)


def _bodies(content: bytes) -> bytes:
    return b"".join(read_log(content).bodies.values())


def test_a_whole_log_gives_back_every_event_by_its_business_day() -> None:
    content = read_log(WHOLE)
    assert list(content.bodies) == [MONDAY_MORNING.date(), TUESDAY_MORNING.date()]
    assert _bodies(WHOLE) == b"".join(event.line() for event in EVENTS)
    assert (content.torn_bytes, content.damaged_lines) == (0, 0)


@given(st.integers(min_value=0, max_value=len(WHOLE)))
def test_a_log_cut_at_any_byte_gives_back_exactly_the_lines_before_the_cut(length: int) -> None:
    ends = [0]
    for line in LINES:
        ends.append(ends[-1] + len(line))
    whole = max(number for number, end in enumerate(ends) if end <= length)
    content = read_log(WHOLE[:length])
    assert b"".join(content.bodies.values()) == b"".join(event.line() for event in EVENTS[:whole])
    assert content.torn_bytes == length - ends[whole]
    assert content.damaged_lines == 0


@given(st.binary(max_size=400))
def test_whatever_follows_the_last_whole_line_is_cut_and_never_read_as_an_event(tail: bytes) -> None:
    content = read_log(WHOLE + tail)
    assert b"".join(content.bodies.values()) == b"".join(event.line() for event in EVENTS)
    assert content.torn_bytes == len(tail)


@given(st.integers(min_value=0, max_value=len(WHOLE) - 1), st.integers(min_value=1, max_value=255))
def test_a_byte_changed_anywhere_costs_at_most_the_lines_it_touches(place: int, change: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[place] ^= change
    kept = _bodies(bytes(damaged)).splitlines(keepends=True)
    given_lines = [event.line() for event in EVENTS]
    assert set(kept) <= {line for whole in given_lines for line in whole.splitlines(keepends=True)}
    assert sum(line in _bodies(bytes(damaged)) for line in given_lines) >= len(EVENTS) - 2


def test_a_broken_line_before_a_whole_one_is_not_a_torn_tail() -> None:
    content = read_log(LINES[0] + b"x" * len(LINES[1]) + b"\n" + LINES[2])
    assert content.damaged_lines == 1
    assert content.torn_bytes == 0
    assert b"".join(content.bodies.values()) == EVENTS[0].line() + EVENTS[2].line()
