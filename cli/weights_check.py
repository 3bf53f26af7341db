"""The pre-flight check of the weights that hear Swedish."""

from __future__ import annotations

from operations.checks.finding import Finding, judged
from pilot.settings import Settings
from voice_edge.hearing.chosen_weights import ChosenWeights, choose_weights
from voice_edge.hearing.pulled_weights import read_pulled

WEIGHTS_FOLDER = ".weights"
NAME = "weights"
REQUIRED = "weights for Swedish, undamaged, and measured on recordings"


def swedish_weights(settings: Settings) -> Finding:
    """Check that weights for Swedish are installed and qualified."""
    folder = settings.home.expanduser() / WEIGHTS_FOLDER
    # Choosing packaged weights would unpack them; a pre-flight changes nothing.
    if settings.recogniser_model_sv is None and (not folder.is_dir() or read_pulled(folder, "sv") is None):
        return judged(
            NAME,
            ok=False,
            found="only the packaged weights, whose Swedish is not scored: guests can write",
            required=REQUIRED,
            remedy="`pilot models pull`, then `pilot models qualify sv --clips DIR`.",
        )
    return _finding(choose_weights(settings, folder, "sv"))


def _finding(chosen: ChosenWeights) -> Finding:
    return judged(
        NAME,
        ok=chosen.qualified and not chosen.fault,
        found=chosen.fault or f"{chosen.name} ({chosen.source}), {chosen.why}",
        required=REQUIRED,
        remedy=chosen.remedy,
    )
