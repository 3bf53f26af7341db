"""`pilot bench`: benchmarks of the pilot on this machine."""

from __future__ import annotations

import importlib
import sys
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

from cli.context import AS_JSON, print_json
from pilot.errors import PilotError

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

CHECKOUT = Path(__file__).resolve().parents[3]


class BenchmarksMissing(PilotError):
    """The package `benchmarks` is not importable: only a checkout has it."""


class _Interviewer(StrEnum):
    scripted = "scripted"
    ollama = "ollama"


@app.callback()
def bench() -> None:
    """Measure the voice edge, the recogniser and scoring, each in its own process and home.

    Close other programs: the figures depend on the machine's load. Clips are a folder of WAV files with transcripts
    in .txt files; `python -m benchmarks.voice.voice_clips FOLDER` makes one.

    Example: pilot bench voice --sessions 6 --json
    """


@app.command()
def voice(
    clips: Path | None = typer.Option(None, help="Folder of WAV and .txt; by default made from this machine's speech."),
    sessions: int = typer.Option(6, min=1, max=200, help="Number of guests at once."),
    duration: str = typer.Option("300s", help="Duration: 300s, 5m or a number of seconds."),
    seed: int = typer.Option(1, help="Seed of the guests' words and pauses."),
    interviewer: _Interviewer = typer.Option(_Interviewer.scripted, help="The author of the follow-up questions."),
    ollama_url: str = typer.Option("", help="Address of an Ollama; by default a stand-in for one."),
    ollama_model: str = typer.Option("", help="The model's name there."),
    first_token_ms: float = typer.Option(150.0, help="Delay of the stand-in's first token."),
    as_json: bool = AS_JSON,
) -> None:
    """Measure the time from the end of speech to the first words, by stage, with concurrent guests.

    Example: pilot bench voice --clips clips --sessions 6
    """
    from cli.durations import seconds

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
    repeat: int = typer.Option(1, min=1, help="Number of times that each clip is recognised."),
    as_json: bool = AS_JSON,
) -> None:
    """Measure seconds a clip and word error, beside `WhisperModel.transcribe` on the same clips."""
    _print(_benchmark("voice.recogniser").run(clips=clips, repeat=repeat), as_json=as_json)


@app.command()
def scoring(
    rows: int = typer.Option(100_000, min=1, help="Number of sessions."),
    as_json: bool = AS_JSON,
) -> None:
    """Measure the number of sessions scored per second."""
    _print(_benchmark("feedback.scoring_speed").run(rows=rows), as_json=as_json)


@app.command()
def lake(
    sessions: int = typer.Option(1_000_000, min=1, help="Visits a day."),
    days: int = typer.Option(1, min=1, max=366, help="Number of days, built one after another in one lake."),
    cafes: int | None = typer.Option(None, min=1, help="Number of cafés; by default one for each hundred visits."),
    folder: Path | None = typer.Option(None, help="The folder for the days; by default a temporary one."),
    as_json: bool = AS_JSON,
) -> None:
    """Measure seconds and memory from raw events to KPIs, by stage.

    DuckDB computes the same figures in SQL beside it; they must be equal.

    Example: pilot bench lake --sessions 100000 --days 30 --json
    """
    found = _benchmark("platform.lake").run(sessions=sessions, days=days, cafes=cafes, folder=folder)
    _print(found, as_json=as_json)


@app.command()
def intervals(
    pilots: int = typer.Option(1000, min=1, help="Number of simulated pilots."),
    days: int = typer.Option(30, min=2, help="Length of each pilot in days."),
    as_json: bool = AS_JSON,
) -> None:
    """Measure the coverage of intervals over days, if cafés and days differ."""
    _print(_benchmark("platform.interval_coverage").run(pilots=pilots, days=days), as_json=as_json)


@app.command()
def volume(
    pilots: int = typer.Option(100, min=1, help="Number of simulated pilots."),
    days: int = typer.Option(45, min=2, help="Length of each pilot in days."),
    as_json: bool = AS_JSON,
) -> None:
    """Measure false alarms about feedback volume, and the delay of true ones, on simulated cafés."""
    _print(_benchmark("platform.volume_alarms").run(pilots=pilots, days=days), as_json=as_json)


def _benchmark(name: str) -> ModuleType:
    """Import a benchmark, from the checkout if the package is not installed."""
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
