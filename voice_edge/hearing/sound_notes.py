"""Removes notes of sounds that Whisper writes among words, such as "*clears throat*" or "(skratt)".

The model learned them from subtitles. Nobody says an asterisk, a bracket or a note, so everything between two of them
goes; a parenthesis goes if its few words name a sound.
"""

from __future__ import annotations

import re

MOST_WORDS = 5  # a longer parenthesis is an aside of the guest
LONGEST_NOTE = 60  # characters between two signs; a longer stretch is speech with a stray sign

_MARKED = re.compile(
    rf"\[[^\[\]\n]{{0,{LONGEST_NOTE}}}\]|\{{[^{{}}\n]{{0,{LONGEST_NOTE}}}\}}|<[^\W\d_][^<>\n]{{0,{LONGEST_NOTE}}}>"
    rf"|(?<![\w*])\*{{1,2}}[^\W\d][^*\d\n]{{0,{LONGEST_NOTE}}}\*{{1,2}}(?![\w*])"
    rf"|[♪♫♩♬]+(?:[^♪♫♩♬\n]{{0,{LONGEST_NOTE}}}[♪♫♩♬]+)?"
)
_PARENTHESIS = re.compile(rf"\(([^()\n]{{0,{LONGEST_NOTE}}})\)|（([^（）\n]{{0,{LONGEST_NOTE}}})）")
# Beginnings of words that name a sound or who makes it; "skratt" also finds "skrattar" and "skrattande".
_SOUNDS = re.compile(
    r"\b(?:skratt|fniss|host|harkl|suck|snyft|gråt|gäsp|nys|vissl|nynn|applåd|musik|sorl|tystnad|ohörb|otydlig"
    r"|pip(?:er|ande)?\b|telefon(?:en)? ringer|mobil(?:en)? ringer|dörr(?:en)? (?:öppn|stäng|slå)|klirr|slamr"
    r"|bakgrund|andas|andning|mumlar|viskar|talar|pratar|paus\b|barn skrik|hund skäll"
    r"|laugh|chuckl|giggl|cough|clear(?:s|ing)? (?:his |her |their )?throat|throat|sigh|sniff|sob|cry|yawn|sneez"
    r"|whistl|humm|applau|clapp|music|chatter|silence|inaudib|indistinct|unintellig|beep|phone (?:ring|buzz)"
    r"|door (?:open|clos|slam)|clatter|clink|background|breath|mutter|whisper|speak|blank.audio|no audio|static"
    r"|noise|ljud\b|oljud|brus|crosstalk|pause)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\b(?:är|var|blev|hade|har|is|was|were|had|has|jag|vi|ni|I|we|you)\b")
_SPACES = re.compile(r"[ \t]{2,}")
_BEFORE_STOP = re.compile(r"\s+(?=[,.;!?…])")


def without_sound_notes(text: str) -> str:
    """Return `text` without notes of sounds, wherever they are."""
    noted = _PARENTHESIS.sub(_kept_parenthesis, _MARKED.sub(" ", text))
    if noted == text:
        return text
    tidy = _BEFORE_STOP.sub("", _SPACES.sub(" ", noted)).strip()
    return tidy.lstrip(",.;!?… ") if any(letter.isalnum() for letter in tidy) else ""


def _kept_parenthesis(found: re.Match[str]) -> str:
    words = found.group(1) or found.group(2) or ""
    names_sound = _SOUNDS.search(words) and not _SENTENCE.search(words) and len(words.split()) <= MOST_WORDS
    return " " if not words.strip() or names_sound else found.group()
