"""`pilot keys`: how each secret is replaced, and the rotation of those that may overlap."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, ENV_FILE, actor, home, print_json, settings
from cli.switching import WHY, require_reason
from operations import keys

if TYPE_CHECKING:
    from operations.keys import Rotation, TokenName

WEBHOOK = "webhook"
# The edge takes both tokens; systemd reads another file only when it starts the service.
TAKEN_BY, TAKEN_BY_SYSTEMD = "pilot restart edge", "systemctl restart pilot"
NAME = typer.Argument(help="probe-token, counts-token or webhook.")
WHOSE = typer.Argument("", help="The café of a counts-token; the rule of a webhook.")
FILE = typer.Option(Path(ENV_FILE), "--file", help="The file of settings.")
# Each secret, and how it is replaced; the order is that of the list.
PROCEDURES = {
    "secret_key": "never: vouchers, receipts and device hashes derive from it; see docs/operations/keys.md",
    "backup_key": "set a new one, `pilot backup now`; keep the old one until the backups that it sealed have expired",
    "probe_token": "`pilot keys rotate probe-token`; both are valid until `retire`",
    "counts_tokens": "`pilot keys rotate counts-token CAFE`; both are valid until `retire`",
    "stripe_key": "roll it in Stripe's dashboard with an overlap, set it, restart the edge and the watch",
    "stripe_webhook_secret": "roll it in Stripe's dashboard, set OLD,NEW, restart the edge, later NEW alone",
    "oidc_client_secret": "make a second one at the provider, set it, restart the sign-in, delete the first",
    "smtp_url": "make a second password at the provider, set it, restart the watch, delete the first",
    "redis_url": "add a second user in Redis, set it, restart the edges one by one, delete the first",
}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="List the secrets, and rotate those that may overlap.",
)


@app.command("list")
def list_keys(as_json: bool = AS_JSON) -> None:
    """Show each secret of the settings: whether it is set, and how it is replaced. No value is shown.

    Example: pilot keys list
    """
    known = settings()
    rows = [(name, bool(getattr(known, name).get_secret_value()), how) for name, how in PROCEDURES.items()]
    if as_json:
        print_json([{"name": name, "is_set": is_set, "replaced": how} for name, is_set, how in rows])
        return
    for name, is_set, how in rows:
        typer.echo(f"{'set  ' if is_set else 'empty'}  {name:<24}{how}")
    typer.echo("A rule's webhook secret: pilot keys rotate webhook RULE. Next: pilot keys rotate NAME --reason REASON")


@app.command()
def rotate(name: str = NAME, whose: str = WHOSE, reason: str = WHY, file: Path = FILE) -> None:
    """Make a new token or secret; the old one stays valid, so that nothing stops.

    A token goes into the file of settings, and is valid once the edge is restarted. Give it to its user, then retire
    the old one. A webhook's old secret signs for a day more.

    Example: pilot keys rotate probe-token --reason "a colleague left"
    """
    why = require_reason(reason)
    if name == WEBHOOK:
        _rotate_webhook(whose, why)
        return
    done = keys.rotate(home(), file, _token_name(name), cafe=whose, actor=actor(), reason=why, now=datetime.now(UTC))
    typer.echo(f"The new {done.name}: {done.token}")
    _say_next(done, f"{_taken_by(file)}; give it to its user; then pilot keys retire {done.name}")


@app.command()
def retire(name: str = NAME, whose: str = WHOSE, reason: str = WHY, file: Path = FILE) -> None:
    """Take the old token out of the file of settings, once its user has the new one.

    Example: pilot keys retire probe-token --reason "the second host has the new one"
    """
    why = require_reason(reason)
    done = keys.retire(home(), file, _token_name(name), cafe=whose, actor=actor(), reason=why, now=datetime.now(UTC))
    _say_next(done, f"{_taken_by(file)}; the old one is refused then")


def _taken_by(file: Path) -> str:
    return TAKEN_BY if file == Path(ENV_FILE) else TAKEN_BY_SYSTEMD


def _say_next(done: Rotation, following: str) -> None:
    typer.echo(f"{done.valid} {'tokens are' if done.valid > 1 else 'token is'} valid. Next: {following}")


def _token_name(name: str) -> TokenName:
    if name not in keys.SETTINGS:
        raise typer.BadParameter(
            f"{name!r} is not rotated here; expected {', '.join(keys.SETTINGS)} or webhook; `pilot keys list` says how",
            param_hint="NAME",
        )
    return name


def _rotate_webhook(rule_id: str, why: str) -> None:
    from operations.webhooks.signing import secret_of
    from storage.store.outgoing import webhook_rules

    opened = home()
    changed = webhook_rules.rotate(opened.store(), rule_id, by=actor(), reason=why)
    typer.echo(f"The new secret of {changed.name}:")
    typer.echo(secret_of(opened.secret(), rule_id=changed.id, generation=changed.generation))
    typer.echo(
        f"The old one signs too until {changed.previous_until:%Y-%m-%d %H:%M} UTC. Next: pilot rules test {rule_id}"
    )
