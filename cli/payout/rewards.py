"""`pilot payout`: held rewards, vouchers, the tills' PINs, the balances and the audit of the books."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli.context import home, print_json
from cli.payout import arguments, finding, rails
from pilot.money import kronor

if TYPE_CHECKING:
    from storage.home import Home
    from storage.store.rewards.decisions import Decision

app = typer.Typer()


@app.command()
def refuse(subject: str = arguments.SUBJECT, reason: str = arguments.REASON) -> None:
    """Refuse a held reward for good.

    Example: pilot payout refuse H7KM3Q --reason "Third copy from one table"
    """
    typer.echo(line(rule(home(), subject, release_it=False, reason=reason)))


@app.command()
def replace(subject: str = arguments.SUBJECT, reason: str = arguments.REASON) -> None:
    """Issue a new voucher in place of one that is lost or has lapsed; the old code works no more.

    Example: pilot payout replace H7KM3Q --reason "The guest's phone was lost"
    """
    from payouts.deciding import issuer
    from storage.store.rewards import vouchers

    opened = home()
    decision = decision_of(opened, subject)
    new = vouchers.replace(
        opened.store(),
        decision.reward_id,
        issuer=issuer(opened.secret()),
        actor=arguments.actor(),
        reason=arguments.given(reason),
    )
    typer.echo(f"Voucher {new.number} over {kronor(new.amount_ore)} is valid until {new.expires_at:%Y-%m-%d}.")


@app.command()
def unclaim(subject: str = arguments.SUBJECT, reason: str = arguments.REASON) -> None:
    """Give a reward that was claimed for an account a voucher again, with all that lies in the same payout.

    Only where nothing was sent, or all of it came back; the provider is asked first.

    Example: pilot payout unclaim H7KM3Q --reason "The account is gone"
    """
    from payouts.unclaiming import unclaim as take_back

    opened = home()
    decision, why = decision_of(opened, subject), arguments.given(reason)
    rewards = take_back(
        opened.store(),
        rails.open_the_rail(opened),
        decision.reward_id,
        secret=opened.secret(),
        actor=arguments.actor(),
        reason=why,
    )
    for each in rewards:
        typer.echo(f"Reward {each} has a voucher again; the guest's receipt shows it.")


@app.command()
def pin(
    cafe: str = typer.Argument(help="The café's id."), reason: str = arguments.REASON, as_json: bool = arguments.AS_JSON
) -> None:
    """Make a new PIN for a café's till and print it once; tills that used the old one are signed out.

    Example: pilot payout pin goteborg --reason "New week"
    """
    from payouts.till_sign_in import new_pin, pin_hash
    from storage.store.rewards import till_pins

    opened = home()
    known = opened.cafes().get(cafe)
    digits, secret = new_pin(), opened.secret()
    till_pins.replace(
        opened.store(),
        known.id,
        pin_hash=lambda number: pin_hash(secret, cafe=known.id, number=number, pin=digits),
        actor=arguments.actor(),
        reason=arguments.given(reason),
    )
    address = f"{opened.settings.public_url}/till/{known.id}"
    if as_json:
        print_json({"cafe": known.id, "pin": digits, "address": address})
        return
    typer.echo(f"The till of {known.name}: {address}\nPIN: {digits} (shown only now)")


@app.command()
def balances(as_json: bool = arguments.AS_JSON) -> None:
    """Show the ledger's accounts: what was promised, what is owed to guests, what cafés have given out.

    Example: pilot payout balances
    """
    from storage.store.ledger import bookkeeping

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
def audit(as_json: bool = arguments.AS_JSON) -> None:
    """Hold ledger, decisions and vouchers against each other, by queries that share nothing with what wrote them.

    Ends with 1 where a fact is broken.

    Example: pilot payout audit
    """
    from storage.store.ledger.auditor import FACTS, audit_money

    findings = audit_money(home().store())
    if as_json:
        print_json([asdict(each) for each in findings])
    else:
        for each in findings:
            typer.echo(f"{each.reward_id}: broken: {each.fact}")
        typer.echo(f"{len(FACTS)} facts, {len(findings)} broken.")
    raise typer.Exit(1 if findings else 0)


def rule(opened: Home, subject: str, *, release_it: bool, reason: str) -> Decision:
    """Rule on a held reward."""
    from payouts.deciding import issuer
    from storage.store.rewards import decisions

    return decisions.rule(
        opened.store(),
        decision_of(opened, subject).session_id,
        release=release_it,
        issuer=issuer(opened.secret()),
        actor=arguments.actor(),
        reason=arguments.given(reason),
    )


def decision_of(opened: Home, subject: str) -> Decision:
    """Return the decision on the one reward that is meant."""
    from storage.store.rewards import decisions

    found = decisions.find(opened.store(), finding.found_one(opened, subject, kinds=("reward",)).session_id)
    assert found is not None
    return found


def line(decision: Decision) -> str:
    """Return a decision as a line."""
    ruled = {None: "", True: ", released", False: ", refused"}[decision.released]
    until = ""
    if decision.held_until and not ruled:
        late = decision.held_until < datetime.now(UTC)
        until = f" {'OVERDUE since' if late else 'until'} {decision.held_until:%Y-%m-%d}"
    why = f" ({decision.reason})" if decision.reason else ""
    marked = " [simulated]" if decision.simulated else ""
    amount = kronor(decision.amount_ore)
    return f"{decision.session_id} {decision.cafe} {amount} {decision.outcome}{until}{why}{ruled}{marked}"
