"""`pilot payout`: lists, approves, holds, releases, sends and reconciles a provider's payouts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.payout import arguments, rails, subjects
from cli.payout.frozen import explain_skipped
from cli.payout.rewards import line as reward_line
from cli.payout.rewards import rule
from pilot.money import kronor

if TYPE_CHECKING:
    from storage.store.payouts.batches import Batch
    from storage.store.payouts.instruction_rows import Instruction

app = typer.Typer()


@app.command("list")
def list_waiting(
    state: str = typer.Option("", "--state", help="List payouts in this state: refused, held, in_flight, paid ..."),
    as_json: bool = AS_JSON,
) -> None:
    """List the work of a person: held rewards, most urgent first, batches to approve, payouts to review.

    Example: pilot payout list
    """
    from storage.store.payouts import batches
    from storage.store.rewards import decisions, freezing

    store = home().store()
    payouts = [
        each
        for each in batches.instructions(store)
        if each.state == state or (not state and each.state in ("held", "refused", "needs_review"))
    ]
    if state:
        if as_json:
            print_json([asdict(each) for each in payouts])
            return
        for each in payouts:
            typer.echo(_line(each))
        typer.echo(f"{len(payouts)} payouts are {state}.")
        return
    waiting = decisions.held_rewards(store)
    if as_json:
        print_json([asdict(each) for each in waiting])
        return
    for decision in waiting:
        typer.echo(reward_line(decision))
    for batch in batches.batches(store):
        if batch.approval == "waiting":
            typer.echo(f'{_batch_line(batch)}: pilot payout approve {batch.id} --reason "..."')
    for each in payouts:
        typer.echo(_line(each))
    typer.echo(f"{len(waiting)} held." if waiting else "No reward is held.")
    if frozen := freezing.frozen_rewards_of(store):
        typer.echo(f"{len(frozen)} frozen by a restore: pilot payout frozen")


@app.command("batches")
def list_batches(as_json: bool = AS_JSON) -> None:
    """List the daily batches, newest first, with their totals and the states of their payouts.

    Example: pilot payout batches
    """
    from storage.store.payouts import batches

    store = home().store()
    found = []
    for batch in batches.batches(store):
        own = batches.instructions(store, batch.id)
        states = {state: sum(each.state == state for each in own) for state in sorted({each.state for each in own})}
        found.append((batch, sum(each.amount_ore for each in own), states))
    if as_json:
        print_json([asdict(batch) | {"amount_ore": ore, "states": states} for batch, ore, states in found])
        return
    for batch, ore, states in found:
        counts = ", ".join(f"{count} {state}" for state, count in states.items()) or "empty"
        typer.echo(f"{_batch_line(batch)} {kronor(ore)}: {counts}")
    if not found:
        typer.echo("No batch has been planned yet.")


@app.command()
def approve(batch: str = typer.Argument(help="The batch."), reason: str = arguments.REASON) -> None:
    """Approve a batch that waits for a person; the watch sends it in its next round.

    Example: pilot payout approve stripe-2026-11-24 --reason "Reviewed"
    """
    from storage.store.payouts import batches

    done = batches.approve(home().store(), batch, actor=actor(), reason=arguments.require_reason(reason))
    typer.echo(_batch_line(done))


@app.command()
def hold(payout: str = arguments.PAYOUT, reason: str = arguments.REASON) -> None:
    """Hold a payout that is not sent yet, until it is released.

    Example: pilot payout hold H7KM3Q --reason "The same bank account twice"
    """
    from storage.store.payouts import batches

    opened = home()
    name = subjects.find_payout(opened, payout)
    done = batches.hold(opened.store(), name, held=True, actor=actor(), reason=arguments.require_reason(reason))
    typer.echo(_line(done))


@app.command()
def release(subject: str = arguments.SUBJECT, reason: str = arguments.REASON) -> None:
    """Release a held reward, a held payout, or a reward frozen by a restore.

    A held reward's voucher is issued at once. It is not in a payout yet, so a reference never means both. A ruling on a
    reward is final.

    Example: pilot payout release H7KM3Q --reason "A family that ordered the same"
    """
    from storage.store.payouts import batches
    from storage.store.payouts.payment_search import payout_of_reward, rewards_of_payout
    from storage.store.payouts.recovery import release_reward
    from storage.store.rewards import freezing

    opened = home()
    found = subjects.find_subject(opened, subject, kinds=("payout", "reward"))
    payout = found.id if found.kind == "payout" else payout_of_reward(opened.store(), found.id)
    why = arguments.require_reason(reason)
    rewards = [found.id] if found.kind == "reward" else rewards_of_payout(opened.store(), found.id)
    if frozen := [each for each in rewards if freezing.frozen(opened.store(), each)]:
        done = sum(release_reward(opened.store(), each, actor=actor(), reason=why) for each in frozen)
        typer.echo(f"{done} of {len(frozen)} frozen rewards are released.")
        explain_skipped(len(frozen) - done)
        return
    if payout is None:
        typer.echo(reward_line(rule(opened, subject, release_it=True, reason=why)))
        return
    typer.echo(_line(batches.hold(opened.store(), payout, held=False, actor=actor(), reason=why)))


@app.command()
def trigger(payout: str = arguments.PAYOUT, reason: str = arguments.REASON) -> None:
    """Send one payout now, on the watch's path and with its key, so that it cannot be paid twice.

    Example: pilot payout trigger H7KM3Q --reason "The guest is waiting"
    """
    _step(payout, retry_refused=False, reason=reason)


@app.command()
def retry(payout: str = arguments.PAYOUT, reason: str = arguments.REASON) -> None:
    """Retry a definitely refused payout under a new key, after its cause is removed.

    Example: pilot payout retry H7KM3Q --reason "The guest has corrected the account"
    """
    _step(payout, retry_refused=True, reason=reason)


@app.command()
def reconcile(as_json: bool = AS_JSON) -> None:
    """Reconcile the books with the provider, to the öre. Exit code 1 if they differ.

    Example: pilot payout reconcile
    """
    from payouts.meanings import difference_in_words
    from payouts.reconciling import reconcile as reconcile_rail

    opened = home()
    rail = rails.open_rail(opened)
    found = reconcile_rail(opened.store(), rail, actor=actor())
    if as_json:
        print_json({"rail": rail.name, "agrees": found.agrees, **asdict(found)})
    else:
        for each in found.differences:
            named = difference_in_words(each.code, language="en")
            typer.echo(f"{named}: {each.reference} {each.instruction_id} {each.account}")
        for batch in sorted({*found.ours_ore, *found.theirs_ore}):
            ours, theirs = found.ours_ore.get(batch, 0), found.theirs_ore.get(batch, 0)
            typer.echo(f"{batch or '(no batch)'}: books {kronor(ours)}, provider {kronor(theirs)}")
        verdict = "agree to the öre" if found.agrees else "DIFFER"
        name = f"{rail.name}{rails.no_money_mark(rail.name)}"
        typer.echo(f"{name}: books and provider {verdict}; {found.adopted} adopted.")
    raise typer.Exit(0 if found.agrees else 1)


def _step(subject: str, *, retry_refused: bool, reason: str) -> None:
    from operations.paying_by_hand import pay_by_hand
    from payouts.meanings import for_staff

    opened = home()
    name, why = subjects.find_payout(opened, subject), arguments.require_reason(reason)
    rail = rails.open_rail(opened)
    done = pay_by_hand(opened, rail, name, retry_refused=retry_refused, actor=actor(), reason=why)
    typer.echo(_line(done) + rails.no_money_mark(rail.name))
    typer.echo(for_staff(done.state, done.code, language="en"))


def _line(each: Instruction) -> str:
    why = f" ({each.code})" if each.code else ""
    return f"{each.id} {kronor(each.amount_ore)} {each.state}{why}" + (f" {each.reference}" if each.reference else "")


def _batch_line(batch: Batch) -> str:
    return f"{batch.id}{rails.no_money_mark(batch.rail)} approval {batch.approval}"
