"""The fake's specification is Stripe's own, and holds requests and answers."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from proving.stripe_fake import specification
from proving.stripe_fake.specification import SpecificationViolation
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
    api = FakeClient()
    result = api.pay("k1", text)
    assert result.status == 400
    assert (result.body["error"].get("code"), result.body["error"]["param"]) == (code, param)
    assert api.fake.books.transfers == {}
    assert api.pay("k1").status == 200


def test_unknown_filters_paths_and_methods_are_refused() -> None:
    api = FakeClient()
    assert api.get("/v1/transfers", "state=paid").body["error"]["code"] == "parameter_unknown"
    assert api.get("/v1/transfers", "limit=many").status == 400
    assert api.get("/v1/charges").status == 404
    assert api.post("/v1/balance").status == 404


def test_an_answer_that_stripe_would_not_give_is_an_error_of_the_fake() -> None:
    api = FakeClient()
    made = api.transfer()
    for name, wrong in (("amount", "3000"), ("reversed", None), ("object", "payout")):
        api.fake.books.transfers[made.id][name], kept = wrong, api.fake.books.transfers[made.id][name]
        with pytest.raises(SpecificationViolation):
            api.get(f"/v1/transfers/{made.id}")
        api.fake.books.transfers[made.id][name] = kept
    del api.fake.books.transfers[made.id]["livemode"]
    with pytest.raises(SpecificationViolation, match="livemode"):
        api.get("/v1/transfers")


def test_events_and_errors_are_checked_as_well() -> None:
    api = FakeClient()
    api.transfer()
    for each in api.fake.books.events.values():
        specification.check("event", json.loads(json.dumps(each)))
    with pytest.raises(SpecificationViolation):
        specification.check("error", {"error": {"type": "money_error"}})
    with pytest.raises(SpecificationViolation):
        specification.check("event", {"id": "evt_1"})
