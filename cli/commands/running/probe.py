"""`pilot probe`: probes the pilot from a second host."""

from __future__ import annotations

import re
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

import typer

from cli.context import settings
from operations.watch.probes.delivery import PROBER
from operations.watch.probes.outpost import Outpost
from operations.watch.probes.probing import open_client
from pilot.errors import PilotError
from pilot.settings import BOTH

FOLDER = "~/.local/share/pilot-probe"

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class InvalidProber(PilotError):
    """The prober's name, its address or its token cannot be used."""


@app.command()
def probe(
    to: str = typer.Option(help="The pilot's address as this host reaches it."),
    name: str = typer.Option("probe", help="This host's name: probe, probe2, ...; unique among second hosts."),
    folder: str = typer.Option(FOLDER, help="The folder for undelivered rounds."),
    once: bool = typer.Option(False, "--once", help="Run one round, for a cron job."),
) -> None:
    """Probe the pilot from another host, as a guest's phone would, and deliver the results to the edge.

    Rounds are saved here while the edge is unreachable, and delivered later. It needs PILOT_PROBE_TOKEN, the same as
    the edge's, and nothing else: no home, no store.

    Example: PILOT_PROBE_TOKEN=... pilot probe --to https://feedback.example.se
    """
    given = settings()
    token = given.probe_token.get_secret_value().split(BOTH)[0]
    if not token:
        raise InvalidProber("PILOT_PROBE_TOKEN is not set.", remedy="Set it to the edge's token.")
    if not PROBER.fullmatch(name):
        raise InvalidProber(f"{name!r} is not a prober's name.", remedy="Use probe, probe2, ...")
    if not re.match(r"https?://[^/]+", to):
        raise InvalidProber(f"{to!r} is not an address.", remedy="Use https://host, like a phone.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with open_client() as client:
        outpost = Outpost(
            to,
            token=token,
            folder=Path(folder).expanduser() / name,
            client=client,
            clock=lambda: datetime.now(UTC),
            name=name,
        )
        while not stop.is_set():
            began = datetime.now(UTC)
            waiting = outpost.round()
            typer.echo(f"{began:%Y-%m-%d %H:%M:%S}Z probed; {waiting} rounds are not delivered yet.")
            if once:
                break
            stop.wait(max(1.0, given.probe_seconds - (datetime.now(UTC) - began).total_seconds()))
