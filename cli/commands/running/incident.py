"""`pilot incident`: opens, follows and closes incidents, with evidence, notices and the analysis."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, actor, environment, home, print_json
from cli.incident_lines import find_or_open, print_incident, public_of
from cli.switching import DRY_RUN
from pilot.business_days import parse_day
from storage.store.incidents import actions, incidents, notices

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Open, follow and close incidents; keep evidence; notify managers.",
)
ID = typer.Argument(help="The incident's id: I20261123-1.")
ID_OR_OPEN = typer.Argument("", help="The incident's id; without it, the one that is open.")
SV = typer.Option("", "--public-sv", help="What the status page says in Swedish, with --public-en.")
EN = typer.Option("", "--public-en", help="The same in English.")


@app.command("open")
def open_one(
    title: str = typer.Argument(help="What happens, in a sentence."),
    kind: str = typer.Option(..., "--kind", help="down, voice, payments, pages, data or security."),
    severity: int = typer.Option(2, "--severity", min=1, max=3, help="1 everything, 2 a part, 3 a nuisance."),
    cafe: list[str] = typer.Option([], "--cafe", help="An affected café; repeat it. All by default."),
    detected: str = typer.Option("", "--detected", help="When it was noticed, Stockholm: 14:30. Now by default."),
    personal_data: bool = typer.Option(False, "--personal-data", help="Personal data may be affected."),
    private: bool = typer.Option(False, "--private", help="Say nothing on the status page."),
    public_sv: str = SV,
    public_en: str = EN,
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Open an incident; its clocks run from the detection.

    A security incident starts the 72 hours of article 33.

    Example: pilot incident open "Guests get an error page" --kind down --severity 1 --detected 14:05
    """
    opened = home()
    ids = opened.cafes().ids
    if unknown := [each for each in cafe if each not in ids]:
        raise typer.BadParameter(f"there is no café {unknown[0]!r}: expected {', '.join(ids)}", param_hint="--cafe")
    public = public_of(kind, swedish=public_sv, english=public_en, private=private)
    if dry_run:
        typer.echo(
            f"Dry run: would open a {kind} incident for {', '.join(cafe or ids)}; public: {public[0] or 'nothing'}"
        )
        return
    found = incidents.open_incident(
        opened.store(),
        kind=kind,
        severity=severity,
        title=title,
        cafes=cafe or ids,
        actor=actor(),
        personal_data=personal_data,
        detected_at=_past(detected),
        public=public,
    )
    _built()
    print_incident(opened, found, as_json=as_json)
    if not as_json:
        typer.echo(f"Opened. Next: pilot incident capture {found.id}")


