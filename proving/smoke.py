"""Sends one simulated session through every café: scan, talk, score, reward."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from operations.checks.finding import Finding, judged
from pilot.cafes import Language
from pilot.errors import PilotError
from pilot.events import Mode
from proving.journey.errors import JourneyFailed
from proving.journey.stages import Stages
from proving.journey.travel import travel
from storage.home import Home
from storage.store.rewards import decisions

LIMIT_SECONDS = 120.0
POLL_SECONDS = 0.5
REQUIRED = f"scan, talk, score and reward within {LIMIT_SECONDS:g} s"


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """The result of one café.

    Attributes:
        finding: Whether every stage was reached in time.
        stages: The reached stages, with seconds.
    """

    finding: Finding
    stages: tuple[tuple[str, float], ...]


async def smoke(home: Home, *, cafes: tuple[str, ...], mode: Mode, language: Language) -> list[SmokeResult]:
    """Send a session through each café at once; a stage that is not reached is a finding."""
    return list(await asyncio.gather(*(_one(home, cafe, mode=mode, language=language) for cafe in cafes)))


async def _one(home: Home, cafe: str, *, mode: Mode, language: Language) -> SmokeResult:
    stages = Stages()
    remedy = "`pilot logs --since 10m`, and `pilot health`."
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            journey = await travel(home, cafe_id=cafe, language=language, mode=mode, stages=stages)
            outcome = await _reward(home, journey.talk.session_id)
            stages.reach("reward decided", note=outcome)
    except TimeoutError:
        last = stages.reached[-1].name if stages.reached else "nothing"
        found = f"not over after {LIMIT_SECONDS:g} s; last reached: {last}"
        finding = judged(cafe, ok=False, found=found, required=REQUIRED, remedy=remedy)
    except PilotError as error:
        finding = judged(cafe, ok=False, found=error.what, required=REQUIRED, remedy=error.remedy)
    else:
        took = stages.reached[-1].at_seconds
        found = f"score {journey.scored.score}, reward {outcome}, {took:.1f} s"
        finding = judged(cafe, ok=True, found=found, required=REQUIRED)
    return SmokeResult(finding, tuple((stage.name, round(stage.at_seconds, 2)) for stage in stages.reached))


async def _reward(home: Home, session_id: str) -> str:
    """Wait for the decision on the session's reward; return its outcome.

    Raises:
        JourneyFailed: it was not decided in time.
    """
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        found = await asyncio.to_thread(decisions.find, home.store(), session_id)
        if found is not None:
            return found.outcome if found.outcome == "eligible" else f"{found.outcome} ({found.reason})"
        await asyncio.sleep(POLL_SECONDS)
    raise JourneyFailed("The reward was not decided.", remedy="See `pilot logs --service watch`.")
