"""The fake's specification is Stripe's own, and holds requests and answers."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from proving.stripe_fake import specification
from proving.stripe_fake.specification import AgainstTheSpecification
from tests.proving.stripe_fake.fake_client import FakeClient

CHECKOUT = Path(__file__).parents[3]


def test_it_is_what_the_script_cuts_from_the_official_document() -> None:
    place = CHECKOUT / "scripts" / "cut_stripe_specification.py"
    spec = importlib.util.spec_from_file_location("cut_stripe_specification", place)
    assert spec is not None
    assert spec.loader is not None
    script: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.TARGET.read_text(encoding="utf-8") == script.text(script.cut(script.whole()))


@pytest.mark.parametrize(
    ("text", "code", "param"),
    [
        ("amount=3000&currency=sek&destination=acct_1&status=paid", "parameter_unknown", "status"),
        ("amount=3000&currency=sek", "parameter_missing", "destination"),
        ("amount=3000&destination=acct_1", "parameter_missing", "currency"),
        ("amount=30.00&currency=sek&destination=acct_1", None, "amount"),
        ("amount=much&currency=sek&destination=acct_1", None, "amount"),
        ("amount=3000&currency=sek&destination=acct_1&metadata=x", None, "metadata"),
        ("amount=3000&currency=sek&destination=acct_1&source_type=cash", None, "source_type"),
        ("amount=0&currency=sek&destination=acct_1", "parameter_invalid_integer", "amount"),
        ("currency=sek&destination=acct_1", "parameter_invalid_integer", "amount"),
    ],
)
def test_a_request_that_stripe_would_refuse_is_refused_and_its_key_stays_free(
    text: str, code: str | None, param: str
) -> None:
    desk = FakeClient()
    told = desk.pay("k1", text)
    assert told.status == 400
    assert (told.body["error"].get("code"), told.body["error"]["param"]) == (code, param)
    assert desk.fake.books.transfers == {}
    assert desk.pay("k1").status == 200


def test_unknown_filters_paths_and_methods_are_refused() -> None:
    desk = FakeClient()
    assert desk.get("/v1/transfers", "state=paid").body["error"]["code"] == "parameter_unknown"
    assert desk.get("/v1/transfers", "limit=many").status == 400
    assert desk.get("/v1/charges").status == 404
    assert desk.post("/v1/balance").status == 404


def test_an_answer_that_stripe_would_not_give_is_an_error_of_the_fake() -> None:
    desk = FakeClient()
    made = desk.transfer()
    for name, wrong in (("amount", "3000"), ("reversed", None), ("object", "payout")):
        desk.fake.books.transfers[made.id][name], kept = wrong, desk.fake.books.transfers[made.id][name]
        with pytest.raises(AgainstTheSpecification):
            desk.get(f"/v1/transfers/{made.id}")
        desk.fake.books.transfers[made.id][name] = kept
    del desk.fake.books.transfers[made.id]["livemode"]
    with pytest.raises(AgainstTheSpecification, match="livemode"):
        desk.get("/v1/transfers")


def test_events_and_errors_are_checked_as_well() -> None:
    desk = FakeClient()
    desk.transfer()
    for each in desk.fake.books.events.values():
        specification.check("event", json.loads(json.dumps(each)))
    with pytest.raises(AgainstTheSpecification):
        specification.check("error", {"error": {"type": "money_error"}})
    with pytest.raises(AgainstTheSpecification):
        specification.check("event", {"id": "evt_1"})
