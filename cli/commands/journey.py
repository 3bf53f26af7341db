"""`pilot journey`: one test session end to end."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console

from cli.context import home, print_json
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
    language: _Language = typer.Option(_Language.sv, help="The language that is spoken."),
    browser: bool = typer.Option(False, "--browser", help="By the page itself, in a real Chromium."),
    pictures: Path | None = typer.Option(None, help="With --browser: a folder for pictures of its screens."),
    as_json: bool = typer.Option(False, "--json", help="For a machine."),
) -> None:
    """Send one simulated session all the way: page, talk, receipt, score, the pilot's figures.

    Exit code 0 only if all of it happened. Talks in real time with packaged speech. Where it is not understood, it is
    said once more and then typed, as a person would; what was not understood must not be scored. With --browser the
    page itself makes it, in a Chromium whose microphone hears the packaged speech.

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
        console.print("The speech was not understood; it was asked again, then typed. Nothing of it was scored.")
    used = "" if result.processor_seconds is None else f", {result.processor_seconds:.1f} CPU seconds"
    console.print(f"From sent to the pilot's figures: {result.page_seconds:.1f} s{used} (goals 60 s, 12 CPU seconds)")
    console.print(f"Score {result.scored.score}, simulated. The whole journey was made.")
