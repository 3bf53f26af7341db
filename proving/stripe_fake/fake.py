"""The FAKE itself: authentication, rate limit, idempotency, operations, and faults on demand."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from proving.stripe_fake import specification
from proving.stripe_fake.books import LINK_SECONDS, Books, Thing
from proving.stripe_fake.idempotency import SavedAnswers
from proving.stripe_fake.requests import FAKE_HEADER, Answer, ApiRequest, ConnectionBroken, Fault, error, refused
from proving.stripe_fake.specification import Operation, SpecificationViolation

DEFAULT_PAGE = 10


class FakeStripe:
    """One fake Stripe.

    Attributes:
        books: The fake's state.
        faults: The faults of the next transfer requests, in order.
        away: Whether no request arrives.
        label: The name of the plan of faults.
        slow: Called during a transfer, without any lock; tests send a second request here.
        asked: The number of transfer requests by key.
        answered: The number of answers by HTTP status.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        url: str = "http://127.0.0.1",
        funds_ore: int = 10**9,
        calls_per_second: int | None = 25,
        file: Path | None = None,
    ) -> None:
        self._now = now
        self.url = url
        self.books = Books(now=now, funds_ore=funds_ore, file=file)
        self.faults: deque[Fault] = deque()
        self.away = False
        self.label = ""
        self.slow: Callable[[], None] | None = None
        self.lock = threading.RLock()
        self.asked: Counter[str] = Counter()
        self.answered: Counter[int] = Counter()
        self.calls_per_second = calls_per_second
        self._kept = SavedAnswers(self.books.kept, now=now)
        self._under_way: set[tuple[str, str]] = set()
        self._recent: deque[datetime] = deque()
        self._requests = 0
        self._boot = self.books.new_id("")[-8:]  # Request ids stay unique after a restart.

    def answer(self, asked: ApiRequest) -> Answer:
        """Answer one request.

        Raises:
            Dropped: the connection broke, before or after the request was executed.
        """
        name = (asked.account, asked.key)
        with self.lock:
            self._requests += 1
            request_id = f"req_fake{self._boot}{self._requests:08d}"
            making = asked.method == "POST" and asked.path == "/v1/transfers"
            if making:
                self.asked[asked.key] += 1
            fault: Fault = self.faults.popleft() if making and self.faults else "none"
            given = self._before(asked, fault, in_use=name in self._under_way)
            if given is not None:
                return self._sent(given, asked, request_id)
            if asked.key:
                self._under_way.add(name)
        try:
            if making and self.slow is not None:
                self.slow()
            with self.lock:
                given = self._within(asked, fault, request_id)
                if asked.method == "POST":
                    self.books.save()
                if fault == "answer_lost":
                    raise ConnectionBroken
                return self._sent(given, asked, request_id)
        finally:
            with self.lock:
                self._under_way.discard(name)

    def _sent(self, given: Answer, asked: ApiRequest, request_id: str) -> Answer:
        self.answered[given.status] += 1
        if given.status >= 400:
            specification.check("error", given.body)
        headers = {"Request-Id": request_id, "Stripe-Version": specification.version(), **FAKE_HEADER}
        if asked.key:
            headers |= {"Idempotency-Key": asked.key, "Original-Request": request_id}
        return replace(given, headers={**headers, **given.headers})

    def _before(self, asked: ApiRequest, fault: Fault, *, in_use: bool) -> Answer | None:
        """Return the answer of a request refused before the idempotency layer; None if it passes."""
        if self.away or fault == "never_arrives":
            raise ConnectionBroken
        if not asked.headers.get("authorization", "").startswith("Bearer sk_test_"):
            return error(401, "invalid_request_error", "The fake takes keys that begin with sk_test_.")
        if fault == "too_many" or self._too_many():
            return error(429, "invalid_request_error", "Too many requests hit the API too quickly.", code="rate_limit")
        if fault == "lock_timeout":
            text = "This object cannot be accessed right now because another request is using it."
            return error(429, "invalid_request_error", text, code="lock_timeout", retry=True)
        if fault == "key_in_use" or in_use:
            text = "There is currently another in-progress request using this key."
            return error(409, "invalid_request_error", text, code="idempotency_key_in_use", retry=True)
        return None

    def _within(self, asked: ApiRequest, fault: Fault, request_id: str) -> Answer:
        if asked.account and asked.account not in self.books.accounts:
            return _no_access(asked.account)
        operation = specification.operation(asked.method, asked.path)
        if operation is None:
            return error(404, "invalid_request_error", f"Unrecognized request URL ({asked.method}: {asked.path}).")
        return self._kept.before(asked) or self._carried_out(operation, asked, fault, request_id)

    def _too_many(self) -> bool:
        now = self._now()
        while self._recent and now - self._recent[0] >= timedelta(seconds=1):
            self._recent.popleft()
        if self.calls_per_second is not None and len(self._recent) >= self.calls_per_second:
            return True
        self._recent.append(now)
        return False

    def _carried_out(self, operation: Operation, asked: ApiRequest, fault: Fault, request_id: str) -> Answer:
        try:
            given = operation.read(asked.text)
        except SpecificationViolation as wrong:
            code = "parameter_missing" if wrong.missing else "parameter_unknown" if wrong.unknown else ""
            return error(400, "invalid_request_error", str(wrong), code=code, param=wrong.parameter)
        if operation.template == "/v1/transfers" and operation.method == "post" and given.get("amount", 0) < 1:
            text = "This value must be greater than or equal to 1."
            return refused("parameter_invalid_integer", text, param="amount")
        if fault == "error_saved_without_effect":
            answer = error(500, "api_error", "An unknown error occurred.")
        else:
            answer = self._do(operation, given, asked)
            if answer.status == 200:
                operation.check_answer(answer.body)
                if fault == "error_saved_with_effect":
                    answer = error(500, "api_error", "An unknown error occurred.")
        # A copy: a saved answer must not change with its object.
        kept = Answer(answer.status, _copied(answer.body), answer.headers)
        self._kept.keep(asked, kept, request_id=request_id)
        return kept

    def _do(self, operation: Operation, given: Thing, asked: ApiRequest) -> Answer:
        books, named = self.books, operation.named
        match operation.method, operation.template:
            case "post", "/v1/transfers":
                return self._transfer(given)
            case "get", "/v1/transfers":
                wanted = {name: given[name] for name in ("destination", "transfer_group") if name in given}
                found = [t for t in books.transfers.values() if all(t[name] == value for name, value in wanted.items())]
                return _listed(found, given, operation.template)
            case "get", "/v1/transfers/{transfer}":
                return _one(books.transfers, named["transfer"], "transfer")
            case "post", "/v1/transfers/{id}/reversals":
                return self._reversal(named["id"], given)
            case "post", "/v1/accounts":
                return self._account(given)
            case "get", "/v1/accounts/{account}":
                account = named["account"]
                return _one(books.accounts, account, "account") if account in books.accounts else _no_access(account)
            case "post", "/v1/account_links":
                return self._link(given)
            case "get", "/v1/balance":
                money = {"amount": books.funds_ore, "currency": "sek", "source_types": {"card": books.funds_ore}}
                body = {"object": "balance", "available": [money], "livemode": False, "pending": []}
                return Answer(200, body)
            case "get", "/v1/events":
                return _listed(self._events(given, account=asked.account), given, operation.template)
            case "get", "/v1/events/{id}":
                return _one(books.events, named["id"], "event")
            case "get", "/v1/payouts":
                mine = [each for name, each in books.payouts.items() if books.banks[name] == asked.account]
                return _listed(mine, given, operation.template)
            case "get", "/v1/payouts/{payout}":
                mine_by_id = {n: each for n, each in books.payouts.items() if books.banks[n] == asked.account}
                return _one(mine_by_id, named["payout"], "payout")
        return error(404, "invalid_request_error", "The fake does not know how to do that.")

    def _transfer(self, given: Thing) -> Answer:
        account = self.books.accounts.get(given["destination"])
        if given["currency"] != "sek":
            return refused("currency_not_supported", "The balance is in sek.", param="currency")
        if account is None:
            return refused("resource_missing", f"No such destination: '{given['destination']}'", param="destination")
        if account["capabilities"].get("transfers") != "active":
            text = (
                "Your destination account needs to have at least one of the following capabilities enabled: transfers."
            )
            return refused("insufficient_capabilities_for_transfer", text)
        if given["amount"] > self.books.funds_ore:
            return refused("balance_insufficient", "You have insufficient available funds in your Stripe account.")
        return Answer(200, self.books.transfer(given))

    def _reversal(self, transfer_id: str, given: Thing) -> Answer:
        transfer = self.books.transfers.get(transfer_id)
        if transfer is None:
            return _missing("transfer", transfer_id)
        left = transfer["amount"] - transfer["amount_reversed"]
        amount = given.get("amount", left)
        if not 0 < amount <= left:
            return refused("", f"Amount {amount} is greater than the unreversed amount of {left}.", param="amount")
        return Answer(200, self.books.reverse(transfer_id, amount, metadata=given.get("metadata")))

    def _account(self, given: Thing) -> Answer:
        controller = given.get("controller", {})
        wanted = {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "stripe_dashboard": {"type": "express"},
        }
        if {name: controller.get(name) for name in wanted} != wanted or given.get("type"):
            return refused("", "The fake opens accounts with controller properties for express dashboards only.")
        if not given.get("capabilities", {}).get("transfers", {}).get("requested"):
            return refused("", "Request the capability `transfers`.", param="capabilities")
        if given.get("country") != "SE":
            return refused("country_unsupported", "The fake opens Swedish accounts.", param="country")
        return Answer(200, self.books.open_account(metadata=given.get("metadata") or {}, email=given.get("email")))

    def _link(self, given: Thing) -> Answer:
        if given["account"] not in self.books.accounts:
            return _missing("account", given["account"])
        if given["type"] != "account_onboarding" or not (given.get("return_url") and given.get("refresh_url")):
            return refused("parameter_missing", "Give type account_onboarding, return_url and refresh_url.")
        token = self.books.new_id("link")
        until = self.books.seconds() + LINK_SECONDS
        self.books.links[token] = {**given, "expires_at": until}
        body = {
            "object": "account_link",
            "created": self.books.seconds(),
            "expires_at": until,
            "url": f"{self.url}/fake/onboarding/{token}",
        }
        return Answer(200, body)

    def _events(self, given: Thing, *, account: str) -> list[Thing]:
        """Return the events of the platform's account, or of one connected account: never both."""
        types = set(given.get("types", [])) | ({given["type"]} if "type" in given else set())
        mine = [each for each in self.books.events.values() if each.get("account", "") == account]
        found = [each for each in mine if not types or each["type"] in types]
        if "delivery_success" in given:
            found = [each for each in found if (each["id"] not in self.books.undelivered) == given["delivery_success"]]
        return found


