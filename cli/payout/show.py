"""`pilot payout show`: shows one payment with every change of its state."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, cast

import typer

from cli.context import AS_JSON, home, print_json
from cli.payout import arguments, rails, subjects
from cli.payout.rewards import line as reward_line
from pilot.business_days import local_time
from pilot.errors import PilotError
from pilot.money import kronor
from pilot.words import LANGUAGES, say

if TYPE_CHECKING:
    from pilot.cafes import Language
    from storage.home import Home
    from storage.store.payouts.payment_history import Change
    from storage.store.payouts.payment_search import Subject

app = typer.Typer()


class UnknownLanguage(PilotError):
    """The language is not one of the pilot's."""


@app.command()
def show(subject: str = arguments.SUBJECT, language: str = arguments.LANGUAGE, as_json: bool = AS_JSON) -> None:
    """Show whether the score earned a payment, the place of the money, the remedy, and every change.

    Example: pilot payout show H7KM3Q
    """
    if language not in LANGUAGES:
        raise UnknownLanguage(f"{language!r} is not a language of the pilot.", remedy="Give sv or en.")
    spoken = cast("Literal['sv', 'en']", language)
    opened = home()
    found = subjects.find_subject(opened, subject, kinds=("reward", "payout", "batch", "undecided"))
    report = _report(opened, found, spoken)
    if as_json:
        print_json(report)
        return
    for text in report["lines"]:
        typer.echo(text)
    for each in report["changes"]:
        typer.echo(f"  {local_time(each['at']):%Y-%m-%d %H:%M:%S} {_change(each)}")


def _change(each: dict[str, Any]) -> str:
    detail = f" ({each['detail']})" if each["detail"] else ""
    by = f" by {each['actor']}" if each["actor"] else ""
    return f"{each['what']} {each['subject']}{detail}{by}"


def _report(opened: Home, found: Subject, language: Language) -> dict[str, Any]:
    if found.kind == "batch":
        return _batch(opened, found.id)
    if found.kind == "payout":
        return _payout(opened, found.id, language)
    return _reward(opened, found, language)


def _reward(opened: Home, found: Subject, language: Language) -> dict[str, Any]:
    from payouts.answering import earned_in_words
    from storage.store.payouts import payment_history
    from storage.store.payouts.payment_search import payout_of_reward
    from storage.store.rewards import decisions, freezing, vouchers

    store = opened.store()
    decision = decisions.find(store, found.session_id)
    answer = earned_in_words(decision, language=language)
    if decision is None:
        return {"earned": answer, "lines": [answer], "changes": []}
    voucher, payout = vouchers.of_reward(store, decision.reward_id), payout_of_reward(store, decision.reward_id)
    lines = [reward_line(decision), answer]
    if payout is not None:
        lines += _payout(opened, payout, language)["lines"]
    elif voucher is not None:
        lines.append(f"  voucher {voucher.number}: {voucher.state}, valid until {voucher.expires_at:%Y-%m-%d}")
        day = f"{local_time(voucher.expires_at):%Y-%m-%d}"
        frozen = voucher.state == "issued" and freezing.frozen(store, decision.reward_id)
        lines.append(say("money", f"voucher.{'frozen' if frozen else voucher.state}", language, day=day))
    # The hash of the code is of no use to a reader.
    shown = None if voucher is None else {k: v for k, v in asdict(voucher).items() if k != "code_hash"}
    changes = payment_history.of_reward(store, decision.reward_id)
    return asdict(decision) | {
        "earned": answer, "voucher": shown, "payout": payout, "lines": lines, "changes": _plain(changes)
    }  # fmt: skip


def _payout(opened: Home, name: str, language: Language) -> dict[str, Any]:
    from payouts.meanings import for_staff
    from storage.store.payouts import batches, payment_history

    store = opened.store()
    one = batches.find_instruction(store, name)
    batch = batches.find_batch(store, one.batch_id)
    line = f"{one.id} {kronor(one.amount_ore)} {one.state}" + (f" {one.reference}" if one.reference else "")
    lines = [line + rails.no_money_mark(batch.rail), for_staff(one.state, one.code, language=language)]
    if batch.approval == "waiting":
        lines.append(f"The batch {batch.id} waits for approval.")
    return asdict(one) | {"lines": lines, "changes": _plain(payment_history.of_payout(store, name))}


def _batch(opened: Home, name: str) -> dict[str, Any]:
    from storage.store.payouts import batches, payment_history

    store = opened.store()
    batch, own = batches.find_batch(store, name), batches.instructions(store, name)
    total = kronor(sum(each.amount_ore for each in own))
    lines = [f"{name}{rails.no_money_mark(batch.rail)} approval {batch.approval}: {len(own)} payouts, {total}"]
    lines += [f"  {each.id} {kronor(each.amount_ore)} {each.state} {each.code}".rstrip() for each in own]
    changes = _plain(payment_history.of_batch(store, name))
    return asdict(batch) | {"payouts": [asdict(each) for each in own], "lines": lines, "changes": changes}


def _plain(changes: list[Change]) -> list[dict[str, Any]]:
    return [asdict(each) for each in changes]
