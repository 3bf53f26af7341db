"""`pilot journey`: sends one test session through the whole pilot."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console

from cli.context import AS_JSON, home, print_json
from proving.journey.stages import Stage, Stages
from proving.journey.travel import Journey, travel

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class _Mode(StrEnum):
    voice = "voice"
    text = "text"


class _Language(StrEnum):
    sv = "sv"
    en = "en"


@app.command()
def journey(
    cafe: str = typer.Argument(help="The café's id, for example aurora."),
    mode: _Mode = typer.Option(_Mode.voice, help="Talk or write."),
    language: _Language = typer.Option(_Language.sv, help="The guest's language."),
    browser: bool = typer.Option(False, "--browser", help="Use the page itself, in a real Chromium."),
    pictures: Path | None = typer.Option(None, help="With --browser: a folder for screenshots."),
    wait: float = typer.Option(120.0, "--wait", min=1, help="Seconds to wait for each figure, on a busy machine."),
    as_json: bool = AS_JSON,
) -> None:
    """Send one simulated session from the page to the pilot's figures: talk, receipt, score, KPIs.

    Talks in real time with packaged speech. An answer that is not understood is repeated once and then typed, as by a
    person; it must not be scored. With --browser a Chromium drives the page, with the packaged speech as its
    microphone. Exit code 0 only if every stage was reached.

    Example: pilot journey aurora --language en
    """
    console = Console(highlight=False)
    stages = Stages(on_reach=(lambda stage: None) if as_json else (lambda stage: _show(console, stage)))
    if browser and mode is not _Mode.voice:
        raise typer.BadParameter("--browser talks; it does not write.")
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    result = asyncio.run(
        travel(
            home(),
            cafe_id=cafe,
            language=language.value,
            mode=mode.value,
            stages=stages,
            browser=browser,
            pictures=pictures,
            arrival_seconds=wait,
        )
    )
    if as_json:
        print_json({"stages": [asdict(stage) for stage in stages.reached], **asdict(result)})
    else:
        _conclude(console, result)


def _show(console: Console, stage: Stage) -> None:
    console.print(
        f"{stage.at_seconds:7.2f} s  {stage.took_seconds:+6.2f}  {stage.name:<34}{stage.note}",
        markup=False,
        soft_wrap=True,
    )


def _conclude(console: Console, result: Journey) -> None:
    spoken = [turn.response_ms for turn in result.talk.turns if turn.response_ms is not None]
    if spoken:
        console.print(
            f"\nFirst words after the last voiced sample: {', '.join(f'{ms / 1000:.2f} s' for ms in spoken)} (goal 2 s)"
        )
    if result.talk.typed_instead:
        console.print("The speech was not understood; it was repeated, then typed, and was not scored.")
    used = "" if result.processor_seconds is None else f", {result.processor_seconds:.1f} CPU seconds"
    console.print(f"From sent to the pilot's figures: {result.page_seconds:.1f} s{used} (goals 60 s, 12 CPU seconds)")
    console.print(f"Score {result.scored.score}, reward {result.reward}, simulated. The journey is complete.")
