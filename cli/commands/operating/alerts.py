"""`pilot alerts`: sets up, tests, lists, acknowledges and silences alerts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import typer

from cli.alert_lines import print_alerts, print_silences, print_tests, state_of
from cli.context import AS_JSON, actor, home, print_json, settings
from cli.durations import seconds
from cli.findings import report
from cli.switching import DRY_RUN, local, require_reason, until_of
from storage.store.alerts import deliveries, episodes, precision, silences
from storage.store.engine import Store

EXIT_NOT_WELL = 1
ID = typer.Argument(help="The alert's id, or its first characters: 88edde1b.")
REASON = typer.Option("", "--reason", help="Why, for the audit log.")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Set up, test, list, acknowledge and silence alerts.",
)


@app.command()
def setup(
    send: bool = typer.Option(True, "--send/--no-send", help="Send a test through each channel if all is well."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Check channels, people, pages, rules and routes; then send a test through each channel.

    Exit code 1 if something is missing; nothing is sent then.

    Example: pilot alerts setup --dry-run
    """
    from operations.alerting.readiness import check_readiness

    opened = home()
    findings = check_readiness(settings(), cafes=opened.cafes().ids)
    sends = send and not dry_run and all(each.ok for each in findings)
    following = "" if sends else "pilot alerts test"
    report(
        findings,
        as_json=as_json,
        next_command=following,
        failed_command="correct what is NOT OK above; pilot alerts setup --dry-run",
    )
    if sends:
        _test(reason="setup", as_json=as_json)


