"""`pilot bench`: figures that a quiet machine is measured by."""

from __future__ import annotations

import importlib
import sys
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

from cli.context import print_json
from pilot.errors import PilotError

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

CHECKOUT = Path(__file__).resolve().parents[2]


class BenchmarksMissing(PilotError):
    """The benchmarks lie in the checkout, beside the installed rooms."""


class _Interviewer(StrEnum):
    scripted = "scripted"
    ollama = "ollama"


@app.callback()
def bench() -> None:
    """Measure the voice edge, the recogniser, scoring: each on a process and a home of its own.

    Close what else runs: these figures are of the machine as much as of the pilot. The clips are a folder of WAV files
    with their words in .txt files; `python -m benchmarks.voice.voice_clips FOLDER` makes one.

    Example: pilot bench voice --sessions 6 --json
    """


@app.command()
def voice(
    clips: Path | None = typer.Option(None, help="Folder of WAV and .txt; by default made from this machine's speech."),
    sessions: int = typer.Option(6, min=1, max=200, help="How many guests talk at once."),
    duration: str = typer.Option("300s", help="For how long: 300s, 5m or a number of seconds."),
    seed: int = typer.Option(1, help="Decides who says what and when."),
    interviewer: _Interviewer = typer.Option(_Interviewer.scripted, help="Who asks the follow-up questions."),
    ollama_url: str = typer.Option("", help="A model of your own; by default a stand-in for one."),
    ollama_model: str = typer.Option("", help="Its name there."),
    first_token_ms: float = typer.Option(150.0, help="When the stand-in's first token comes."),
    as_json: bool = typer.Option(False, "--json", help="For a machine."),
) -> None:
    """First words after the end of speech, by stage, with several guests at once on an edge of its own.

    Example: pilot bench voice --clips clips --sessions 6
    """
    from cli.commands.load_test import seconds

    found = _benchmark("voice.first_words").run(
        clips=clips,
        sessions=sessions,
        seconds=seconds(duration),
        seed=seed,
        interviewer=interviewer.value,
        ollama_url=ollama_url,
        model=ollama_model,
        first_token_ms=first_token_ms,
    )
    if as_json:
        print_json(found)
        return
    from rich.console import Console

    from proving.load.showing import show

    show(Console(highlight=False, soft_wrap=True), found)


@app.command()
def recogniser(
    clips: Path = typer.Option(..., help="Folder of WAV files and .txt transcripts."),
    repeat: int = typer.Option(1, min=1, help="How often each clip is heard."),
    as_json: bool = typer.Option(False, "--json", help="For a machine."),
) -> None:
    """Seconds a clip and word error, beside `WhisperModel.transcribe` on the same clips in the same run."""
    _print(_benchmark("voice.recogniser").run(clips=clips, repeat=repeat), as_json=as_json)


@app.command()
def scoring(
    rows: int = typer.Option(100_000, min=1, help="How many sessions are scored."),
    as_json: bool = typer.Option(False, "--json", help="For a machine."),
) -> None:
    """Sessions scored in a second."""
    _print(_benchmark("feedback.scoring_speed").run(rows=rows), as_json=as_json)


@app.command()
def lake(
    sessions: int = typer.Option(1_000_000, min=1, help="Visits a day."),
    days: int = typer.Option(1, min=1, max=366, help="Days, one after another, into one lake."),
    cafes: int | None = typer.Option(None, min=1, help="How many cafés; by default one for each hundred visits."),
    folder: Path | None = typer.Option(None, help="Where the days are made; by default a temporary folder."),
    as_json: bool = typer.Option(False, "--json", help="For a machine."),
) -> None:
    """Raw events to sessions, turns and KPIs: seconds and memory by stage, beside DuckDB SQL that must say the same.

    Example: pilot bench lake --sessions 100000 --days 30 --json
    """
    found = _benchmark("platform.lake").run(sessions=sessions, days=days, cafes=cafes, folder=folder)
    _print(found, as_json=as_json)


@app.command()
def intervals(
    pilots: int = typer.Option(1000, min=1, help="How many pilots are simulated."),
    days: int = typer.Option(30, min=2, help="How long each takes."),
    as_json: bool = typer.Option(False, "--json", help="For a machine."),
) -> None:
    """How often the intervals of figures over days hold the truth, with cafés and days that differ."""
    _print(_benchmark("platform.interval_coverage").run(pilots=pilots, days=days), as_json=as_json)


@app.command()
def volume(
    pilots: int = typer.Option(100, min=1, help="How many pilots are simulated."),
    days: int = typer.Option(45, min=2, help="How long each takes."),
    as_json: bool = typer.Option(False, "--json", help="For a machine."),
) -> None:
    """False alarms about feedback volume, and which troubles are found how soon, on simulated cafés."""
    _print(_benchmark("platform.volume_alarms").run(pilots=pilots, days=days), as_json=as_json)


def _benchmark(name: str) -> ModuleType:
    """Import a benchmark; from the checkout, where the package is not among the installed rooms."""
    if (CHECKOUT / "benchmarks").is_dir() and str(CHECKOUT) not in sys.path:
        sys.path.append(str(CHECKOUT))
    try:
        return importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        raise BenchmarksMissing(
            f"There is no benchmark {name!r} here ({error.name} is missing).",
            remedy="The benchmarks are part of the checkout: use its environment, made by `make run`.",
        ) from None


def _print(found: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        typer.echo(f"{name}: {value}")
