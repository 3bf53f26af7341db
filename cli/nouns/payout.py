"""`pilot payout`: the rewards that were decided, the held ones that wait for a person, and their vouchers."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from cli.opening import home, print_json
from pilot.errors import PilotError
from pilot.money import kronor

if TYPE_CHECKING:
    from storage.home import Home
    from storage.store.decisions import Decision

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="List held rewards, release or refuse them, replace a voucher, make a till's PIN, show the balances.",
)

SUBJECT = typer.Argument(help="The session, or the reference that the guest reads out.")
REASON = typer.Option(..., "--reason", help="Why; kept in the audit log.")
AS_JSON = typer.Option(False, "--json", help="Print JSON.")


class NoSuchReward(PilotError):
    """There is no decision, or more than one, under what was given."""


class NoReason(PilotError):
    """The reason is empty."""


@app.callback()
def payout() -> None:
    """List held rewards, release or refuse them, replace a voucher, make a till's PIN, show the balances."""


@app.command("list")
def list_held(as_json: bool = AS_JSON) -> None:
    """List the rewards that wait for a person, the most urgent first.

    Example: pilot payout list
    """
    from storage.store import decisions

    waiting = decisions.held(home().store())
    if as_json:
        print_json([_plain(each) for each in waiting])
        return
    for each in waiting:
        typer.echo(_line(each))
    typer.echo(f"{len(waiting)} held." if waiting else "No reward is held.")


@app.command()
def show(subject: str = SUBJECT, as_json: bool = AS_JSON) -> None:
    """Show the decision on one session, and how its voucher stands.

    Example: pilot payout show H7KM3Q
    """
    from storage.store import vouchers

    opened = home()
    decision = _decision(opened, subject)
    voucher = vouchers.of_reward(opened.store(), decision.reward_id)
    if as_json:
        # The code's hash is of no use to anybody who reads this.
        found = {} if voucher is None else {k: v for k, v in asdict(voucher).items() if k != "code_hash"}
        print_json({**_plain(decision), "voucher": found or None})
        return
    typer.echo(_line(decision))
    if voucher is not None:
        typer.echo(f"  voucher {voucher.number}: {voucher.state}, valid until {voucher.expires_at:%Y-%m-%d}")


@app.command()
def release(subject: str = SUBJECT, reason: str = REASON) -> None:
    """Release a held reward: its voucher is issued at once. A ruling is made once and stands.

    Example: pilot payout release H7KM3Q --reason "A family that ordered the same"
    """
    _rule(subject, release_it=True, reason=reason)


@app.command()
def refuse(subject: str = SUBJECT, reason: str = REASON) -> None:
    """Refuse a held reward for good.

    Example: pilot payout refuse H7KM3Q --reason "Third copy from one table"
    """
    _rule(subject, release_it=False, reason=reason)


@app.command()
def replace(subject: str = SUBJECT, reason: str = REASON) -> None:
    """Issue a new voucher in place of one that is lost or has lapsed; the old code works no more.

    Example: pilot payout replace H7KM3Q --reason "The guest's phone was lost"
    """
    from payouts.deciding import issuer
    from storage.store import vouchers

    opened = home()
    decision = _decision(opened, subject)
    new = vouchers.replace(
        opened.store(), decision.reward_id, issuer=issuer(opened.secret()), actor=_actor(), reason=_given(reason)
    )
    typer.echo(f"Voucher {new.number} over {kronor(new.amount_ore)} is valid until {new.expires_at:%Y-%m-%d}.")


@app.command()
def pin(cafe: str = typer.Argument(help="The café's id."), reason: str = REASON, as_json: bool = AS_JSON) -> None:
    """Make a new PIN for a café's till and print it once; tills that used the old one are signed out.

    Example: pilot payout pin goteborg --reason "New week"
    """
    from payouts.till_sign_in import new_pin, pin_hash
    from storage.store import till_pins

    opened = home()
    known = opened.cafes().get(cafe)
    digits, secret = new_pin(), opened.secret()
    till_pins.replace(
        opened.store(),
        known.id,
        pin_hash=lambda number: pin_hash(secret, cafe=known.id, number=number, pin=digits),
        actor=_actor(),
        reason=_given(reason),
    )
    address = f"{opened.settings.public_url}/till/{known.id}"
    if as_json:
        print_json({"cafe": known.id, "pin": digits, "address": address})
        return
    typer.echo(f"The till of {known.name}: {address}\nPIN: {digits} (shown only now)")


@app.command()
def balances(as_json: bool = AS_JSON) -> None:
    """Show the ledger's accounts: what was promised, what is owed to guests, what cafés have given out.

    Example: pilot payout balances
    """
    from storage.store import bookkeeping

    opened = home()
    found = {
        kind: bookkeeping.balances(opened.store(), simulated=simulated)
        for kind, simulated in (("real", False), ("simulated", True))
    }
    if as_json:
        print_json(found)
        return
    for kind, accounts in found.items():
        typer.echo(f"{kind}: " + ", ".join(f"{name} {kronor(ore)}" for name, ore in accounts.items()))


@app.command()
def audit(as_json: bool = AS_JSON) -> None:
    """Hold ledger, decisions and vouchers against each other, by queries that share nothing with what wrote them.

    Ends with 1 where a fact is broken.

    Example: pilot payout audit
    """
    from storage.store.auditor import FACTS, audit_money

    findings = audit_money(home().store())
    if as_json:
        print_json([asdict(each) for each in findings])
    else:
        for each in findings:
            typer.echo(f"{each.reward_id}: broken: {each.fact}")
        typer.echo(f"{len(FACTS)} facts, {len(findings)} broken.")
    raise typer.Exit(1 if findings else 0)


def _rule(subject: str, *, release_it: bool, reason: str) -> None:
    from payouts.deciding import issuer
    from storage.store import decisions

    opened = home()
    decision = _decision(opened, subject)
    ruled = decisions.rule(
        opened.store(),
        decision.session_id,
        release=release_it,
        issuer=issuer(opened.secret()),
        actor=_actor(),
        reason=_given(reason),
    )
    typer.echo(_line(ruled))


def _decision(opened: Home, subject: str) -> Decision:
    from storage.store import decisions, receipts

    store = opened.store()
    sessions = [each.session_id for each in receipts.by_reference(store, subject)] or [subject.strip()]
    found = [each for session in sessions if (each := decisions.find(store, session))]
    if len(found) == 1:
        return found[0]
    if found:
        raise NoSuchReward(
            "Several guests share this reference.",
            remedy=f"Give the session instead: {', '.join(each.session_id for each in found)}.",
        )
    raise NoSuchReward(
        "There is no decision under that session or reference.",
        remedy="A decision follows within a minute of the feedback; check the text, or try again then.",
    )


def _given(reason: str) -> str:
    if not reason.strip():
        raise NoReason("The reason is empty.", remedy="Say why in a few words; it is kept in the audit log.")
    return reason.strip()


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


def _plain(decision: Decision) -> dict[str, Any]:
    return asdict(decision)


def _line(decision: Decision) -> str:
    ruled = {None: "", True: ", released", False: ", refused"}[decision.released]
    until = f" until {decision.held_until:%Y-%m-%d}" if decision.held_until and not ruled else ""
    why = f" ({decision.reason})" if decision.reason else ""
    marked = " [simulated]" if decision.simulated else ""
    amount = kronor(decision.amount_ore)
    return f"{decision.session_id} {decision.cafe} {amount} {decision.outcome}{until}{why}{ruled}{marked}"
