"""The test customer's lines: three short answers in each language, also as packaged speech."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.cafes import Language

# After changing a line, make its clip again: scripts/journey_voices.py.
LINES: dict[Language, tuple[str, ...]] = {
    "en": (
        "The coffee was very good, but I waited twelve minutes in the queue at the counter.",
        "You should put a second person at the coffee machine between eight and nine.",
        "It was at half past eight this morning, and only one person was making coffee.",
    ),
    "sv": (
        "Kaffet var jättegott, men jag fick vänta tolv minuter i kön vid disken.",
        "Ni borde ha en person till vid kaffemaskinen mellan åtta och nio.",
        "Det var vid halv nio i morse, och bara en person gjorde kaffe.",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One answer of the test customer."""

    language: Language
    number: int

    @property
    def text(self) -> str:
        """Return the words."""
        return LINES[self.language][self.number]

    @property
    def clip(self) -> str:
        """Return the file name of the packaged speech."""
        return f"{self.language}-{self.number + 1}.wav"


def line(language: Language, answer: int) -> Line:
    """Return the answer to question number `answer` (from 0); further questions get the last one."""
    return Line(language=language, number=min(answer, len(LINES[language]) - 1))
