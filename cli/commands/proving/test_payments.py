"""`pilot test-payments`: proves success, decline, retry, webhook replay and idempotency of payments."""

from __future__ import annotations

from dataclasses import asdict

import typer

from cli.context import AS_JSON, print_json, settings

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command("test-payments")
def test_payments(
    cafe: str = typer.Option("aurora", "--cafe", help="The café of the simulated guests."),
    as_json: bool = AS_JSON,
) -> None:
    """Prove the payments end to end against the fake Stripe, in a temporary store; no money can move.

    Prints ok or FAILED for each step, with the observation. A live key is refused. Exit code 1 if a step failed.

    Example: pilot test-payments --cafe goteborg
    """
    from proving.payment_proof import prove
    from storage.cafes_file import read_cafes

    chosen = settings()
    done = []
    for step in prove(chosen, cafes=read_cafes(chosen.cafes_file), cafe=cafe):
        done.append(step)
        if not as_json:
            typer.echo(f"{'ok    ' if step.ok else 'FAILED'} {step.name}: {step.seen}")
    failed = sum(not step.ok for step in done)
    if as_json:
        print_json([asdict(step) for step in done])
    else:
        typer.echo(f"{len(done)} proven against the FAKE Stripe, {failed} failed; every reward is simulated.")
    raise typer.Exit(1 if failed else 0)
