"""Runs a load test from the request to its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.system import RUN_FOLDER
from pilot.cafes import Language
from proving.load.errors import LoadRefused
from proving.load.figures import load_figures
from proving.load.guest import Manner
from proving.load.making import Load, Plan, generate_load
from proving.load.marks import LandedSessions, wait_until_landed
from proving.load.utterances import Utterance, default_utterances, is_human, read_folder
from proving.load.watching import edge_process
from storage.home import Home
from storage.store.cafes import codes

UTTERANCES = 60


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """The parameters of a load test.

    Attributes:
        cafe: The café's id.
        guests: The number of simultaneous guests.
        seconds: The time in which conversations start.
        url: The edge's address; empty for this pilot's own.
        code: A code of that edge; empty for one of this home's.
        language: The spoken language.
        clips: A folder of recordings; None for this machine's own.
        seed: The seed of every order and pause.
    """

    cafe: str
    guests: int
    seconds: float
    url: str = ""
    code: str = ""
    language: Language = "en"
    clips: Path | None = None
    seed: int = 1


async def run_load(home: Home, order: LoadRequest, *, report: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Run a load test and return its figures.

    Raises:
        LoadRefused: there is no code, or no speech.
        PilotError: the home cannot be used.
    """
    code = order.code or _code(home, order.cafe)
    utterances, voice = _utterances(order)
    own = not order.url
    url = (order.url or home.settings.public_url).rstrip("/")
    plan = Plan(
        url=url,
        code=code,
        guests=order.guests,
        seconds=order.seconds,
        utterances=utterances,
        seed=order.seed,
        manner=Manner(language=order.language),
    )
    pid = edge_process(url, run_folder=home.root / RUN_FOLDER if own else None)
    load = await generate_load(plan, edge_pid=pid, report=report)
    return {**load_figures(load, await landed_sessions(home, load)), "voice": voice}


async def landed_sessions(home: Home, load: Load) -> LandedSessions | None:
    """Return the load's sessions in this home's landing; None if there are none."""
    sessions = {each.session_id for each in load.conversations if each.session_id}
    if not sessions:
        return None
    found = await wait_until_landed(home, sessions)
    return found if found.events else None


def _utterances(order: LoadRequest) -> tuple[list[Utterance], str]:
    if order.clips is not None:
        return read_folder(order.clips), f"the folder {order.clips.name}"
    human = (
        "human, Debian's Asterisk prompts" if is_human(order.language) else "synthetic, the journey's packaged lines"
    )
    return default_utterances(order.language, count=UTTERANCES, seed=order.seed), human


def _code(home: Home, cafe_id: str) -> str:
    cafe = home.cafes().get(cafe_id)
    code = next((each.code for each in codes.active(home.store()) if each.cafe == cafe.id), None)
    if code is None:
        raise LoadRefused(f"{cafe.name} has no code.", remedy="`pilot seed` gives it one.")
    return code
