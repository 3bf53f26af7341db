"""`pilot load-test`: simulates several guests at once on a running edge."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import StrEnum

import typer
from rich.console import Console

from cli.context import AS_JSON, home, print_json, print_stderr
from cli.durations import seconds

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

EXIT_FAILURES = 1


class _Language(StrEnum):
    sv = "sv"
    en = "en"


@app.command()
def load_test(
    concurrent: int = typer.Option(10, min=1, max=200, help="Number of guests at once."),
    duration: str = typer.Option("300s", help="Duration: 300s, 5m or a number of seconds."),
    cafe: str = typer.Option("aurora", help="The café's id."),
    url: str = typer.Option("", help="The edge's address; by default the pilot's own."),
    code: str = typer.Option("", help="A code that opens the page there; by default one of this home's."),
    language: _Language = typer.Option(_Language.en, help="The guests' language."),
    clips: str = typer.Option("", help="A folder of WAV files and .txt transcripts, to play instead."),
    now: bool = typer.Option(False, "--now", help="Also in a café's peak hours; needs --reason."),
    reason: str = typer.Option("", "--reason", help="Why it cannot wait until the peak is over."),
    seed: int = typer.Option(1, help="Seed of the guests' words and pauses."),
    as_json: bool = AS_JSON,
) -> None:
    """Simulate several guests at once on a running edge, in real time, and measure every response time.

    Each guest speaks for 4 to 12 s, with pauses, thinks for 3 to 8 s, and sends the feedback; then another guest
    begins. Failures are those that a guest would notice: busy, an error, a close, a timeout, a missing answer. Exit
    code 1 if there was one.

    Example: pilot load-test --concurrent 6 --duration 5m
    """
    from pathlib import Path

    from operations.load_records import record_load_test
    from operations.peak_hours import refuse_in_peaks
    from operations.system import RUN_FOLDER
    from proving.load.running import LoadRequest, run_load
    from proving.load.showing import show
    from voice_edge.doors.entrance import is_trial_address

    order = LoadRequest(
        cafe=cafe,
        guests=concurrent,
        seconds=seconds(duration),
        url=url,
        code=code,
        language=language.value,
        clips=Path(clips) if clips else None,
        seed=seed,
    )
    opened = home()
    if opened.kind == "real" and not is_trial_address(url or opened.settings.public_url):
        refuse_in_peaks(opened.cafes(), now=datetime.now(UTC), reason=reason if now else "")
    found = asyncio.run(run_load(opened, order, report=print_stderr))
    if not url:
        record_load_test(opened.root / RUN_FOLDER, found)  # The capacity plan uses loads of this home's edge.
    if as_json:
        print_json(found)
    else:
        show(Console(highlight=False, soft_wrap=True), found)
    if found["failures"] or found["response_ms"] is None:
        raise typer.Exit(EXIT_FAILURES)
