"""`pilot models`: fetches, checks and qualifies the recogniser's weights."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import typer

from cli.context import AS_JSON, actor, home, print_json, print_stderr
from pilot.errors import PilotError
from storage.home import Home

if TYPE_CHECKING:
    from voice_edge.hearing.chosen_weights import ChosenWeights
    from voice_edge.hearing.pulled_weights import PulledWeights

WEIGHTS_FOLDER = ".weights"
EXIT_DAMAGED = 1
EXIT_NOT_GOOD_ENOUGH = 1
REPORT_EVERY_CLIPS = 10

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Fetch and check the recogniser's weights, and qualify them for scoring.",
)


class UnknownLanguage(PilotError):
    """The language is not one of the pilot's."""


class CannotMeasure(PilotError):
    """The recordings are missing, or the weights cannot be used."""


@app.command()
def status(as_json: bool = AS_JSON) -> None:
    """Show the weights of each language, their checksum, and whether they are qualified.

    Exit code 1 if the configured weights of a language cannot be used.

    Example: pilot models status
    """
    from voice_edge.hearing.chosen_weights import LANGUAGES, choose_weights

    opened = home()
    chosen = [choose_weights(opened.settings, opened.root / WEIGHTS_FOLDER, language) for language in LANGUAGES]
    if as_json:
        print_json([_as_json(one) for one in chosen])
    else:
        for one in chosen:
            typer.echo(f"{one.language}  {one.name} ({one.source}), checksum {one.sha256[:12]} ok  {one.folder}")
            typer.echo(f"    {'qualified' if one.qualified else 'NOT QUALIFIED'}: {one.why}")
            if one.fault:
                typer.echo(f"    NOT USED: {one.fault}")
            if one.remedy:
                typer.echo(f"    {one.remedy}")
    if any(one.fault for one in chosen):
        raise typer.Exit(EXIT_DAMAGED)


