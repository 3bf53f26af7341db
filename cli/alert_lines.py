"""Lines of alerts, silences and tests for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from cli.context import print_json
from cli.switching import local
from storage.store.alerts.deliveries import Delivery
from storage.store.alerts.episodes import Episode
from storage.store.alerts.silences import Silence, is_silenced

if TYPE_CHECKING:
    from operations.alerting.sending_now import Tested


def state_of(episode: Episode) -> str:
    """Return an alert's state in words."""
    verdict = f", judged {episode.verdict} by {episode.verdict_by}" if episode.verdict else ""
    by = f"acknowledged by {episode.acknowledged_by}"
    if episode.state == "acknowledged":
        return f"{by}{verdict}"
    if episode.state == "resolved" and episode.acknowledged_by:
        return f"{episode.state}, {by}{verdict}"
    return f"{episode.state}{verdict}"


def print_alerts(
    found: Sequence[Episode], sent: Mapping[str, Sequence[Delivery]], quiet: Sequence[Silence], *, now: datetime
) -> None:
    """Print alerts with their messages, and the active silences."""
    for each in found:
        silent = ", silenced" if is_silenced(each, quiet, at=now) else ""
        typer.echo(f"{each.short_id}  {each.severity:<7}{each.name:<26}{each.subject}")
        typer.echo(f"          since {local(each.began_at)}; {state_of(each)}{silent}; level {each.level}")
        for row in sent.get(each.id, ()):
            why = f": {row.reason}{f' {row.code}' if row.code else ''}" if row.reason else ""
            to = f" to {row.recipient}" if row.recipient else ""
            typer.echo(f"          {row.kind} by {row.channel}{to}: {row.state}{why}")
    still = sum(each.state == "firing" for each in found)
    typer.echo(f"{len(found)} alerts, {still} not acknowledged; {len(quiet)} silences.")


def print_silences(found: Sequence[Silence], *, as_json: bool) -> None:
    """Print the active silences."""
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        matched = f"{each.name or '*'} {each.subject or '*'} {each.cafe or 'every café'}"
        typer.echo(f"{each.id:>4}  {matched}  until {local(each.until)}, by {each.actor}: {each.reason}")
    typer.echo(f"{len(found)} silences. Next: pilot alerts silence --off NUMBER --reason WHY")


def print_tests(found: Sequence[Tested], *, as_json: bool) -> None:
    """Print what became of each message of a test, and a verdict."""
    if as_json:
        print_json([{"channel": each.channel, "recipient": each.recipient, **asdict(each.outcome)} for each in found])
        return
    bad = 0
    for each in found:
        is_well = each.outcome.state == "delivered"
        bad += not is_well
        why = each.outcome.reason or each.outcome.state
        status = f", status {each.outcome.code}" if each.outcome.code and not is_well else ""
        mark, text = ("ok    ", "delivered") if is_well else ("NOT OK", f"{why}{status}")
        typer.echo(f"{mark}  {f'{each.channel} {each.recipient}'.strip():<32}{text}")
    if bad:
        typer.echo(
            f"NOT OK: {bad} of {len(found)} messages. Next: correct .env and contacts.toml, then pilot alerts test"
        )
    else:
        typer.echo(f"All well: {len(found)} messages delivered. Next: pilot alerts list")
