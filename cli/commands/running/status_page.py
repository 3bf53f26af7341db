"""`pilot status-page`: builds the customers' status page, and says something on it."""

from __future__ import annotations

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.switching import DRY_RUN, require_reason
from operations.status_page.build import as_json as facts_json
from operations.status_page.build import build as build_page

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Build the customers' status page, and say something on it.",
)
REASON = typer.Option("", "--reason", help="The reason, for the audit log; required.")


@app.command()
def build(as_json: bool = AS_JSON) -> None:
    """Write the page's files from the switches, the incidents and your own words.

    Maintenance, fallback and incidents do it by themselves. Any web server can serve the folder, also on another host.

    Example: pilot status-page build
    """
    facts, folder = build_page(home())
    if as_json:
        print_json({"folder": str(folder), **facts_json(facts)})
        return
    for name, level in facts.parts.items():
        typer.echo(f"{name:<10}{level}")
    typer.echo(f"The page says {facts.level.upper()}. Its files: {folder}")


@app.command("set")
def set_own(
    level: str = typer.Argument(help="ok, degraded, down or maintenance."),
    swedish: str = typer.Option("", "--sv", help="What customers read in Swedish; required."),
    english: str = typer.Option("", "--en", help="The same in English; required."),
    reason: str = REASON,
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Say something on the page, above what switches and incidents say, until `clear`.

    Example: pilot status-page set degraded --sv "Kuponger dröjer." --en "Vouchers are late." --reason "till system"
    """
    from storage.store.incidents.public_status import set_status

    opened, why = home(), require_reason(reason)
    if not dry_run:
        set_status(opened.store(), level=level, text_sv=swedish, text_en=english, actor=actor(), reason=why)
        build_page(opened)
    if as_json:
        print_json({"level": level, "sv": swedish, "en": english, "dry_run": dry_run})
        return
    typer.echo(f"{'Dry run: it would say' if dry_run else 'The page says'} {level.upper()}: {swedish}")
    typer.echo('Next: pilot status-page clear --reason "over"')


@app.command()
def clear(reason: str = REASON, as_json: bool = AS_JSON, dry_run: bool = DRY_RUN) -> None:
    """Take your own words off the page.

    Example: pilot status-page clear --reason "over"
    """
    from storage.store.incidents.public_status import clear_status, find_status

    opened, why = home(), require_reason(reason)
    had = find_status(opened.store()) is not None
    if not dry_run:
        clear_status(opened.store(), actor=actor(), reason=why)
        build_page(opened)
    if as_json:
        print_json({"cleared": had, "dry_run": dry_run})
        return
    typer.echo(f"{'Dry run. ' if dry_run else ''}{'Your own words are off the page.' if had else 'There were none.'}")
