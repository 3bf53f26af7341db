"""The guests' words in a report: candidates, and which of them a person approved.

A quote is a claim about a theme, cut from a redacted transcript. It enters a report only after a person approved it by
its short name. Approvals are a file of the home, `reports/approved.json`: the session, the turn and the claim's place,
never the words. An erasure removes the session's entries.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pilot.errors import PilotError
from pilot.lake_tables.tables import SCORED_FEEDBACK, TURNS
from reports.folder import reports_folder
from reports.scope import Scope
from storage.folders import write_atomically

if TYPE_CHECKING:
    from storage.home import Home

APPROVED = "approved.json"
FEWEST_WORDS, MOST_CHARACTERS = 5, 220
NAME_LENGTH = 8


class NoQuote(PilotError):
    """There is no such candidate."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote is: the session, the number of its turn, and the characters of the claim."""

    session_id: str
    day: str
    theme: str
    polarity: str
    turn: int
    start: int
    end: int

    @property
    def name(self) -> str:
        """Return its short name, by which a person approves it."""
        spelled = f"{self.session_id}/{self.turn}/{self.start}/{self.theme}"
        return hashlib.sha256(spelled.encode()).hexdigest()[:NAME_LENGTH]


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote with its redacted words."""

    place: Place
    cafe: str
    text: str


def candidates(home: Home, scope: Scope) -> list[Quote]:
    """Return the claims that could be quoted: redacted, without harm, staff's names or signals of fraud."""
    staff = {name.casefold() for cafe in home.cafes().cafe for name in cafe.staff}
    with home.lake().snapshot(SCORED_FEEDBACK, TURNS, days=scope.days) as snapshot:
        rows = snapshot.sql(
            """
            with spoken as (
                select session_id, list({number: turn, text: transcript} order by turn) as turns from turns
                where list_contains($cafes, cafe) and simulated = $simulated and coalesce(transcript, '') <> ''
                    and not coalesce(low_confidence, false)
                group by session_id
            )
            select feedback.day, feedback.session_id, feedback.cafe, feedback.quotes, spoken.turns
            from scored_feedback as feedback join spoken using (session_id)
            where list_contains($cafes, feedback.cafe) and feedback.simulated = $simulated and feedback.eligible
                and len(feedback.signals) = 0 and len(coalesce(feedback.flags, [])) = 0
            order by feedback.actionability desc, feedback.session_id
            """,
            {"cafes": scope.ids, "simulated": scope.simulated},
        ).to_dicts()
    found = []
    for row in rows:
        for claim in json.loads(row["quotes"] or "[]"):
            place = Place(row["session_id"], str(row["day"]), *(claim[name] for name in _CLAIM))
            text = _text({turn["number"]: turn["text"] for turn in row["turns"]}, place)
            if text and not staff & {word.strip(".,!?;:'’").casefold() for word in text.split()}:
                found.append(Quote(place, row["cafe"], text))
    return found


_CLAIM = ("theme", "polarity", "turn", "start", "end")


def _text(texts: Mapping[int, str], place: Place) -> str:
    """Return the claim's words; empty if they are too few to say something, or are no longer there."""
    text = texts.get(place.turn, "")[place.start : place.end].strip(" ,;–-")
    enough = len(text.split()) >= FEWEST_WORDS and len(text) <= MOST_CHARACTERS
    return text[:1].upper() + text[1:] if enough else ""


def approved_places(home: Home) -> list[Place]:
    """Return the approved places, by day and session."""
    path = reports_folder(home) / APPROVED
    if not path.is_file():
        return []
    return [Place(**each) for each in json.loads(path.read_text("utf-8"))]


def approve(home: Home, scope: Scope, names: Collection[str]) -> list[Quote]:
    """Approve candidates by their short names; return them.

    Raises:
        NoQuote: a name is no candidate's.
    """
    chosen = {quote.place.name: quote for quote in candidates(home, scope)}
    missing = sorted(set(names) - chosen.keys())
    if missing:
        raise NoQuote(f"There is no quote {missing[0]!r}.", remedy="`pilot report --quotes` lists the candidates.")
    mine = [chosen[name] for name in names]
    _save(home, {*approved_places(home), *(quote.place for quote in mine)})
    return mine


def withdraw(home: Home, sessions: Collection[str]) -> int:
    """Remove the approvals of some sessions; return how many there were."""
    every = approved_places(home)
    kept = [each for each in every if each.session_id not in sessions]
    if len(kept) < len(every):
        _save(home, set(kept))
    return len(every) - len(kept)


def approved(home: Home, scope: Scope) -> list[dict[str, Any]]:
    """Return the approved quotes of a scope for its model."""
    places = {each for each in approved_places(home) if scope.first <= date.fromisoformat(each.day) <= scope.last}
    if not places:
        return []
    chosen = [quote for quote in candidates(home, scope) if quote.place in places]
    return [
        {"session_id": each.place.session_id, "day": each.place.day, "cafe": each.cafe, "theme": each.place.theme}
        | {"polarity": each.place.polarity, "text": each.text}
        for each in sorted(chosen, key=lambda each: (each.place.theme, each.place.day, each.place.name))
    ]


def _save(home: Home, places: Collection[Place]) -> None:
    ordered = sorted(places, key=lambda each: (each.day, each.session_id, each.turn, each.start, each.theme))
    body = json.dumps([asdict(each) for each in ordered], indent=1)
    write_atomically(reports_folder(home) / APPROVED, body, durable=True)
