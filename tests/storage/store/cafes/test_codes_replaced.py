"""A place's code is replaced at once; the old one is invalid for good and stays in the history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.errors import UnknownCode
from storage.store.cafes import codes
from storage.store.cafes.codes import MOST_ACTIVE, MOST_LABEL_CHARACTERS, CodeRefused
from storage.store.engine import Store


def active(store: Store, cafe: str = "aurora") -> list[str]:
    return [one.code for one in codes.of_cafe(store, cafe) if one.retired_at is None]


def test_replacing_retires_the_old_code_and_records_both(store: Store):
    old = codes.issue(store, cafe="aurora", label="table", actor="seed")
    new = codes.replace(store, old.code, cafe="aurora", actor="sara", reason="worn")
    assert active(store) == [new.code]
    assert new.label == "table"
    events = [(one.action, one.code, one.other, one.actor, one.reason) for one in codes.history(store, "aurora")]
    assert events == [
        ("code.retire", old.code, new.code, "sara", "worn"),
        ("code.issue", new.code, old.code, "sara", "worn"),
        ("code.issue", old.code, "", "seed", ""),
    ]


@pytest.mark.parametrize("case", ["unknown", "other cafe", "retired"])
def test_only_the_cafes_own_active_code_is_replaced(store: Store, case: str):
    other = codes.issue(store, cafe="goteborg", label="table", actor="seed")
    own = codes.issue(store, cafe="aurora", label="table", actor="seed")
    codes.retire(store, own.code, actor="seed", reason="gone")
    code = {"unknown": "ZZZZZZ", "other cafe": other.code, "retired": own.code}[case]
    with pytest.raises(UnknownCode, match="no active code"):
        codes.replace(store, code, cafe="aurora", actor="sara", reason="worn")
    assert active(store) == []
    assert active(store, "goteborg") == [other.code]


def test_two_replacements_at_once_leave_one_code(store: Store):
    old = codes.issue(store, cafe="aurora", label="table", actor="seed")

    def attempt(_: int) -> str:
        try:
            return codes.replace(store, old.code, cafe="aurora", actor="sara", reason="worn").code
        except UnknownCode:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))
    assert results.count("refused") == 3
    assert len(active(store)) == 1


@pytest.mark.parametrize("label", ["", "   ", "x" * (MOST_LABEL_CHARACTERS + 1), "bord\x00", "bord\u202e"])
def test_a_label_that_cannot_be_printed_is_refused(store: Store, label: str):
    with pytest.raises(CodeRefused) as refused:
        codes.add(store, cafe="aurora", label=label, actor="sara")
    assert refused.value.code == "label"
    assert active(store) == []


def test_a_cafe_has_a_bounded_number_of_codes(store: Store):
    for place in range(MOST_ACTIVE):
        codes.add(store, cafe="aurora", label=f"bord {place}", actor="sara")
    with pytest.raises(CodeRefused) as refused:
        codes.add(store, cafe="aurora", label="ett till", actor="sara")
    assert refused.value.code == "too_many"
    assert codes.add(store, cafe="goteborg", label="bord", actor="sara")
