"""The page that explains an answer's result to its guest."""

from __future__ import annotations

from pilot.cafes import Cafe, Language
from pilot.words import section
from voice_edge.http.rendering import render
from voice_edge.receipts.reward_reasons import RewardReasons


def why_page(*, cafe: Cafe, language: Language, token: str, spoken: str, reasons: RewardReasons) -> str:
    """Return the page.

    Args:
        cafe: The café.
        language: The page's language.
        token: The receipt's secret.
        spoken: The language of the answer.
        reasons: The sentences, and the guest's own words that counted.
    """
    return render(
        "why",
        language=language,
        cafe=cafe,
        path=f"/r/{token}",
        spoken=spoken,
        sentences=reasons.sentences,
        quotes=reasons.quotes,
        t=section("bank", language),
    )