@app.command()
def pull(
    folder: Path | None = typer.Option(None, "--from", help="Copy them from this folder instead of the model hub."),
    hub: str = typer.Option("", "--hub", help="Another address that serves the same files, such as a mirror."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only list the files."),
) -> None:
    """Fetch, check and install weights for Swedish (KBLab/kb-whisper-base, 150 MB).

    Resumes an earlier attempt. The edge uses them after its next start.

    Example: pilot models pull --from /media/usb/kb-whisper-base
    """
    from voice_edge.hearing.published_models import HUB, KB_WHISPER_BASE

    model, address = KB_WHISPER_BASE, hub or HUB
    if dry_run:
        for file in model.files:
            typer.echo(f"{file.size:>12}  {folder / file.name if folder else model.url(file, hub=address)}")
        return
    opened = home()
    weights = opened.root / WEIGHTS_FOLDER
    if folder is not None:
        from voice_edge.hearing.pulled_weights import copy

        done = copy(model, folder, weights, at=datetime.now(UTC))
    else:
        print_stderr(f"Fetching {model.name} at {model.revision[:12]}, {model.size // 10**6} MB ...")
        done = _fetch(weights, hub=address)
    typer.echo(_pulled(done))
    typer.echo("These weights are not qualified yet: see `pilot models status`. Restart the edge to use them.")


@app.command()
def qualify(
    language: str = typer.Argument(help="sv or en."),
    clips: Path | None = typer.Option(None, "--clips", help="Folder of .wav recordings and .txt transcripts."),
    withdraw: bool = typer.Option(False, "--withdraw", help="Withdraw the qualification."),
    as_json: bool = AS_JSON,
) -> None:
    """Measure a language's weights on recordings and save the result; speech is scored only if they pass.

    It needs 30 recordings with 300 words, preferably by several people in the café itself. Weights pass with a word
    error of at most 15 %, and at most 20 % at the upper end of the 95 % interval. Exit code 1 if they do not pass.

    Example: pilot models qualify sv --clips recordings/
    """
    from voice_edge.hearing.qualification import withdraw_qualification

    known = _language(language)
    opened = home()
    weights = opened.root / WEIGHTS_FOLDER
    if withdraw:
        withdrawn = withdraw_qualification(weights, known)
        typer.echo(f"{known}: the qualification is withdrawn." if withdrawn else f"{known}: there is no qualification.")
        return
    if clips is None:
        raise CannotMeasure("No recordings are given.", remedy="Name their folder with --clips.")
    result = _measure(opened, weights, known, clips)
    if as_json:
        print_json({**result.model_dump(mode="json"), "passed": result.passed})
    else:
        typer.echo(
            f"{result.weights}, {result.clips} recordings, {result.words} words: {result.word_error:.1%} wrong "
            f"(95 % interval {result.low:.1%} to {result.high:.1%}), {result.runaways} runaways"
        )
        verdict = "QUALIFIED: speech is scored after the edge's next start." if result.passed else "NOT QUALIFIED."
        typer.echo(f"{known}: {verdict}")
    if not result.passed:
        raise typer.Exit(EXIT_NOT_GOOD_ENOUGH)


def _measure(opened: Home, weights: Path, language: Literal["sv", "en"], clips: Path) -> Any:
    from voice_edge.hearing.chosen_weights import choose_weights
    from voice_edge.hearing.clips import read_clips
    from voice_edge.hearing.errors import WeightsDamaged
    from voice_edge.hearing.qualification import measure, save_qualification
    from voice_edge.hearing.whisper import Whisper

    chosen = choose_weights(opened.settings, weights, language)
    if chosen.fault:
        raise CannotMeasure(f"The weights cannot be measured: {chosen.fault}.", remedy=chosen.remedy)
    recordings = list(read_clips(clips))
    try:
        decoder = Whisper(chosen.folder, threads=opened.settings.recogniser_threads)
    except Exception as error:
        raise WeightsDamaged(
            f"The weights in {chosen.folder} cannot be loaded ({type(error).__name__}).",
            remedy="They must be a Whisper model in CTranslate2's format.",
        ) from error
    result = measure(
        recordings,
        decoder=decoder,
        language=language,
        weights=chosen.name,
        sha256=chosen.sha256,
        by=actor(),
        at=datetime.now(UTC),
        after_each=lambda count: print_stderr(f"{count} recognised") if count % REPORT_EVERY_CLIPS == 0 else None,
    )
    save_qualification(result, weights)
    return result


def _fetch(weights: Path, *, hub: str) -> PulledWeights:
    import httpx

    from voice_edge.hearing.published_models import KB_WHISPER_BASE
    from voice_edge.hearing.pulled_weights import pull as fetch_weights

    with httpx.Client() as client:
        return fetch_weights(KB_WHISPER_BASE, weights, at=datetime.now(UTC), client=client, hub=hub)


def _pulled(done: PulledWeights) -> str:
    lines = [f"{name:<26}{file.size:>12}  sha256 {file.sha256}" for name, file in sorted(done.files.items())]
    published = "the publisher's checksum" if done.published else "your own, not the published weights"
    return "\n".join([*lines, f"{done.name} is installed for {done.language} ({published})."])


def _language(text: str) -> Literal["sv", "en"]:
    if text not in ("sv", "en"):
        raise UnknownLanguage(f"{text!r} is not a language of the pilot.", remedy="Give sv or en.")
    return cast(Literal["sv", "en"], text)


def _as_json(one: ChosenWeights) -> dict[str, Any]:
    return {
        "language": one.language,
        "weights": one.name,
        "source": one.source,
        "folder": str(one.folder),
        "sha256": one.sha256,
        "fault": one.fault,
        "qualified": one.qualified,
        "why": one.why,
        "remedy": one.remedy,
        "measured": one.measured.model_dump(mode="json") if one.measured else None,
    }
