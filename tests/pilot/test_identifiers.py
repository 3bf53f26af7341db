"""Identifiers: sortable, readable, unguessable."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.identifiers import (
    READABLE_ALPHABET,
    device_hash,
    identifier_time,
    new_code,
    new_identifier,
    new_receipt_token,
    readable,
    receipt_hash,
)


def test_identifiers_sort_by_the_order_they_were_made_in():
    made = [new_identifier() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000


def test_another_kind_of_uuid_is_refused():
    with pytest.raises(ValueError, match="version 4"):
        identifier_time(str(uuid.uuid4()))


@given(st.text(alphabet=READABLE_ALPHABET, min_size=6, max_size=6))
def test_a_code_is_read_however_it_is_typed(code):
    assert readable(f" {code[:3].lower()}-{code[3:]} ") == code


@pytest.mark.parametrize("typed", ["", "ABC", "O0I1LL", "ÅÄÖÅÄÖ", "BCDFGHJ", "BCDFG'"])
def test_a_text_that_cannot_be_a_code_gives_none(typed):
    assert readable(typed) is None


def test_a_new_code_can_be_read_back():
    code = new_code()
    assert readable(code) == code


def test_a_receipt_token_has_at_least_128_bits_and_only_its_hash_is_kept():
    token = new_receipt_token()
    assert len(token) * 6 >= 128
    assert token not in receipt_hash(token)


def test_a_device_is_the_same_within_a_day_and_another_across_days():
    device = {"secret": b"k", "user_agent": "Safari", "address": "192.0.2.1"}
    assert device_hash(day="2026-11-23", **device) == device_hash(day="2026-11-23", **device)
    assert device_hash(day="2026-11-23", **device) != device_hash(day="2026-11-24", **device)
