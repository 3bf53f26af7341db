"""`docs/stripe.md` matches the code: its words, error texts, events and differences."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any, get_args

from payouts.stripe.calling import API_VERSION
from payouts.stripe.events import OF_OURS, OF_RECIPIENTS
from storage.store.payouts.payout_codes import DifferenceCode

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "stripe.md").read_text(encoding="utf-8")
SPEAKING = ("payouts/stripe/*.py", "cli/payout/*.py")


def rows(heading: str) -> list[str]:
    """Return the first cells of the table under a heading."""
    table = PAGE.split(heading)[1].split("\n\n", 1)[0]
    return [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()[1:]]


def test_its_tables_match_the_words() -> None:
    place = CHECKOUT / "scripts" / "payment_words.py"
    spec = importlib.util.spec_from_file_location("payment_words", place)
    assert spec is not None and spec.loader is not None
    script: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.page(PAGE) == PAGE, "run: python scripts/payment_words.py"
    assert script.page(PAGE.replace("| `asked` |", "| `asks` |")) == PAGE


def test_every_error_in_it_occurs_in_the_code() -> None:
    sources = "".join(place.read_text(encoding="utf-8") for each in SPEAKING for place in CHECKOUT.glob(each))
    named = [re.findall("`([^`]+)`", row)[0] for row in rows("| it says | what to do |\n")]
    assert len(named) == 10
    assert [each for each in named if each not in sources] == []


def test_it_lists_the_processed_events_and_the_api_version() -> None:
    assert f"`{API_VERSION}`" in PAGE
    for of, wanted in (("your account", OF_OURS), ("connected accounts", OF_RECIPIENTS)):
        cells = re.search(rf"\| {of} \| (.+) \|", PAGE)
        assert cells is not None
        full, named = "", []
        for each in re.findall("`([^`]+)`", cells[1]):
            full = full.rpartition(".")[0] + each if each.startswith(".") else each
            named.append(full)
        assert sorted({*named} - {"account.application.deauthorized"}) == sorted(wanted)


def test_it_explains_every_difference_of_a_reconciliation() -> None:
    named = {name for row in rows("| difference | meaning |\n") for name in re.findall("`([^`]+)`", row)}
    assert named == {*get_args(DifferenceCode)}
