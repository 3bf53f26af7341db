"""From an order to figures: finds the code, the speech and the edge's process, makes the load, reads the landing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.system import RUN_FOLDER
from pilot.cafes import Language
from proving.load.errors import LoadRefused
from proving.load.figures import figures
from proving.load.guest import Manner
from proving.load.making import Load, Plan, make_load
from proving.load.marks import Landed, landed
from proving.load.utterances import Utterance, default_utterances, is_human, read_folder
from proving.load.watching import edge_process
from storage.home import Home
from storage.store.cafes import codes

UTTERANCES = 60


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What somebody asks for.

    Attributes:
        cafe: The café's id.
        guests: How many talk at once.
        seconds: For how long conversations are begun.
        url: The edge's address, empty for the pilot's own.
        code: A code that opens the page there, empty for one of the home's.
        language: The language that is spoken.
        clips: A folder of recordings, None for those of this machine.
        seed: Decides every order and pause.
    """

    cafe: str
    guests: int
    seconds: float
    url: str = ""
    code: str = ""
    language: Language = "en"
    clips: Path | None = None
    seed: int = 1


async def run_load(home: Home, order: LoadOrder, *, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Make the load that was ordered and return its figures.

    Raises:
        LoadRefused: there is no code, or nothing to say.
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
    load = await make_load(plan, edge_pid=pid, tell=tell)
    return {**figures(load, await landed_of(home, load)), "voice": voice}


async def landed_of(home: Home, load: Load) -> Landed | None:
    """Return what the home's landing holds of the load; None where it holds nothing: the edge is another's."""
    sessions = {each.session_id for each in load.conversations if each.session_id}
    if not sessions:
        return None
    found = await landed(home, sessions)
    return found if found.events else None


def _utterances(order: LoadOrder) -> tuple[list[Utterance], str]:
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
