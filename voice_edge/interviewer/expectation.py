"""What a question leads the guest to speak of: something liked, a fault, or a wish."""

from __future__ import annotations

import re
from typing import Literal

from pilot.cafes import Language

Expectation = Literal["praise", "fault", "wish", ""]

# The first that matches counts; a question's acknowledgement belongs to it.
_PATTERNS: dict[Language, dict[Expectation, str]] = {
    "sv": {
        "wish": r"\b(?:vad|något|nåt|hur|vilka?)\b.{0,40}\b(?:bättre|annorlunda|förslag|saknar|skulle du vilja|"
        r"skulle vilja|"
        r"hjälpt|rimligt|"
        r"passat|ändra|önskar|skönare|lättare)\b",
        "fault": r"\b(?:förlåt|tråkigt?|tyvärr|synd|usch|inte (?:har )?(?:var|varit|bra|känns?|kändes)|"
        r"mindre bra|gick fel|"
        r"för fel|störde?|störande|saknades|dyrt|stökigt?|trångt|kallt|fick (?:du|ni) vänta|väntade (?:du|ni)|"
        r"dåligt?|"
        r"hände|strul\w*|krångl\w*)\b",
        "praise": r"\b(?:kul|roligt?|härligt?|fint|glad\w*|bäst\w*|gillar|gillade|tycker om|tyckte om|så bra|gott|"
        r"fantastiskt|skönt att|trevligt|mysigt|uppskatt\w*)\b",
    },
    "en": {
        "wish": r"\b(?:what|anything|something|how|which)\b.{0,40}\b(?:better|differently|change|suggest\w*|missing|"
        r"would you like|you would like|you have liked|have made|you'd like|have helped|fair|suited|wish|easier|"
        r"improve\w*)\b",
        "fault": r"\b(?:sorry|unfortunate\w*|shame|oh dear|oh no|wrong|wasn't|weren't|isn't|didn't work|"
        r"not (?:so )?good|"
        r"disappoint\w*|bother\w*|too (?:loud|cold|slow|expensive|dear)|did you (?:have to )?wait|what happened)\b",
        "praise": r"\b(?:glad|lovely|great|happy to|nice|best|liked?|love\w*|enjoy\w*|so good|wonderful|"
        r"favourite|favorite|"
        r"stood out)\b",
    },
}


def expectation_of(question: str, language: Language) -> Expectation:
    """Return what a question leads to; empty if it is open."""
    said = question.casefold().replace("’", "'")
    return next((kind for kind, pattern in _PATTERNS[language].items() if re.search(pattern, said)), "")
