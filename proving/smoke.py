"""Sends one simulated session through every café: scan, talk, score, reward."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from operations.checks.finding import Finding, judged
from pilot.cafes import Language
from pilot.errors import PilotError
from pilot.events import Mode
from proving.journey.stages import Stages
from proving.journey.travel import travel
from storage.home import Home

LIMIT_SECONDS = 120.0
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
    except TimeoutError:
        last = stages.reached[-1].name if stages.reached else "nothing"
        found = f"not over after {LIMIT_SECONDS:g} s; last reached: {last}"
        finding = judged(cafe, ok=False, found=found, required=REQUIRED, remedy=remedy)
    except PilotError as error:
        finding = judged(cafe, ok=False, found=error.what, required=REQUIRED, remedy=error.remedy)
    else:
        took = stages.reached[-1].at_seconds
        found = f"score {journey.scored.score}, reward {journey.reward}, {took:.1f} s"
        finding = judged(cafe, ok=True, found=found, required=REQUIRED)
    return SmokeResult(finding, tuple((stage.name, round(stage.at_seconds, 2)) for stage in stages.reached))
