"""Columns of yes and no that say whether a receipt is a sale, by the words of their headings."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from pipelines.till.headings import FLAG_HEADINGS, heading_key, plain_heading
from pipelines.till.statuses import Meaning, folded, meaning_of, truth_of


@dataclass(frozen=True, slots=True)
class Flag:
    """A column of yes and no.

    Attributes:
        meaning: What a receipt is if the column says so.
        of: Whether yes or no says so: a yes under "Makulerad", a no under "Godkänd".
    """

    meaning: Meaning
    of: bool


def flag_of(heading: str, values: Collection[str]) -> Flag | None:
    """Return the meaning of a column of yes and no; None if it is no such column.

    Args:
        heading: The column's heading.
        values: The column's different values, without the empty one.
    """
    known = FLAG_KEYS.get(heading_key(heading))
    if known is not None:
        return Flag(known, True) if any(truth_of(value) is not None for value in values) else None
    if not values or any(truth_of(value) is None for value in values):
        return None
    return _of_words(heading)


@lru_cache(maxsize=1024)
def _of_words(heading: str) -> Flag | None:
    parted = re.sub(r"(?<=[a-zåäö])(?=[A-ZÅÄÖ])", " ", heading)
    text = folded(plain_heading(parted).rstrip("?"))
    words = [word for word in text.split() if word not in _FRAMES]
    plain = " ".join(words)
    if plain in _LIVE:
        return Flag("training", False)
    if re.search(r"part(?:ly|ial)|delvis|\w(?:able|ible|bar)\b", text) or not words:
        return None
    bare = [word for word in words if word not in _SUBJECTS]
    if set(bare) & _NEGATIONS or plain in _PHRASES:
        found = meaning_of(plain)
        return Flag(found, True) if found not in (None, "sale") else None
    if len(bare) == 1 and _CONFIRMED.fullmatch(bare[0]):
        return Flag("parked" if _PAID.match(bare[0]) else "failed", False)
    if bare and all(_REFUNDED.fullmatch(word) for word in bare):
        return Flag("refund", True)
    meanings = {meaning_of(word) for word in bare or words}
    meaning = meanings.pop() if len(meanings) == 1 else None
    if meaning in (None, "sale") or (meaning == "no_sale" and not all(_CONSUMED.match(word) for word in words)):
        return None
    return Flag(meaning, True)


# Words around the one that says it.
_FRAMES = frozenset(
    "is ar was var has har been blev blivit mode lage helt fullt fully flagga flag ja nej yes y n a the".split()
)
_SUBJECTS = frozenset(
    "kvitto kvittot receipt order ordern kop kopet sale forsaljning transaktion transaction payment betalning nota "
    "notan check bill status".split()
)
_LIVE = frozenset(("live", "livemode", "skarp", "skarpt"))
_PHRASES = frozenset(("no sale", "on hold", "charged back"))
_NEGATIONS = frozenset("ej inte icke ikke not non no".split())
_PAID = re.compile(r"betal|paid|closed|stangd|stangt|avslut")
_CONFIRMED = re.compile(
    r"betal(?:d|t|ad|at)|paid|godkan[dt]|godkend(?:t)?|godkjent|approved|slutfor[dt]|fullfor[dt]|completed?|"
    r"genomfor[dt]|gennemfort|gjennomfort|success(?:ful)?|succeeded|lycka(?:d|t|des)|captured|settled|accept(?:ed|erad|erat)|"
    r"bekrafta[dt]|confirmed|giltigt?|valid|closed|stang[dt]|avsluta[dt]|finali[sz]ed|klart?|ok|okej"
)
_REFUNDED = re.compile(
    r"aterbetal(?:d|t|ad|at|ats|ning)|aterkop(?:t|ts)?|aterfor[dt]|krediter(?:ad|at|ats|ing)|refund(?:ed|ert|eret)?|"
    r"return(?:ed)?|returner(?:ad|at|ats)|reversed|tilbagebetalt|chargeback"
)
_CONSUMED = re.compile(r"svinn|waste|personalmaltid|egenforbrukning|internforbrukning")
FLAG_KEYS = {heading_key(name): meaning for name, meaning in FLAG_HEADINGS.items()}
