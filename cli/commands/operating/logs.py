"""`pilot logs`: the errors of the services, grouped; the last lines; the lines of a session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer

from cli.context import AS_JSON, home, print_json
from cli.durations import seconds
from operations.health import ALIASES
from operations.log_lines import ErrorGroup, grouped_errors, last_lines, services
from operations.system import LOGS_FOLDER
from pilot.business_days import local_time

EXIT_ERRORS = 1

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def logs(
    since: str = typer.Option("24h", "--since", help="How far back: 24h, 30m, 7d."),
    service: list[str] = typer.Option([], "--service", help="The services; all by default."),
    session: str = typer.Option("", "--session", help="Only the lines of this session."),
    tail: int = typer.Option(0, "--tail", min=0, max=10_000, help="Show each service's last lines instead."),
    as_json: bool = AS_JSON,
) -> None:
    """Group the errors of the services, with counts and their first and last time.

    Exit code 1 if there is one. With --tail or --session, shows lines as they were logged. Logs hold no words of
    guests.

    Example: pilot logs --since 24h --service edge
    """
    folder = home().root / LOGS_FOLDER
    known = services(folder)
    names = [ALIASES.get(name, name) for name in service] or known
    if unknown := [name for name in names if name not in known]:
        expected = ", ".join(known) or "none yet: is `pilot run` up?"
        raise typer.BadParameter(
            f"there is no log of {', '.join(unknown)}; the logs are: {expected}", param_hint="--service"
        )
    earliest = datetime.now(UTC) - timedelta(seconds=seconds(since))
    if tail or session:
        for line in last_lines(folder, names=names, number=tail or 10_000, since=earliest, session=session):
            typer.echo(f"{line.service:<14}{line.text}")
        return
    found = grouped_errors(folder, names=names, since=earliest)
    if as_json:
        print_json([_as_json(group) for group in found])
    else:
        for group in found:
            typer.echo(f"{group.count:>6}  {group.service:<14}{_times(group):<26}{group.message[:160]}")
        total = sum(group.count for group in found)
        typer.echo(f"{total} errors of {len(found)} kinds since {since} ago." if found else f"No error in {since}.")
        typer.echo("Next: pilot logs --service NAME --tail 100" if found else "Next: pilot health")
    if found:
        raise typer.Exit(EXIT_ERRORS)


def _times(group: ErrorGroup) -> str:
    if group.first is None or group.last is None:
        return "no time"
    return f"{local_time(group.first):%m-%d %H:%M:%S}..{local_time(group.last):%H:%M:%S}"


def _as_json(group: ErrorGroup) -> dict[str, object]:
    return {
        "service": group.service,
        "message": group.message,
        "count": group.count,
        "first": group.first,
        "last": group.last,
    }
