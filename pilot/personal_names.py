"""Finds a guest's name after an introduction or a closing greeting, in capitals or not.

A recogniser and a hurried guest write "jag heter anna svensson": after words that only a name follows, the name may be
lower case, and goes on for two words or until a word that is no name. Elsewhere a name needs its capitals.
"""

from __future__ import annotations

import re

MOST_WORDS_AFTER = 2  # names after the first, particles apart

_INTRODUCTION = re.compile(
    r"\b(?:jag heter|jag kallas(?: för)?|mitt namn är|mitt namn e|my name is|my name's|my full name is|i'm called"
    r"|i am called)(?=\s)",
    re.IGNORECASE,
)
# Bounded: "A-A-A-..." must not be read to its end from each of its letters.
_NAME_WORD = r"[A-ZÅÄÖÉÜ][\w'-]{1,40}"
_PARTICLES = "von|af|de|van|der|la"
_ONE_MORE = rf"(?:\s+(?:(?:{_PARTICLES})\s+){{0,2}}(?!AI\b){_NAME_WORD})"
_FULL_NAME = re.compile(
    rf"\b(?i:jag är|det här är|namnet är|i'm|i am|this is|the name is|call me)\s+({_NAME_WORD}{_ONE_MORE}{{1,2}})"
    rf"|\b({_NAME_WORD}{_ONE_MORE}{{1,2}})(?=\s+heter jag\b)"
    rf"|\b(?i:mvh|hälsningar|regards)[\s,]+({_NAME_WORD}{_ONE_MORE}{{0,2}})"
    # Without capitals, only an ending that Swedish surnames have.
    r"|\b(?i:jag är|det här är|i'm|i am|this is)\s+([^\W\d_]{3,40}\s+(?!lesson)[^\W\d_]{2,40}sson)\b",
)
_WORD = re.compile(r"\s+([^\W\d_][\w'-]{0,60})")
_PARTICLE_WORDS = frozenset(_PARTICLES.split("|"))

_FILLERS = frozenset(
    "inte ju faktiskt förresten alltså också egentligen bara eh öh ehm not actually also just really uh um er".split()
)
_NEGATIONS = frozenset({"inte", "not"})
_ALSO_FIRST_NAMES = frozenset("my will may can kan min vi so du art".split())
# Words that may follow a first name and are no part of it: Swedish and English grammar, verbs, and what a café's guest
# speaks about.
_GRAMMAR = """
och men eller så för att om när då där här som än utan samt fast eftersom därför medan innan efter sedan sen jag du han
hon den det vi ni dem dom man mig dig oss er sig min mitt mina din ditt dina sin sitt sina vår vårt våra hans hennes
deras en ett ej inte nej ja jo jaha mycket bara ju nog väl kanske också alltså faktiskt egentligen i på av till från med
hos vid under över mellan mot genom kring ut in upp ner bort hem hit dit idag igår imorgon nu alltid aldrig ofta ibland
redan snart igen hela alla allt inget ingen något någon några många andra annat samma vad vem var vilken vilket hur
varför ganska väldigt jätte rätt lite mer mest tack hej hallå okej ok förresten liksom typ
"""
_VERBS = """
är e vara varit blir blev bli blivit har hade ha haft får fick få fått kan kunde ska skulle vill ville måste borde bör
gick går kommer kom tycker tyckte tror trodde tänker tänkte vet visste ser såg säger sa sade gör gjorde tar tog ger gav
heter hette kallas bor bodde jobbar jobbade arbetar arbetade pluggar studerar sitter satt står stod äter åt dricker
drack köper köpte beställer beställde väntar väntade betalar betalade smakar smakade gillar gillade älskar älskade
hoppas undrar undrade ringer ringde pratar pratade skriver skrev känner kände behöver brukar brukade finns fanns
"""
_SUBJECTS = """
kaffe kaffet fika fikat bulle bullen maten mat personal personalen service servicen lokalen musiken gäst kund stamkund
god gott goda bra dålig dåligt kallt varmt fin fint trevlig trevligt coffee food staff music guest customer regular good
great nice bad cold
"""
_ENGLISH = """
and but or so because since when where here there that this these those which who what how why if than then as at by for
from in into of on off onto to up with without about after before between during over under out i i'm i've i'd i'll you
you're he he's she she's it it's its we we're they they're me him her us them my your his our their mine the a an any
some all every each both no not yes yeah ok okay please thanks thank hi hello bye very really just also only too again
always never often today yesterday tomorrow now is am are was were be been being has have had do does did can could will
would shall should may might must want wanted think thought like liked love loved live lives lived work works worked
come comes came go goes went get got see saw say said know knew sit sat wait waited order ordered pay paid eat ate drink
drank buy bought visit visited calling speaking working living visiting coming sitting waiting writing
"""
_NO_NAMES = frozenset(f"{_GRAMMAR} {_VERBS} {_SUBJECTS} {_ENGLISH}".split())
_VERB_AFTER = frozenset(
    "är var blev hade har smakade smakar kom kostade kostar kändes luktade was is had tasted came".split()
)
_DEFINITE = re.compile(r"\w{2,}(?:et|en|na|erna|arna)")
_PAST = re.compile(r"\w{2,}ade")


def name_spans(shape: str) -> list[tuple[int, int]]:
    """Return start and end of each name in `shape`, in order and without overlaps."""
    introduced = (_introduced(shape, match.end()) for match in _INTRODUCTION.finditer(shape))
    found = [span for span in introduced if span is not None]
    found += [match.span(match.lastindex or 0) for match in _FULL_NAME.finditer(shape)]
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def _introduced(shape: str, position: int) -> tuple[int, int] | None:
    """Return the name that follows an introduction; None if words of another sentence do."""
    word = _WORD.match(shape, position)
    negated = False
    while word is not None and word.group(1) in _FILLERS:
        negated = negated or word.group(1) in _NEGATIONS
        word = _WORD.match(shape, word.end())
    if word is not None and negated and word.group(1).islower():  # "my name is not important"
        return None
    if word is None or (word.group(1) in _NO_NAMES and word.group(1) not in _ALSO_FIRST_NAMES):
        return None
    start, end = word.start(1), word.end()
    if word.group(1) in _PARTICLE_WORDS and (after := _WORD.match(shape, end)) is not None:
        end = after.end()
    names, particles = 0, 0
    position = end
    while names < MOST_WORDS_AFTER and particles <= MOST_WORDS_AFTER:
        word = _WORD.match(shape, position)
        if word is None:
            break
        if word.group(1) in _PARTICLE_WORDS:
            particles += 1
        elif _goes_on(shape, word):
            names += 1
            end = word.end()
        else:
            break
        position = word.end()
    return start, end


def _goes_on(shape: str, word: re.Match[str]) -> bool:
    """Return whether a word after a name may be one more of its words."""
    said = word.group(1)
    if said.casefold() in _NO_NAMES:
        return False
    if not said.islower():
        return True
    after = _WORD.match(shape, word.end())
    begins_a_sentence = after is not None and after.group(1) in _VERB_AFTER and _DEFINITE.fullmatch(said) is not None
    return len(said) > 1 and not begins_a_sentence and _PAST.fullmatch(said) is None
