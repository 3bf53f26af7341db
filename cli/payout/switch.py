"""`pilot payout stop | start | status`: the switch that stops every reward and payout."""

from __future__ import annotations

from dataclasses import asdict

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.payout import arguments, rails

app = typer.Typer()


@app.command()
def stop(reason: str = arguments.REASON) -> None:
    """Stop all rewards and payouts until `start`: none is decided, planned or sent; pending ones wait.

    Example: pilot payout stop --reason "Five hundred approvals in an hour"
    """
    _turn(on=True, reason=reason)


@app.command()
def start(reason: str = arguments.REASON) -> None:
    """Resume rewards and payouts; nothing was lost meanwhile.

    Example: pilot payout start --reason "The burst was a school class"
    """
    _turn(on=False, reason=reason)


@app.command()
def status(as_json: bool = AS_JSON) -> None:
    """Show whether rewards and payouts are stopped, by whom and why, and the last reconciliation.

    Example: pilot payout status
    """
    from operations.stripe_fake import find_rail
    from operations.system import RUN_FOLDER
    from storage.store.cafes import switches
    from storage.store.payouts import reconciliations

    opened = home()
    switch, found = (
        switches.find(opened.store(), "rewards_stopped"),
        find_rail(opened, run_folder=opened.root / RUN_FOLDER),
    )
    rail = found.name if found is not None else ""
    last = reconciliations.last(opened.store(), rail) if rail else None
    if as_json:
        print_json(
            {"stopped": switch.is_on, "switch": asdict(switch), "rail": rail, "reconciled": last and asdict(last)}
        )
        return
    by = (
        f" since {switch.changed_at:%Y-%m-%d %H:%M} UTC by {switch.actor}: {switch.reason}" if switch.changed_at else ""
    )
    typer.echo(f"Rewards and payouts are {'STOPPED' if switch.is_on else 'running'}{by}")
    typer.echo(f"Rail: {rail}{rails.no_money_mark(rail)}" if rail else "Rail: none (vouchers only)")
    if last is not None:
        typer.echo(f"Reconciled {last.at:%Y-%m-%d %H:%M} UTC: {'agrees' if last.agrees else 'DIFFERS'}")


def _turn(*, on: bool, reason: str) -> None:
    from storage.store.cafes import switches

    done = switches.turn(
        home().store(), "rewards_stopped", on=on, actor=actor(), reason=arguments.require_reason(reason)
    )
    typer.echo(f"Rewards and payouts are {'STOPPED' if done.is_on else 'running'}.")