@app.command()
def note(
    incident: str = ID,
    text: str = typer.Argument(help="What was seen or done, without personal data."),
    public_sv: str = SV,
    public_en: str = EN,
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Add a line to the timeline, and to the status page if you give its public words.

    Example: pilot incident note I20261123-1 "Restarted the edge; the error is gone"
    """
    opened = home()
    if dry_run:
        typer.echo(f"Dry run: would note on {incidents.find(opened.store(), incident).id}: {text}")
        return
    public = (public_sv, public_en)
    found = incidents.add_note(opened.store(), incident, kind="note", note=text, actor=actor(), public=public)
    _built()
    print_incident(opened, found, as_json=as_json)
    if not as_json:
        typer.echo(f'Noted. Next: pilot incident close {found.id} --cause "..."')


@app.command()
def capture(incident: str = ID_OR_OPEN, as_json: bool = AS_JSON, dry_run: bool = DRY_RUN) -> None:
    """Keep the evidence in one archive: versions, settings, logs, metrics, queues, the database's state.

    It holds no secret, no voice and no guest's words; the home's files are not copied into it.

    Example: pilot incident capture I20261123-1
    """
    from operations.incidents.capture import FOLDER
    from operations.incidents.capture import capture as write_archive
    from operations.system import make_system

    opened = home()
    found = find_or_open(opened.store(), incident)
    if dry_run:
        typer.echo(f"Dry run: would write an archive to {opened.root / FOLDER}")
        return
    written = write_archive(make_system(opened, environment=environment()), found, now=datetime.now(UTC))
    note = f"An archive of {len(written.members)} members"
    incidents.add_note(opened.store(), found.id, kind="captured", note=note, actor=actor())
    if as_json:
        print_json({**asdict(written), "bytes": written.path.stat().st_size})
        return
    for name, size in written.members.items():
        typer.echo(f"{name:<32}{size:>10} bytes")
    removed = f" {written.secrets_removed} secrets were found and removed." if written.secrets_removed else ""
    typer.echo(f"Captured {written.path}, readable by you only.{removed} Next: pilot incident notify {found.id}")


@app.command()
def notify(
    incident: str = ID,
    over: bool = typer.Option(False, "--over", help="Say that it is over."),
    authority: str = typer.Option("", "--authority", help="Record that the data-protection authority was notified."),
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Queue the Swedish text for each affected café's manager, once.

    The watch does it after 15 minutes down, and sends what is queued within seconds if PILOT_ALERT_SMS_URL is set.

    Example: pilot incident notify I20261123-1
    """
    from operations.incidents import notices as texts

    opened, store = home(), home().store()
    found = incidents.find(store, incident)
    if authority:
        if not dry_run:
            incidents.add_note(store, found.id, kind="authority", note=authority, actor=actor())
        typer.echo(f"{'Dry run: would record' if dry_run else 'Recorded'} that the authority was notified: {authority}")
        return
    names = {cafe.id: cafe.name for cafe in opened.cafes().cafe}
    if dry_run:
        for cafe in found.cafes:
            kind: notices.NoticeKind = "over" if over else "down"
            typer.echo(texts.message(kind, found, cafe_name=names.get(cafe, cafe), page_url=opened.settings.status_url))
        typer.echo("Dry run, nothing is queued.")
        return
    queued = texts.notify(
        store,
        found,
        "over" if over else "down",
        cafes=opened.cafes(),
        page_url=opened.settings.status_url,
        actor=actor(),
        until=found.closed_at or datetime.now(UTC),
    )
    if as_json:
        print_json([asdict(each) for each in queued])
        return
    for each in queued:
        typer.echo(f"{each.cafe}: {each.message}")
    has_carrier = bool(opened.settings.alert_sms_url.get_secret_value())
    how = "the watch sends them" if has_carrier else "PILOT_ALERT_SMS_URL is not set, so read them out by telephone"
    typer.echo(f"{len(queued)} texts queued; {how}. Next: pilot incident show {found.id}")


@app.command()
def action(
    incident: str = ID,
    what: str = typer.Argument("", help="What is to be done."),
    owner: str = typer.Option("", "--owner", help="Who does it."),
    due: str = typer.Option("", "--due", help="The day by which it is done: 2026-12-01."),
    done: int | None = typer.Option(None, "--done", help="The number of an action that is done."),
    as_json: bool = AS_JSON,
) -> None:
    """Add an action with its owner and date, or mark one as done; without either, list them.

    Example: pilot incident action I20261123-1 "Alert on a full disk at 85 %" --owner Siv --due 2026-12-01
    """
    store = home().store()
    found = incidents.find(store, incident)
    if done is not None:
        actions.finish_action(store, done, actor=actor())
    elif what:
        if not owner or not due:
            raise typer.BadParameter("expected both: every action has an owner and a date", param_hint="--owner, --due")
        actions.add_action(store, found.id, what=what, owner=owner, due=parse_day(due), actor=actor())
    rows = actions.actions_of(store, found.id)
    if as_json:
        print_json([asdict(each) for each in rows])
        return
    for each in rows:
        typer.echo(f"{each.id:>3}  {'done' if each.done_at else each.due.isoformat():<10}  {each.owner:<14}{each.what}")
    typer.echo(f"{sum(each.done_at is None for each in rows)} of {len(rows)} actions are open.")


@app.command()
def close(
    incident: str = ID,
    cause: str = typer.Option(..., "--cause", help="The root cause, as far as it is known."),
    public_sv: str = SV,
    public_en: str = EN,
    as_json: bool = AS_JSON,
    dry_run: bool = DRY_RUN,
) -> None:
    """Close an incident, and print its root-cause analysis filled in from the timeline.

    Example: pilot incident close I20261123-1 --cause "The disk was full: old backups were not removed"
    """
    opened = home()
    found = incidents.find(opened.store(), incident)
    if dry_run:
        typer.echo(f"Dry run: would close {found.id}.")
        return
    shown = any(each.public_sv for each in incidents.timeline(opened.store(), found.id))
    public = public_of("closed", swedish=public_sv, english=public_en, private=not shown)
    closed = incidents.close_incident(opened.store(), found.id, cause=cause, actor=actor(), public=public)
    _built()
    print_incident(opened, closed, as_json=as_json, template=True)
    if not as_json:
        typer.echo(f'Closed. Next: pilot incident action {closed.id} "..." --owner NAME --due DAY')


@app.command("list")
def list_all(
    only_open: bool = typer.Option(False, "--open", help="Only those that are open."), as_json: bool = AS_JSON
) -> None:
    """List incidents, newest first. With --open, exit code 1 while there is one.

    Example: pilot incident list --open
    """
    opened = home()
    found = incidents.latest(opened.store(), only_open=only_open)
    still = sum(each.closed_at is None for each in found)
    if as_json:
        print_json([asdict(each) | {"authority_deadline": each.authority_deadline} for each in found])
    else:
        for each in found:
            print_incident(opened, each, as_json=False, brief=True)
        typer.echo(f"{still} of {len(found)} incidents are open.")
    if only_open and still:
        raise typer.Exit(1)


@app.command()
def show(
    incident: str = ID,
    template: bool = typer.Option(False, "--template", help="Print the root-cause analysis as Markdown."),
    as_json: bool = AS_JSON,
) -> None:
    """Show an incident with its timeline, actions and texts.

    Example: pilot incident show I20261123-1 --template > I20261123-1.md
    """
    opened = home()
    print_incident(opened, incidents.find(opened.store(), incident), as_json=as_json, template=template)


def _past(text: str) -> datetime | None:
    """Return the moment of `--detected`: a time of day is the last such moment."""
    from datetime import timedelta

    from pilot.local_moments import InvalidMoment, parse_moment

    now = datetime.now(UTC)
    if not text:
        return None
    try:
        found = parse_moment(text, now=now)
        return found if found <= now else parse_moment(text, now=now - timedelta(days=1))
    except InvalidMoment as error:
        raise typer.BadParameter(str(error), param_hint="--detected") from None


def _built() -> None:
    from operations.status_page.build import rebuild

    rebuild(home())
