"""Pre-flight checks of sizes: the memory of what would run, and how long the trial lasts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import psutil

from operations.checks.finding import Finding, judged
from pilot.cafes import Cafe, Cafes
from pilot.settings import Settings

MEBIBYTE = 2**20
# Resident memory after a round of `pilot smoke`, as `pilot health` shows it, rounded up.
SERVICE_MEBIBYTES: Mapping[str, int] = MappingProxyType(
    {
        "edge": 450,
        "code-server": 900,  # with the process of a run
        "webserver": 200,
        "daemon": 180,
        "entrance": 120,
        "dashboards": 450,
        "watch": 400,
    }
)
RECOGNISER_MEBIBYTES = 350  # of each parallel recognition
MODEL_MEBIBYTES: Mapping[str, int] = MappingProxyType({"llama3.2:1b": 1_900, "llama3.2": 3_400, "llama3.2:3b": 3_400})
SPARE = 0.85  # The alert of the memory is at 85 % used.


def memory(settings: Settings) -> Finding:
    """Compare the memory of everything that would run with the machine's."""
    needed = sum(SERVICE_MEBIBYTES.values()) + settings.recogniser_threads * RECOGNISER_MEBIBYTES
    parts = [
        f"services {sum(SERVICE_MEBIBYTES.values())}",
        f"recogniser {settings.recogniser_threads * RECOGNISER_MEBIBYTES}",
    ]
    if settings.interviewer != "scripted":
        model = MODEL_MEBIBYTES.get(settings.ollama_model, max(MODEL_MEBIBYTES.values()))
        needed += model
        parts.append(f"{settings.ollama_model} {model}")
    total = psutil.virtual_memory().total / MEBIBYTE
    return judged(
        "memory",
        ok=needed <= total * SPARE,
        found=f"{needed} MiB would run ({', '.join(parts)}) of {total:.0f} MiB",
        required=f"at most {SPARE:.0%} of the machine's",
        remedy="Choose a larger host or a smaller PILOT_OLLAMA_MODEL, or set PILOT_INTERVIEWER=scripted.",
    )


def trial(cafes: Cafes) -> Finding:
    """Show how many days each café's trial lasts at the expected volume."""
    days = cafes.pilot.days
    short = [cafe for cafe in cafes.cafe if cafe.on_trial_limit == "stop" and _days(cafe)[0] < 1]
    return judged(
        "trial",
        ok=not short,
        found="\n".join(
            f"{cafe.id}: {cafe.trial_limit} feedbacks last {_shown(cafe)} days of {days}; then "
            f"{'no more are taken' if cafe.on_trial_limit == 'stop' else 'they are unrewarded'}"
            for cafe in cafes.cafe
        ),
        required="a day or more at the highest expected volume",
        remedy="; ".join(
            f"`pilot cafes trial {cafe.id} --limit {cafe.expected_feedbacks_per_day.high * days} --reason WHY`"
            for cafe in short
        ),
    )


def _days(cafe: Cafe) -> tuple[float, float]:
    band = cafe.expected_feedbacks_per_day
    return cafe.trial_limit / band.high, cafe.trial_limit / max(band.low, 1)


def _shown(cafe: Cafe) -> str:
    least, most = _days(cafe)
    return f"{least:.1f} to {most:.1f}"
