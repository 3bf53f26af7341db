"""`pilot cafe`: disables and enables a café for guests, and extends its trial."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.switching import DRY_RUN, WITHIN, require_reason
from operations.switches.disabling import InvalidGuestWords, guest_words, usual_reasons

if TYPE_CHECKING:
    from storage.home import Home

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Disable and enable a café for guests, and extend its trial.",
)
CAFE = typer.Argument("", help="The café's id.")
ALL = typer.Option(False, "--all", help="Every café of the pilot.")
WHY = typer.Option("", "--reason", help="The reason, for the audit log and the café's manager; required.")


@app.command()
def disable(
    cafe: str = CAFE,
    every: bool = ALL,
    reason: str = WHY,
    guests_sv: str = typer.Option("", "--guests-sv", help="Own words for guests in Swedish, with --guests-en."),
    guests_en: str = typer.Option("", "--guests-en", help="Own words for guests in English."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Stop new feedback at a café, or at all; sessions under way finish. Guests read why in natural words.

    A reason of one word has words for guests: maintenance, renovation, staff, incident, holiday, trial_over. Any other
    reason stays inside, and guests read that the café takes a break, unless you give your own words.

    Example: pilot cafe disable aurora --reason maintenance
    """
    from storage.store.cafes import cafe_states

    opened, why = home(), require_reason(reason)
    cafes = opened.cafes()
    rows = []
    for each in _chosen(cafes.ids, cafe, every=every):
        try:
            shown = guest_words(cafes.get(each), reason=why, swedish=guests_sv, english=guests_en)
        except InvalidGuestWords as error:
            raise typer.BadParameter(str(error)) from None
        changed = not dry_run and cafe_states.pause(opened.store(), each, actor=actor(), reason=why, shown=shown)
        rows.append(
            {"cafe": each, "changed": changed, "guests_sv": shown and shown[0], "guests_en": shown and shown[1]}
        )
    _show_publicly(opened, dry_run=dry_run)
    if as_json:
        print_json({"disabled": rows, "dry_run": dry_run})
        return
    for row in rows:
        state = "would be disabled" if dry_run else "is disabled" if row["changed"] else "was disabled already"
        typer.echo(f"{row['cafe']} {state}.")
        if row["changed"] or dry_run:
            typer.echo(f"  Guests read: {row['guests_sv'] or 'that the café takes a break, without a reason'}")
    if not rows[0]["guests_sv"]:
        typer.echo(f"Reasons with words for guests: {', '.join(usual_reasons())}.")
    target = "--all" if every else cafe
    typer.echo(
        "Dry run, nothing is changed." if dry_run else f'{WITHIN} Next: pilot cafe enable {target} --reason "done"'
    )


@app.command()
def enable(
    cafe: str = CAFE, every: bool = ALL, reason: str = WHY, as_json: bool = AS_JSON, dry_run: bool = DRY_RUN
) -> None:
    """Let a disabled café take feedback again, or all.

    Example: pilot cafe enable aurora --reason "the leak is mended"
    """
    from storage.store.cafes import cafe_states

    opened, why = home(), require_reason(reason)
    rows = []
    for each in _chosen(opened.cafes().ids, cafe, every=every):
        changed = not dry_run and cafe_states.resume(opened.store(), each, actor=actor(), reason=why)
        rows.append({"cafe": each, "changed": changed})
    _show_publicly(opened, dry_run=dry_run)
    if as_json:
        print_json({"enabled": rows, "dry_run": dry_run})
        return
    for row in rows:
        state = "would be enabled" if dry_run else "takes feedback again" if row["changed"] else "was not disabled"
        typer.echo(f"{row['cafe']} {state}.")
    typer.echo("Dry run, nothing is changed." if dry_run else f"{WITHIN} Next: pilot cafe status")


@app.command()
def status(as_json: bool = AS_JSON) -> None:
    """Show whether each café takes feedback now and why not, and the usage of its trial.

    Example: pilot cafe status
    """
    from operations.cafe_status import cafe_statuses

    found = cafe_statuses(home(), now=datetime.now(UTC))
    if as_json:
        print_json([each.as_json() for each in found])
        return
    for each in found:
        typer.echo(f"{each.cafe:<14}{each.state:<34}  {each.trial}")
    taking = sum(each.takes_feedback for each in found)
    typer.echo(f"{taking} of {len(found)} cafés take feedback now.")


@app.command()
def extend(
    cafe: str = typer.Argument(help="The café's id."),
    limit: int = typer.Option(..., "--limit", help="The new number of rewarded feedbacks in all."),
    reason: str = WHY,
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Extend a café's trial; who did it and why are in the audit log.

    Example: pilot cafe extend aurora --limit 150 --reason "two more weeks, agreed with the café"
    """
    from storage.store.cafes import cafe_states, trial_slots

    opened, why = home(), require_reason(reason)
    chosen = opened.cafes().get(_chosen(opened.cafes().ids, cafe, every=False)[0])
    before = trial_slots.usage(opened.store(), chosen)
    if not dry_run:
        cafe_states.set_trial_limit(opened.store(), cafe, limit=limit, actor=actor(), reason=why)
    after = trial_slots.usage(opened.store(), chosen)
    if as_json:
        print_json({"cafe": cafe, "from": before.limit, "to": limit, "used": after.used, "dry_run": dry_run})
        return
    typer.echo(f"{cafe}: {after.used} of {limit} used; the limit was {before.limit}.")
    typer.echo("Dry run, nothing is changed." if dry_run else "Extended. Next: pilot cafe status")


def _show_publicly(opened: Home, *, dry_run: bool) -> None:
    from operations.status_page.build import rebuild

    if not dry_run:
        rebuild(opened)


def _chosen(ids: tuple[str, ...], cafe: str, *, every: bool) -> tuple[str, ...]:
    if every == bool(cafe):
        raise typer.BadParameter(f"expected one of {', '.join(ids)}, or --all", param_hint="CAFE")
    if every:
        return ids
    if cafe not in ids:
        raise typer.BadParameter(f"there is no café {cafe!r}: expected {', '.join(ids)}, or --all", param_hint="CAFE")
    return (cafe,)