@app.command()
def test(
    reason: str = typer.Option("a test by hand", "--reason", help="Why, for the audit log."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Send a test through each channel, and say of each whether it was delivered, or why not.

    Exit code 1 if a channel is not set or did not deliver. The watch does the same each month by itself.

    Example: pilot alerts test
    """
    if dry_run:
        from operations.alerting.sending_now import planned_tests

        for each in planned_tests(home(), now=datetime.now(UTC)):
            typer.echo(f"would send   {each.channel} {each.recipient}".rstrip())
        typer.echo("Dry run, nothing is sent. Next: pilot alerts test")
        return
    _test(reason=reason, as_json=as_json)


@app.command("list")
def list_all(
    every: bool = typer.Option(False, "--all", help="Also those that are resolved."),
    days: int = typer.Option(30, "--days", min=1, max=400, help="How far back."),
    figures: bool = typer.Option(False, "--figures", help="Count each kind: fired, judged true, false, unjudged."),
    as_json: bool = AS_JSON,
) -> None:
    """List the open alerts, newest first, with who acknowledged them and what became of their messages.

    Exit code 1 while a high alert is not acknowledged.

    Example: pilot alerts list --figures
    """
    store, now = home().store(), datetime.now(UTC)
    found = episodes.latest(store, since=now - timedelta(days=days))
    if figures:
        rows = precision.figures(found)
        if as_json:
            print_json([{**asdict(each), "unjudged": each.unjudged} for each in rows])
            return
        typer.echo(f"{'kind':<26}{'fired':>6}{'true':>6}{'false':>6}{'unjudged':>9}  slowest acknowledgement")
        for each in rows:
            typer.echo(
                f"{each.name:<26}{each.fired:>6}{each.judged_true:>6}{each.judged_false:>6}{each.unjudged:>9}  "
                f"{timedelta(seconds=round(each.slowest.total_seconds())) if each.slowest else '-'}"
            )
        typer.echo(f"{len(found)} alerts in {days} days. Next: pilot alerts ack ID --true, or --false")
        return
    shown = found if every else [each for each in found if each.state != "resolved"]
    sent = deliveries.of_episodes(store, [each.id for each in shown])
    quiet = silences.active(store, at=now)
    urgent = [
        each
        for each in shown
        if each.severity == "high" and each.state == "firing" and not silences.is_silenced(each, quiet, at=now)
    ]
    if as_json:
        rows_of = [{**asdict(each), "deliveries": [asdict(row) for row in sent.get(each.id, ())]} for each in shown]
        print_json({"alerts": rows_of, "silences": [asdict(each) for each in quiet]})
    else:
        print_alerts(shown, sent, quiet, now=now)
        typer.echo(f"Next: {'pilot alerts ack ' + urgent[0].short_id if urgent else 'pilot alerts list --all'}")
    if urgent:
        raise typer.Exit(EXIT_NOT_WELL)


@app.command()
def ack(
    alert: str = ID,
    reason: str = typer.Option("seen", "--reason", help="What you do about it, for the audit log."),
    verdict: bool | None = typer.Option(None, "--true/--false", help="Judge whether it was right to fire."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Acknowledge an alert, so that nobody else is notified of it.

    Judge it at once, or later with the same command.

    Example: pilot alerts ack 88edde1b --true --reason "restarted the edge"
    """
    from operations.alerting.acknowledging import acknowledge

    store = home().store()
    if dry_run:
        found = episodes.find(store, alert)
        typer.echo(f"Dry run: would acknowledge {found.short_id} {found.name} {found.subject}, now {state_of(found)}.")
        return
    judged: episodes.Verdict = "" if verdict is None else "true" if verdict else "false"
    found = acknowledge(store, alert, actor=actor(), reason=reason, verdict=judged, now=datetime.now(UTC))
    if as_json:
        print_json(asdict(found))
        return
    following = "pilot alerts list" if found.verdict else f"pilot alerts ack {found.short_id} --true, or --false"
    typer.echo(f"{found.short_id} {found.name} {found.subject}: {state_of(found)}. Next: {following}")


@app.command()
def silence(
    name: str = typer.Argument("", help="The kind, or a pattern: 'backup_*'. Without one, a subject or café."),
    subject: str = typer.Option("", "--subject", help="A pattern of subjects: 'aurora*'."),
    cafe: str = typer.Option("", "--cafe", help="A café's id."),
    duration: str = typer.Option("", "--for", help="How long: 30m, 2h, 3d."),
    until: str = typer.Option("", "--until", help="Or its end, Stockholm: 14:30."),
    reason: str = REASON,
    off: int | None = typer.Option(None, "--off", help="End the silence with this number."),
    listed: bool = typer.Option(False, "--list", help="List the active silences."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Silence alerts for a time: they are recorded, and announced when it ends if they still fire.

    Example: pilot alerts silence 'backup_*' --for 2h --reason "a new disk"
    """
    opened = home()
    store, now = opened.store(), datetime.now(UTC)
    if listed:
        print_silences(silences.active(store, at=now), as_json=as_json)
        return
    if off is not None:
        _end(store, off, reason=reason, as_json=as_json, dry_run=dry_run)
        return
    require_reason(reason)
    if cafe and cafe not in opened.cafes().ids:
        raise typer.BadParameter(f"expected one of {', '.join(opened.cafes().ids)}", param_hint="--cafe")
    if bool(duration) == bool(until):
        raise typer.BadParameter("expected one of them: how long, or until when", param_hint="--for, --until")
    end = until_of(until) if until else now + timedelta(seconds=seconds(duration))
    assert end is not None
    if dry_run:
        typer.echo(f"Dry run: would silence {name or '*'} {subject or '*'} {cafe or 'every café'} until {local(end)}.")
        return
    made = silences.add(store, name=name, subject=subject, cafe=cafe, reason=reason, actor=actor(), until=end)
    if as_json:
        print_json(asdict(made))
        return
    typer.echo(
        f'Silence {made.id} until {local(made.until)}. Next: pilot alerts silence --off {made.id} --reason "it is over"'
    )


def _end(store: Store, number: int, *, reason: str, as_json: bool, dry_run: bool) -> None:
    require_reason(reason)
    if dry_run:
        typer.echo(f"Dry run: would end silence {number}.")
        return
    ended = silences.end(store, number, actor=actor(), reason=reason)
    if as_json:
        print_json(asdict(ended))
        return
    typer.echo(f"Silence {ended.id} is over; what still fires is announced within a minute. Next: pilot alerts list")


def _test(*, reason: str, as_json: bool) -> None:
    from operations.alerting.sending_now import send_tests

    found = send_tests(home(), actor=actor(), reason=reason, now=datetime.now(UTC))
    print_tests(found, as_json=as_json)
    if any(each.outcome.state != "delivered" for each in found):
        raise typer.Exit(EXIT_NOT_WELL)
