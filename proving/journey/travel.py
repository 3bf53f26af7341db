"""Makes one journey through the running pilot, and verifies every stage."""

from __future__ import annotations

import asyncio
import html
from dataclasses import dataclass
from pathlib import Path

import httpx

from operations.system import RUN_FOLDER
from pilot.business_days import session_day
from pilot.cafes import Cafe, Language
from pilot.events import Mode
from proving.journey.arrival import (
    ARRIVAL_SECONDS,
    CompletionFigures,
    ScoredRow,
    completion_figures,
    wait_until_counted,
    wait_until_decided,
    wait_until_scored,
)
from proving.journey.browser import talk_in_browser
from proving.journey.connection import connected
from proving.journey.errors import JourneyFailed
from proving.journey.processor_seconds import processor_seconds
from proving.journey.stages import Stages
from proving.journey.talk import Customer, TalkResult
from storage.home import Home
from storage.store.cafes import codes

HTTP_SECONDS = 30.0
OK_STATUS = 200


@dataclass(frozen=True, slots=True)
class Journey:
    """A completed journey.

    Attributes:
        cafe: The café's id.
        talk: The result of the talk.
        scored: The session's row in `scored_feedback`.
        counted: The café's completion figures, this session included.
        page_seconds: Seconds from `completed` to the figures.
        reward: The outcome of the decision on its reward.
        processor_seconds: CPU seconds of the pilot's processes in that time; None if no supervisor runs here.
    """

    cafe: str
    talk: TalkResult
    scored: ScoredRow
    counted: CompletionFigures
    page_seconds: float
    reward: str
    processor_seconds: float | None


async def travel(
    home: Home,
    *,
    cafe_id: str,
    language: Language,
    mode: Mode,
    stages: Stages,
    browser: bool = False,
    pictures: Path | None = None,
    arrival_seconds: float = ARRIVAL_SECONDS,
) -> Journey:
    """Send one simulated session from the customer's page to the manager's figures.

    Args:
        home: The running pilot's home.
        cafe_id: The café.
        language: The spoken language.
        mode: voice or text.
        stages: Where reached stages are recorded.
        browser: Whether to use the page in a real browser instead of the journey's own client.
        pictures: A folder for the browser's screenshots.
        arrival_seconds: Deadline of each step from the landing to the manager's figures.

    Raises:
        JourneyFailed: a stage was not reached, or had a wrong result.
        PilotError: the café, its code or the home cannot be used.
    """
    cafe = home.cafes().get(cafe_id)
    code = next((code.code for code in codes.active(home.store()) if code.cafe == cafe.id), None)
    if code is None:
        raise JourneyFailed(f"{cafe.name} has no code.", remedy="`pilot seed` gives it one.")
    public, lake = home.settings.public_url, home.lake()
    await asyncio.to_thread(_open_page, f"{public}/c/{code}?simulated=1", cafe)
    stages.reach("opened the customer's page", note=f"{public}/c/{code}")
    if browser:
        address = f"{public}/c/{code}?simulated=1"
        talk = await talk_in_browser(address, language=language, stages=stages, pictures=pictures)
    else:
        async with connected(public) as connection:
            talk = await Customer(connection, code=code, language=language, mode=mode, stages=stages).hold()
    sent_at = stages.reached[-1].at_seconds
    before = await asyncio.to_thread(completion_figures, lake, cafe=cafe.id, day=session_day(talk.session_id))
    used_before = processor_seconds(home.root / RUN_FOLDER)
    await asyncio.to_thread(_open_receipt, public + talk.receipt, talk.reference)
    stages.reach("opened the receipt")
    scored = await wait_until_scored(lake, session_id=talk.session_id, stages=stages, wait_seconds=arrival_seconds)
    now = await wait_until_counted(
        lake,
        session_id=talk.session_id,
        cafe=cafe.id,
        before=before,
        stages=stages,
        wait_seconds=arrival_seconds,
    )
    counted_at = stages.reached[-1].at_seconds
    reward = await wait_until_decided(
        home.store(), session_id=talk.session_id, stages=stages, wait_seconds=arrival_seconds
    )
    used_after = processor_seconds(home.root / RUN_FOLDER)
    judge(talk, scored)
    return Journey(
        cafe=cafe.id,
        talk=talk,
        scored=scored,
        counted=now,
        page_seconds=counted_at - sent_at,
        reward=reward,
        processor_seconds=None if used_before is None or used_after is None else used_after - used_before,
    )


def judge(talk: TalkResult, scored: ScoredRow) -> None:
    """Verify that exactly the understood turns are scored.

    Raises:
        JourneyFailed: a turn of low confidence was scored, or an understood one left out.
    """
    said = [turn for turn in talk.turns if turn.purpose != "no_speech"]
    understood = sum(not turn.low_confidence for turn in said)
    unsure = len(said) - understood
    if (scored.turns_scored, scored.turns_left_out) != (understood, unsure):
        raise JourneyFailed(
            f"{understood} turns were understood and {unsure} were too unsure, but {scored.turns_scored} were scored "
            f"and {scored.turns_left_out} left out.",
            remedy="Compare the session's rows in turns and scored_feedback.",
        )
    if not understood:
        raise JourneyFailed("Nothing that was said counts.", remedy="See the session's rows in turns.")


def _open_page(url: str, cafe: Cafe) -> None:
    text = _get(url, what="customer's page")
    if cafe.name not in html.unescape(text):
        raise JourneyFailed(f"The page at {url} does not name {cafe.name}.", remedy="Is another program on that port?")


def _open_receipt(url: str, reference: str) -> None:
    text = _get(url, what="receipt")
    if reference not in html.unescape(text).replace(" ", ""):
        raise JourneyFailed("The receipt does not show its reference.", remedy="See .logs/edge.log.")


def _get(url: str, *, what: str) -> str:
    try:
        answer = httpx.get(url, timeout=HTTP_SECONDS, follow_redirects=True)
    except httpx.HTTPError as error:
        raise JourneyFailed(
            f"The {what} does not answer ({type(error).__name__}).", remedy="See `pilot health`; is `pilot run` up?"
        ) from None
    if answer.status_code != OK_STATUS:
        raise JourneyFailed(
            f"The {what} answers with status {answer.status_code}.", remedy="See `pilot health` and .logs/edge.log."
        )
    return answer.text
