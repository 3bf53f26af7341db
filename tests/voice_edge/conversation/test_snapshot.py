"""Snapshots are restored whole; any other text is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.events import Client
from pilot.identifiers import new_identifier
from voice_edge.conversation.snapshot import SNAPSHOT_SECONDS, seal, unseal
from voice_edge.conversation.state import CommittedTurn, SessionState
from voice_edge.doors.limits import MAX_HELLO_BYTES, Limits
from voice_edge.errors import SnapshotRefused

KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def state(**changes: object) -> SessionState:
    fields = {
        "session_id": new_identifier(at=NOW),
        "cafe": "aurora",
        "code": "ABC234",
        "language": "sv",
        "simulated": False,
        "device_hash": "d" * 32,
        "client": Client(browser="Safari"),
        "turns": [CommittedTurn(turn=1, question="Hur var besöket?", text="Gott kaffe på uteserveringen", mode="text")],
        "next_turn": 2,
    }
    return SessionState(**{**fields, **changes})


def test_a_snapshot_is_restored_whole():
    before = state()
    assert unseal(seal(before, secret=KEY, at=NOW), secret=KEY, at=NOW) == before


def test_a_snapshot_lasts_thirty_minutes():
    text = seal(state(), secret=KEY, at=NOW)
    unseal(text, secret=KEY, at=NOW + timedelta(seconds=SNAPSHOT_SECONDS))
    with pytest.raises(SnapshotRefused):
        unseal(text, secret=KEY, at=NOW + timedelta(seconds=SNAPSHOT_SECONDS + 1))


def test_another_installation_refuses_it():
    with pytest.raises(SnapshotRefused):
        unseal(seal(state(), secret=KEY, at=NOW), secret=b"x" * 32, at=NOW)


@given(place=st.integers(0, 5_000), letter=st.characters(max_codepoint=127))
def test_no_changed_letter_is_accepted(place, letter):
    text = seal(state(), secret=KEY, at=NOW)
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        with pytest.raises(SnapshotRefused):
            unseal(changed, secret=KEY, at=NOW)


@given(st.text(max_size=200))
def test_random_text_is_refused(text):
    with pytest.raises(SnapshotRefused):
        unseal(text, secret=KEY, at=NOW)


def test_the_longest_talk_fits_into_a_hello():
    limits = Limits()
    letters = "".join(chr(0xE0 + (place * 7919) % 32) for place in range(limits.text_characters))
    turns = [
        CommittedTurn(turn=number, question="f" * 300, text=letters[number:] + letters[:number], mode="text")
        for number in range(1, limits.turns + 1)
    ]
    assert len(seal(state(turns=turns), secret=KEY, at=NOW)) < MAX_HELLO_BYTES - 4_000
