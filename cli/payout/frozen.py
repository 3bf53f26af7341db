"""`pilot payout`: lists the rewards that a restore froze, releases them, or books them as redeemed."""

from __future__ import annotations

from dataclasses import asdict

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.payout import arguments
from cli.payout.rewards import decision_of
from pilot.money import kronor

app = typer.Typer()


@app.command()
def frozen(as_json: bool = AS_JSON) -> None:
    """List the rewards that may have been paid already; nothing is paid on them.

    They were open when the store turned out to be older than what happened: it was restored from a backup, put back by
    hand (`pilot payout recover`), or lacked a redemption beside the backups, which the watch notices.

    Example: pilot payout frozen
    """
    from storage.store.rewards import freezing, redemptions

    store = home().store()
    found, waiting = freezing.frozen_rewards_of(store), redemptions.kept_redemptions_of(store)
    if as_json:
        print_json({"frozen": [asdict(each) for each in found], "redemptions_without_reward": waiting})
        return
    for each in found:
        marked = " [simulated]" if each.simulated else ""
        typer.echo(f"{each.session_id} {each.cafe} {kronor(each.amount_ore)} frozen {each.frozen_at:%Y-%m-%d}{marked}")
    for reward_id in waiting:
        typer.echo(f"{reward_id} was redeemed after the backup; its reward is not decided again yet.")
    if not found:
        typer.echo("No reward is frozen.")
        return
    typer.echo(
        f"{len(found)} frozen: the store was restored, put back by hand, or lacked a redemption beside the backups "
        "(the audit log says which). Compare them with the tills' lists: `pilot payout redeemed` what was redeemed, "
        'then `pilot payout release-frozen --reason "..."`.'
    )


@app.command()
def redeemed(subject: str = arguments.SUBJECT, reason: str = arguments.REASON) -> None:
    """Book a frozen reward as redeemed at its café, because the till's own list has it.

    Example: pilot payout redeemed H7KM3Q --reason "On the till's list of Tuesday"
    """
    from payouts.deciding import issuer
    from storage.store.payouts import recovery

    opened = home()
    decision, why = decision_of(opened, subject), arguments.require_reason(reason)
    recovery.book_as_redeemed(
        opened.store(), decision.reward_id, issuer=issuer(opened.secret()), actor=actor(), reason=why
    )
    typer.echo(f"Reward {decision.reward_id} is booked as redeemed: {kronor(decision.amount_ore)} to {decision.cafe}.")


@app.command("release-frozen")
def release_frozen(
    reason: str = arguments.REASON,
    dry_run: bool = typer.Option(False, "--dry-run", help="Show the number and the sum; release nothing."),
) -> None:
    """Release every reward that a restore froze, after those already paid were booked as redeemed.

    Example: pilot payout release-frozen --reason "Compared with the three tills' lists"
    """
    from storage.store.payouts.recovery import release_reward
    from storage.store.rewards import freezing

    opened, why = home(), arguments.require_reason(reason)
    found = freezing.frozen_rewards_of(opened.store())
    total = kronor(sum(each.amount_ore for each in found))
    if dry_run:
        typer.echo(f"{len(found)} rewards, {total}, would be released.")
        return
    done = sum(release_reward(opened.store(), each.reward_id, actor=actor(), reason=why) for each in found)
    typer.echo(f"{done} of {len(found)} frozen rewards ({total}) are released.")
    explain_skipped(len(found) - done)


def explain_skipped(count: int) -> None:
    """Say why frozen rewards were not released, if there are any."""
    if count:
        typer.echo(
            f"{count} stay frozen: each was redeemed after the backup and is not booked yet. "
            "Book it with `pilot payout redeemed` as soon as its payout is withdrawn, absent or refused."
        )


@app.command()
def recover(reason: str = arguments.REASON) -> None:
    """Freeze every open reward, after the store was put back in another way than by `pilot restore`.

    It books the redemptions that are beside the backups. Run it before anything else runs.

    Example: pilot payout recover --reason "The database's provider put it back to Tuesday"
    """
    from operations.backup.redemptions import recover_by_hand

    opened, why = home(), arguments.require_reason(reason)
    done = recover_by_hand(opened, actor=actor(), reason=why)
    typer.echo(f"{done.redeemed} redemptions were booked; {done.waiting} wait for their reward.")
    typer.echo(f"{done.frozen} rewards are frozen: see `pilot payout frozen`, then release them.")
