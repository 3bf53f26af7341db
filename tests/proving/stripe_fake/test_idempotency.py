"""Idempotency as documented: the first answer is kept, errors included; what never began is not."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from proving.stripe_fake.requests import Answer, ConnectionBroken
from tests.proving.stripe_fake.fake_client import ASK, FakeClient


def replayed(answer: Answer) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


def test_the_same_request_is_answered_from_what_was_kept() -> None:
    api = FakeClient()
    first, again = api.pay("k1"), api.pay("k1")
    assert first.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    assert first.headers["Idempotency-Key"] == "k1"
    assert not replayed(first)
    assert replayed(again)
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert again.body == first.body
    assert len(api.fake.books.transfers) == 1


def test_what_was_kept_does_not_change_when_the_transfer_does() -> None:
    api = FakeClient()
    first = api.pay("k1")
    api.fake.books.reverse(first.body["id"], 3000)
    assert api.pay("k1").body["amount_reversed"] == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ASK.replace("3000", "3001"), "balance_insufficient"),
        (ASK.replace("acct_1", "acct_9"), "resource_missing"),
        (ASK.replace("sek", "eur"), "currency_not_supported"),
    ],
)
def test_a_refusal_is_kept_even_once_it_is_cured(text: str, code: str) -> None:
    api = FakeClient(funds_ore=3000)
    first = api.pay("k1", text)
    assert (first.status, first.body["error"]["code"]) == (400, code)
    assert first.headers["Stripe-Should-Retry"] == "false"
    api.fake.books.funds_ore = 10**9
    api.account("acct_9")
    again = api.pay("k1", text)
    assert replayed(again)
    assert again.body == first.body
    assert api.fake.books.transfers == {}


@pytest.mark.parametrize(("fault", "made"), [("error_saved_with_effect", 1), ("error_saved_without_effect", 0)])
def test_an_error_of_the_server_is_kept_with_and_without_its_effect(fault: str, made: int) -> None:
    api = FakeClient()
    api.fake.faults.append(fault)
    first, again = api.pay("k1"), api.pay("k1")
    assert (first.status, again.status, replayed(again)) == (500, 500, True)
    assert len(api.fake.books.transfers) == made


def test_other_parameters_or_another_path_under_a_key_are_an_error() -> None:
    api = FakeClient()
    made = api.pay("k1").body["id"]
    for result in (
        api.pay("k1", ASK.replace("3000", "2999")),
        api.post(f"/v1/transfers/{made}/reversals", key="k1"),
    ):
        assert (result.status, result.body["error"]["type"]) == (400, "idempotency_error")
    assert api.pay("k1").status == 200
    assert len(api.fake.books.transfers) == 1


def test_keys_of_a_connected_account_are_their_own() -> None:
    api = FakeClient()
    api.pay("k1")
    headers = {"stripe-account": "acct_1"}
    assert not replayed(api.post("/v1/transfers", ASK, key="k1", **headers))


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("too_many", 429, "rate_limit"), ("lock_timeout", 429, "lock_timeout"), ("key_in_use", 409, "idempotency_key_in_use")],
)  # fmt: skip
def test_a_conflict_and_too_many_are_not_kept(fault: str, status: int, code: str) -> None:
    api = FakeClient()
    api.fake.faults.append(fault)
    result = api.pay("k1")
    assert (result.status, result.body["error"]["code"]) == (status, code)
    assert result.headers.get("Stripe-Should-Retry") == (None if fault == "too_many" else "true")
    again = api.pay("k1")
    assert (again.status, replayed(again)) == (200, False)


def test_a_wrong_key_of_ours_is_not_kept() -> None:
    api = FakeClient()
    assert api.post("/v1/transfers", ASK, key="k1", authorization="Bearer sk_live_x").status == 401
    again = api.pay("k1")
    assert (again.status, replayed(again)) == (200, False)


def test_a_lost_answer_was_kept_and_a_lost_request_was_not() -> None:
    api = FakeClient()
    for fault, made in (("never_arrives", 0), ("answer_lost", 1)):
        api.fake.faults.append(fault)
        with pytest.raises(ConnectionBroken):
            api.pay("k1")
        assert len(api.fake.books.transfers) == made
    assert replayed(api.pay("k1"))


def test_after_a_day_the_same_request_is_a_new_one() -> None:
    api = FakeClient()
    api.pay("k1")
    api.at += timedelta(hours=24) - timedelta(seconds=1)
    assert replayed(api.pay("k1"))
    api.at += timedelta(seconds=1)
    assert not replayed(api.pay("k1"))
    assert len(api.fake.books.transfers) == 2


def test_a_key_is_no_longer_than_255_characters() -> None:
    api = FakeClient()
    assert api.pay("k" * 255).status == 200
    assert api.pay("k" * 256).status == 400


def test_the_second_of_two_simultaneous_requests_with_a_key_is_refused() -> None:
    api = FakeClient()
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        inside.set()
        assert go_on.wait(30)

    api.fake.slow = slow
    answers: list[Answer] = []
    first = threading.Thread(target=lambda: answers.append(api.pay("k1")))
    first.start()
    assert inside.wait(30)
    second = api.pay("k1")
    go_on.set()
    first.join(30)
    assert (second.status, second.body["error"]["code"]) == (409, "idempotency_key_in_use")
    assert [each.status for each in answers] == [200]
    assert replayed(api.pay("k1"))
    assert len(api.fake.books.transfers) == 1
