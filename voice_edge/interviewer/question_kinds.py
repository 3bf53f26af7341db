"""What a question asks for, by its words: of the script's, a model's or an earlier one."""

from __future__ import annotations

import re
from typing import Literal

from pilot.cafes import Language

Asks = Literal[
    "thing",
    "place",
    "time",
    "person",
    "amount",
    "reason",
    "consequence",
    "suggestion",
    "improvement",
    "what_happened",
    "nothing",
]

_KINDS: dict[Language, dict[Asks, str]] = {
    "sv": {
        "time": r"när (?:på dagen|var|är|hände|satt|åt|kom|märk)|\bnär\?|vilken (?:tid|dag)|hur dags|"
        r"vilket klockslag|ungefär när|på (?:morgonen|förmiddagen) eller",
        "place": r"\bvar (?:satt|sitter|i |någonstans|slog|la|brukar du sitta|var det)|vilket (?:bord|fönster)|"
        r"vilken plats|bord gäller",
        "amount": r"hur (?:länge|många|mycket|långt|lång)|vad (?:kostade|betalade)|ungefär vad",
        "person": r"\bvem\b|vilka (?:två )?i personalen|vad heter|\bnamn\w*",
        "suggestion": r"förslag|föreslå",
        "reason": r"varför|vad (?:är|var) det (?:som(?! hände)|hos|med|i|du gillade)|vad gjorde (?:det|den|att)|"
        r"vad gillade|vad gillar|är det (?:du gillar|som gör)|hur kommer det sig|vad får dig|vad tyckte du inte|"
        r"vad var mindre bra|för fel|"
        r"saknades|vad var det \w+ gjorde|som gjorde",
        "improvement": r"vad (?:hade|skulle|kan vi|kunde vi|borde|behöver)|något (?:mer )?vi (?:kan|kunde|hade|borde)|"
        r"kan bli bättre|kunnat göra bättre|hade passat",
        "consequence": r"hur (?:gick|löste|blev) det|till slut|säga till|sa du till|torka av|kunnat säga|"
        r"få igång|ut på nätet|att betala|annat i stället|fick du en ny|"
        r"hur är det nu|kommer(?: du)? tillbaka|tvekar",
        "thing": r"vad (?:tog|åt|drack|fikade|blev det för|köpte|beställde|fick du)|"
        r"vad har du (?:ätit|tagit|druckit)|vad blev det|det du tog",
        "what_happened": r"vad (?:var det som )?hände|hur var (?:det|besöket|ditt|er)|hur hade (?:du|ni) det|"
        r"hur smakade|har något gått fel|hänt något|hur har besöket|hur tycker du att|vad gick fel|"
        r"hur har (?:du|ni) (?:det|haft)",
    },
    "en": {
        "time": r"what time|\bwhen (?:was|did|were|roughly)|time of day|(?:which|what) day|roughly when|when\?|"
        r"morning or",
        "place": r"\bwhere(?:abouts)?\b|which table",
        "amount": r"how (?:long|many|much)",
        "person": r"\bwho\b|which of the (?:staff|guys)|\bnames?\b",
        "suggestion": r"suggest",
        "reason": r"\bwhy\b|what ma(?:de|kes)|what (?:was|is) it (?:about|that)|what (?:did you|do you) like|"
        r"you liked?|you like most|so good|what was (?:so )?(?:good|wrong|bad|disappointing)|what wasn't|"
        r"what was too|what stopped|\bdo that\b",
        "improvement": r"what (?:would|could|should|can we)|(?:anything|something) (?:else |more )?we (?:can|"
        r"could|should)|"
        r"do better|"
        r"which hours would",
        "consequence": r"how did (?:it|that) (?:work|turn|go|end)|in the end|how are you now|put you off|come back|"
        r"chance to tell|you tell any|able to tell|wiped it|get it to work|get online|payment go|else instead|"
        r"a new (?:one|cup)",
        "thing": r"what did you (?:have|get|order|eat|drink|go for)|you had\?",
        "what_happened": r"(?:what|something) happened|how (?:was|is) (?:your|the|it|everything)|"
        r"how are you finding|how d(?:id|o) you (?:find|like)|"
        r"(?:went|gone) wrong",
    },
}


def kinds_of(question: str, language: Language) -> frozenset[Asks]:
    """Return everything that a question asks for."""
    said = question.casefold()
    return frozenset(kind for kind, pattern in _KINDS[language].items() if re.search(pattern, said))
