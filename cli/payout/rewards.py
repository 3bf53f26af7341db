"""`pilot payout`: rules on rewards, replaces vouchers and PINs, shows balances, audits the books."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.payout import arguments, rails, subjects
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
    """Replace a lost or lapsed voucher by a new one; the old code becomes invalid.

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
        actor=actor(),
        reason=arguments.require_reason(reason),
    )
    typer.echo(f"Voucher {new.number} over {kronor(new.amount_ore)} is valid until {new.expires_at:%Y-%m-%d}.")


@app.command()
def unclaim(subject: str = arguments.SUBJECT, reason: str = arguments.REASON) -> None:
    """Turn a reward claimed for an account back into a voucher, with all rewards of its payout.

    This requires that nothing was sent, or all of it was returned; the provider is queried first.

    Example: pilot payout unclaim H7KM3Q --reason "The account is gone"
    """
    from payouts.unclaiming import unclaim as unclaim_payout

    opened = home()
    decision, why = decision_of(opened, subject), arguments.require_reason(reason)
    rewards = unclaim_payout(
        opened.store(),
        rails.open_rail(opened),
        decision.reward_id,
        secret=opened.secret(),
        actor=actor(),
        reason=why,
    )
    for each in rewards:
        typer.echo(f"Reward {each} has a voucher again; the guest's receipt shows it.")


@app.command()
def pin(
    cafe: str = typer.Argument(help="The café's id."), reason: str = arguments.REASON, as_json: bool = AS_JSON
) -> None:
    """Replace the PIN of a café's till and print it once; tills that used the old one are signed out.

    Example: pilot payout pin goteborg --reason "New week"
    """
    from payouts.till_sign_in import invitation, new_pin, pin_hash
    from storage.store.rewards import till_pins

    opened = home()
    known = opened.cafes().get(cafe)
    digits, secret = new_pin(), opened.secret()
    replaced = till_pins.replace(
        opened.store(),
        known.id,
        pin_hash=lambda number: pin_hash(secret, cafe=known.id, number=number, pin=digits),
        actor=actor(),
        reason=arguments.require_reason(reason),
    )
    link = invitation(secret, cafe=known.id, number=replaced.number)
    address = f"{opened.settings.public_url}/till/{known.id}?till={link}"
    if as_json:
        print_json({"cafe": known.id, "pin": digits, "address": address})
        return
    typer.echo(f"The till of {known.name}: {address}\nPIN: {digits} (shown only now)")


@app.command()
def balances(as_json: bool = AS_JSON) -> None:
    """Show the balances of the ledger's accounts: promised, owed to guests, redeemed at cafés.

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
def audit(as_json: bool = AS_JSON) -> None:
    """Compare ledger, decisions and vouchers by queries that share no code with their writers.

    Exit code 1 if a fact is broken.

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
    """Release or refuse a held reward; return its decision."""
    from payouts.deciding import issuer
    from storage.store.rewards import decisions

    return decisions.rule(
        opened.store(),
        decision_of(opened, subject).session_id,
        release=release_it,
        issuer=issuer(opened.secret()),
        actor=actor(),
        reason=arguments.require_reason(reason),
    )


def decision_of(opened: Home, subject: str) -> Decision:
    """Return the decision on the reward with a reference or id."""
    from storage.store.rewards import decisions

    reward = subjects.find_subject(opened, subject, kinds=["reward"])
    found = decisions.find(opened.store(), reward.session_id)
    assert found is not None
    return found


def line(decision: Decision) -> str:
    """Return a decision as one line of text."""
    ruled = {None: "", True: ", released", False: ", refused"}[decision.released]
    until = ""
    if decision.held_until and not ruled:
        late = decision.held_until < datetime.now(UTC)
        until = f" {'OVERDUE since' if late else 'until'} {decision.held_until:%Y-%m-%d}"
    why = f" ({decision.reason})" if decision.reason else ""
    marked = " [simulated]" if decision.simulated else ""
    amount = kronor(decision.amount_ore)
    return f"{decision.session_id} {decision.cafe} {amount} {decision.outcome}{until}{why}{ruled}{marked}"
