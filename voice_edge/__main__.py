"""Runs one replica of the edge: `python -m voice_edge`."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
from datetime import UTC, datetime
from typing import NoReturn

import structlog
from fastapi import FastAPI

from operations.monitoring.exposition import serve_metrics
from operations.watch.probes.heartbeat import Heartbeat, silence_events
from pilot.errors import PilotError
from pilot.settings import Settings, read_settings
from storage.home import Home, open_existing_home
from storage.landing.append_log import AppendLog
from voice_edge.clock import SystemClock
from voice_edge.conversation.warming import warm_words
from voice_edge.doors.codes import CodeDirectory
from voice_edge.doors.limits import Limits
from voice_edge.edge import Edge, EventLog
from voice_edge.hearing.chosen_weights import LANGUAGES, choose_weights
from voice_edge.hearing.recogniser import Recogniser
from voice_edge.hearing.turn_taking import TurnTaking
from voice_edge.hearing.voice_activity import VoiceActivity
from voice_edge.http.app import create_app
from voice_edge.http.counts_service import CountsService, read_tokens
from voice_edge.http.leaving import is_flagged
from voice_edge.http.probe_service import ProbeService
from voice_edge.http.server import edge_server
from voice_edge.http.socket_limits import raise_files_limit, socket_limits
from voice_edge.interviewer import choose_interviewer
from voice_edge.logs import configure_logs
from voice_edge.receipts.projection import ReceiptProjection
from voice_edge.receipts.receipt import ReceiptService

WEIGHTS_FOLDER = ".weights"
HEARTBEAT_FOLDER = ".run"
BACKLOG = 2048  # Connections that wait to be accepted.

log = structlog.get_logger("voice_edge")


def open_edge(
    home: Home,
    *,
    event_log: EventLog,
    recogniser: Recogniser | None,
    warm: threading.Event,
    limits: Limits | None = None,
) -> Edge:
    """Return a replica on a home, with the system's clock, its recogniser and its interviewer."""
    clock = SystemClock()
    settings = home.settings
    heartbeat = Heartbeat(home.root / HEARTBEAT_FOLDER, replica=settings.replica)
    projection = ReceiptProjection(home.store, home.segments, cafes=home.cafes(), clock=clock)
    return Edge(
        settings=settings,
        cafes=home.cafes(),
        secret=home.secret(),
        clock=clock,
        log=event_log,
        codes=CodeDirectory(home.store, clock=clock),
        receipts=ReceiptService(home.store, clock=clock),
        interviewer=choose_interviewer(settings),
        recogniser=recogniser,
        new_listener=VoiceActivity,
        new_turns=TurnTaking,
        demo=home.kind == "demo",
        limits=limits or Limits(),
        recogniser_ready=warm.is_set,
        landing_writable=lambda: os.access(home.root, os.W_OK),
        leaving=lambda: is_flagged(home.root / HEARTBEAT_FOLDER, settings.replica),
        open_segments=home.segments,
        more_background=(projection.keep_projecting, heartbeat.keep_beating),
    )


def open_app(home: Home, edge: Edge) -> FastAPI:
    """Return the replica's application; it serves counts and probes only if their tokens are set."""
    settings = home.settings
    tokens = read_tokens(settings.counts_tokens.get_secret_value(), cafes=home.cafes())
    return create_app(
        edge,
        counts=CountsService(home, tokens, clock=edge.clock.now) if tokens else None,
        probes=ProbeService(home, clock=edge.clock.now) if settings.probe_token.get_secret_value() else None,
    )


def record_silence(home: Home, *, event_log: AppendLog) -> None:
    """Record the period in which no replica of this home was alive before this one."""
    replica, now = home.settings.replica, datetime.now(UTC)
    last = Heartbeat(home.root / HEARTBEAT_FOLDER, replica=replica).last()
    events = list(silence_events(last, now=now, cafes=home.cafes().ids, edge=replica, simulated=home.kind == "demo"))
    if events:
        event_log.append(events)
        log.warning("no replica was alive since the last heartbeat", since=str(last))


def open_recogniser(home: Home) -> Recogniser | None:
    """Return the recogniser on the chosen weights, as `pilot models status` shows them; None on failure."""
    settings = home.settings
    try:
        chosen = [choose_weights(settings, home.root / WEIGHTS_FOLDER, language) for language in LANGUAGES]
        for one in chosen:
            if one.fault:
                log.error("weights left aside", language=one.language, what=one.fault, instead=one.name)
        return Recogniser(
            weights={one.language: one.folder for one in chosen},
            qualified=frozenset(one.language for one in chosen if one.qualified),
            threads=settings.recogniser_threads,
        )
    except PilotError as error:
        log.error("no recogniser: customers write", kind=type(error).__name__, what=error.what)
        return None


def warm_up(edge: Edge, recogniser: Recogniser | None, warm: threading.Event) -> None:
    """Load the weights of the models; customers can write meanwhile."""
    try:
        warm_words(edge)
        if recogniser is not None:
            recogniser.start()
            recogniser.warm()
            log.info("recogniser warm")
    except PilotError as error:
        log.error("recogniser not warm: customers write", kind=type(error).__name__, what=error.what)
    finally:
        warm.set()


def listening_socket(host: str, port: int) -> socket.socket:
    """Return the socket that guests reach; further replicas on this machine may share its port.

    Raises:
        PilotError: another program has the port, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=True)
    except OSError as error:
        raise PilotError(
            f"Port {port} on {host} cannot be used: {(error.strerror or 'unknown').lower()}.",
            remedy="End what uses it, or set PILOT_EDGE_PORT and PILOT_EDGE_HOST.",
        ) from None


def run(settings: Settings) -> None:
    """Serve until a signal stops the process."""
    home = open_existing_home(settings)
    sockets = socket_limits(raise_files_limit())
    limits = Limits(open_sessions=min(Limits().open_sessions, sockets.sessions))
    recogniser = open_recogniser(home)
    warm = threading.Event()
    with home.append_log(settings.replica) as event_log:
        record_silence(home, event_log=event_log)
        edge = open_edge(home, event_log=event_log, recogniser=recogniser, warm=warm, limits=limits)
        threading.Thread(target=warm_up, args=(edge, recogniser, warm), name="warming up", daemon=True).start()
        server = edge_server(
            open_app(home, edge), edge=edge, host=settings.edge_host, port=settings.edge_port, sockets=sockets
        )
        serve_metrics(settings, edge.metrics.registry, with_process=False)
        log.info("edge starts", address=f"http://{settings.edge_host}:{settings.edge_port}")
        server.run(sockets=[listening_socket(settings.edge_host, settings.edge_port)])
    log.info("edge stopped")


def main() -> int:
    """Run the replica; return the exit code."""
    try:
        settings = read_settings(os.environ)
        configure_logs(level=settings.log_level, replica=settings.replica)
        run(settings)
    except PilotError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    return 0


def leave(code: int) -> NoReturn:
    """Exit at once: everything durable is on the disk by now.

    The recogniser's native threads may be in the middle of a clip or still loading. Waiting for them could exceed the
    supervisor's deadline, and finalizing the interpreter while they run aborts the process.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