def _copied(thing: Thing) -> Thing:
    return {
        name: _copied(each)
        if isinstance(each, dict)
        else [_copied(one) if isinstance(one, dict) else one for one in each]
        if isinstance(each, list)
        else each
        for name, each in thing.items()
    }


def _one(things: dict[str, Thing], name: str, kind: str) -> Answer:
    return Answer(200, things[name]) if name in things else _missing(kind, name)


def _missing(kind: str, name: str) -> Answer:
    return error(404, "invalid_request_error", f"No such {kind}: '{name}'", code="resource_missing", param="id")


def _no_access(account: str) -> Answer:
    text = f"The provided key does not have access to account '{account}' (or that account does not exist)."
    return error(403, "invalid_request_error", text, code="account_invalid")


def _listed(things: list[Thing], given: Thing, path: str) -> Answer:
    """Return a page of a list, newest first."""
    newest = list(reversed(things))
    since = given.get("created")
    if isinstance(since, dict):
        newest = [each for each in newest if each["created"] >= since.get("gte", 0)]
    if "starting_after" in given:
        at = next((n for n, each in enumerate(newest) if each["id"] == given["starting_after"]), None)
        if at is None:
            return _missing("object", given["starting_after"])
        newest = newest[at + 1 :]
    limit = given.get("limit", DEFAULT_PAGE)
    body = {"object": "list", "data": newest[:limit], "has_more": len(newest) > limit, "url": path}
    return Answer(200, body)
