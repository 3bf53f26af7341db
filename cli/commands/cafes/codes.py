"""`pilot codes`: retires a code for good, and issues its successor."""

from __future__ import annotations

import typer

from cli.context import actor, home
from operations.codes.pictures import code_address
from storage.errors import UnknownCode
from storage.store.cafes import codes as store_codes

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Retire a code for good, and issue its successor.",
)


@app.callback()
def codes() -> None:
    """Retire a code for good, and issue its successor."""


@app.command()
def retire(
    code: str = typer.Argument(help="The code."),
    reason: str = typer.Option(..., "--reason", help="The reason, for the audit log."),
    replace: bool = typer.Option(False, "--replace", help="Issue a new code for the same place."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only show what would change."),
) -> None:
    """Retire a code: its page then says where to find the new one. It never opens the café's page again.

    A code that was retired without a successor gets one with --replace.

    Example: pilot codes retire G3QWJ9 --replace --reason "the sticker was torn off"
    """
    opened = home()
    store, found = opened.store(), store_codes.find(opened.store(), code)
    if found is None:
        raise UnknownCode(f"There is no code {code!r}.", remedy="`pilot qr list` shows the codes.")
    if found.retired_at is not None and (dry_run or not replace):
        new = "; --replace would issue its successor" if replace else ""
        typer.echo(f"{found.code} is retired already. Nothing was changed{new}.")
        return
    if dry_run:
        new = ", and a new one issued" if replace else ""
        typer.echo(f"{found.code} ({found.cafe}, {found.label}) would be retired{new}. Nothing was changed.")
        return
    if not replace:
        store_codes.retire(store, found.code, actor=actor(), reason=reason)
        typer.echo(f"{found.code} ({found.cafe}, {found.label}) is retired.")
        typer.echo(f"Next: pilot codes retire {found.code} --replace --reason WHY, unless the place needs no code")
        return
    if found.retired_at is not None:
        new_code = store_codes.succeed(store, found.code, actor=actor(), reason=reason)
    else:
        new_code = store_codes.replace(store, found.code, cafe=found.cafe, actor=actor(), reason=reason)
    typer.echo(f"{found.code} is retired; its successor is {new_code.code} ({new_code.cafe}, {new_code.label}):")
    typer.echo(code_address(new_code.code, public_url=opened.settings.public_url))
    typer.echo(f"Next: pilot qr distribute --cafe {new_code.cafe} --to WHOM")
