"""Generated guests who speak of the same few topics in their own words, and rings that copy one."""

# ruff: noqa: E501 - a clause of the grammar is one line
from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def corpus_rows() -> Iterator[dict[str, Any]]:
    for name in ("feedback-development.jsonl", "feedback-development-balanced.jsonl"):
        for line in (ROOT / "tests/data/corpus" / name).read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


# A clause: alternatives in [a|b], drawn independently; each aspect has several ways to begin.
GRAMMAR: dict[str, dict[str, list[str]]] = {
    "sv": {
        "queue": [
            "[kön|kön vid disken|det var kö|köandet] [tog|kostade mig|var nog|höll på i] [N] minuter [i morse|vid lunch|när jag kom|innan jobbet]",
            "[jag|vi] [stod|väntade|fick stå|köade] [säkert|minst|ungefär|kanske] [N] minuter [framför|vid|innan] [kassan|disken|beställningen]",
            "[bara|det var bara|tyvärr bara] en [person|kassa] [öppen|som tog betalt|i kassan] [fast|trots att] [det var fullt|tio stod och väntade|klockan var åtta]",
            "[folk|två före mig|flera] [gav upp|gick|vände i dörren] [för att|eftersom] [det gick så sakta|ingen tog emot|kön stod still]",
        ],
        "coffee": [
            "[I] var [ljummen|bränd|besk|för svag|kall] [när jag fick den|redan efter en klunk|igen|idag]",
            "[I] smakade [fantastiskt|mycket bättre än sist|bara mjölk|friskt och gott]",
            "[mjölken|skummet] [hade skurit sig|var alldeles för varm|var perfekt|var för tunt] i min [kaffe|latte|kopp]",
            "[jag bad om|jag ville ha|vi beställde] [I] [men fick|och fick] [något annat|fel sort|precis rätt] av [S]",
        ],
        "seat": [
            "[bordet|vårt bord|platsen] [A] [vinglade|var kladdigt|var inte avtorkat|stod i drag]",
            "[det drar|det är kallt|det blåser] [A] [så fort dörren öppnas|hela tiden|så jag satt med jackan på]",
            "[stolarna|sofforna|pallarna] [A] är [sköna|hårda|för låga] [att sitta på|om man har ont i ryggen|för min mamma]",
        ],
        "noise": [
            "[musiken|högtalaren|kvarnen] [var|är] [så hög|för hög|på högsta] att [vi inte hörde varandra|man får skrika|jag bytte plats]",
            "[skönt|härligt|ovanligt] [tyst|lugnt] [A] [så att man kan prata|för en tisdag|när man ska läsa]",
        ],
        "staff": [
            "[S] [log|hjälpte mig|kom ut med kaffet|visste direkt vad jag ville ha] [trots stressen|och det gjorde min dag|som alltid]",
            "[S] [suckade|vände sig bort|svarade inte] när [jag frågade om allergener|min dotter beställde|vi bad om mer mjölk]",
        ],
        "ask": [
            "[ta in|sätt|ha] en [till|extra|person till] [i kassan|vid maskinen|på morgonen] [mellan åtta och nio|på fredagar|när tåget kommer]",
            "[sänk|dra ner|stäng av] [volymen|musiken] [efter lunch|på morgonen|lite grann]",
            "[torka|byt|fixa] [borden|bordet|lampan] [A] [oftare|innan ni öppnar|tack]",
            "[skriv|sätt upp] [priset|innehållet|allergenerna] på [tavlan|skylten|menyn] [så slipper man fråga|så vet man]",
        ],
        "N": ["fem", "sju", "åtta", "tio", "tolv", "femton", "tjugo", "tjugofem"],
        "I": ["havrelatten", "bryggkaffet", "cortadon", "cappuccinon", "espresson", "teet", "min latte", "kaffet"],
        "A": [
            "vid fönstret",
            "där bak",
            "i galleriet",
            "på uteserveringen",
            "vid långbordet",
            "i soffhörnan",
            "vid dörren",
        ],
        "S": [
            "Elin",
            "Omar",
            "Siv",
            "Jonas",
            "Amina",
            "Petra",
            "Hassan",
            "Lova",
            "tjejen i kassan",
            "killen vid maskinen",
        ],
        "joiner": ["och", "men", "sen", "dessutom", "annars", "fast", "", "", ""],
    },
    "en": {
        "queue": [
            "[the queue|the line|queueing|waiting] [took|cost me|went on for|was] [N] minutes [this morning|at lunch|when i came in|before work]",
            "[i|we] [stood|waited|had to wait|queued] [at least|about|maybe|well over] [N] minutes [in front of|at|before] the [till|counter]",
            "[there was only|just|they had] one [person|till] [open|taking payment|serving] [although|even though] [it was packed|ten people were waiting|it was eight]",
            "[people|two before me|several guests] [gave up|left|turned around] because [it was so slow|nobody served them|the line stood still]",
        ],
        "coffee": [
            "[I] was [lukewarm|burnt|bitter|too weak|cold] [when i got it|after one sip|again|today]",
            "[I] tasted [wonderful|much better than last time|of nothing but milk|fresh and good]",
            "the [milk|foam] [had curdled|was far too hot|was perfect|was too thin] in my [coffee|latte|cup]",
            "[i asked for|i wanted|we ordered] [I] [but got|and got] [something else|the wrong one|just the right one] from [S]",
        ],
        "seat": [
            "[the table|our table|my seat] [A] [wobbled|was sticky|had not been wiped|was in a draught]",
            "[there is a draught|it is cold|it is windy] [A] [whenever the door opens|all the time|so i kept my coat on]",
            "the [chairs|sofas|stools] [A] are [comfortable|hard|too low] [to sit on|for a bad back|for my mother]",
        ],
        "noise": [
            "the [music|speaker|grinder] [was|is] [so loud|too loud|turned up so high] that [we could not talk|you have to shout|i moved]",
            "[nice and|lovely and|unusually] [quiet|calm] [A] [so you can talk|for a tuesday|when you want to read]",
        ],
        "staff": [
            "[S] [smiled|helped me|came out with the coffee|knew at once what i wanted] [in spite of the stress|and that made my day|as always]",
            "[S] [sighed|turned away|did not answer] when [i asked about allergens|my daughter ordered|we asked for more milk]",
        ],
        "ask": [
            "[put|have|add] [one more person|somebody extra] [at the till|on the machine|in the morning] [from eight to nine|on fridays|when the train comes]",
            "turn [the music|the volume] down [after lunch|in the morning|a little]",
            "[wipe|change|fix] the [tables|table|lamp] [A] [more often|before you open|please]",
            "[write|put] the [price|ingredients|allergens] on the [board|sign|menu] so [nobody has to ask|we know]",
        ],
        "N": ["five", "seven", "eight", "ten", "twelve", "fifteen", "twenty", "twenty five"],
        "I": [
            "the oat latte",
            "the filter coffee",
            "the cortado",
            "my cappuccino",
            "the espresso",
            "the tea",
            "my latte",
        ],
        "A": [
            "by the window",
            "in the back",
            "in the gallery",
            "on the terrace",
            "at the long table",
            "in the sofa corner",
        ],
        "S": [
            "Elin",
            "Omar",
            "Siv",
            "Jonas",
            "Amina",
            "Petra",
            "Hassan",
            "Lova",
            "the girl at the till",
            "the barista",
        ],
        "joiner": ["and", "but", "then", "also", "otherwise", "though", "", "", ""],
    },
}
ASIDE_WORDS = (6, 16)
ASPECTS = ("queue", "coffee", "seat", "noise", "staff", "ask")


def clause(rng: random.Random, language: str, aspect: str) -> str:
    words = GRAMMAR[language]
    said = rng.choice(words[aspect])
    while "[" in said:
        start = said.rindex("[")
        end = said.index("]", start)
        inner = said[start + 1 : end]
        said = said[:start] + rng.choice(words[inner] if inner in words else inner.split("|")) + said[end + 1 :]
    return said


@cache
def chain(language: str) -> dict[str, list[str]]:
    """Return which words follow which in the development corpus: what anybody's sentences have in common."""
    follows: dict[str, list[str]] = {}
    for row in corpus_rows():
        if row["language"] == language and row["kind"] == "genuine":
            words = ["", *re.findall(r"\w+", " ".join(row["turns"]).lower())]
            for one, next_one in pairwise(words):
                follows.setdefault(one, []).append(next_one)
    return follows


def aside(rng: random.Random, language: str) -> str:
    """Words of one's own: a walk along the chain, whose word pairs are as frequent as in the corpus."""
    follows, said, word = chain(language), [], ""
    for _ in range(rng.randint(*ASIDE_WORDS)):
        word = rng.choice(follows.get(word) or follows[""])
        said.append(word)
    return " ".join(said)


def guest(rng: random.Random, language: str) -> list[str]:
    """Return one honest guest's words: the queue, which all mention, and one or two other topics."""
    aspects = ["queue", *rng.choices(ASPECTS, k=rng.randint(1, 2))]
    joiner = GRAMMAR[language]["joiner"]
    said = [f"{rng.choice(joiner)} {clause(rng, language, aspect)}".strip() for aspect in aspects]
    said += [aside(rng, language) for _ in range(rng.randint(1, 2))]
    rng.shuffle(said)
    return said


def text(clauses: list[str]) -> str:
    return ". ".join(clauses)


def _swapped(rng: random.Random, said: list[str], language: str, *, share: float) -> str:
    others = [word for _ in range(4) for part in guest(rng, language) for word in part.split()]
    return " ".join(rng.choice(others) if rng.random() < share else word for word in text(said).split())


def _misheard(rng: random.Random, said: list[str], language: str, *, share: float) -> str:
    """A recording played back to the recogniser: words lost, doubled or heard as others."""
    out: list[str] = []
    for word in text(said).split():
        draw = rng.random()
        if draw >= share:
            out.append(word)
        elif draw < share * 0.6:
            out.append(word[: max(1, len(word) - 2)] + rng.choice("aeiou"))
        elif draw < share * 0.8:
            out += [word, word[:2]]
    return " ".join(out)


def _template(rng: random.Random, said: list[str], language: str) -> str:
    words = text(said)
    for slot in ("N", "I", "A", "S"):
        for value in sorted(GRAMMAR[language][slot], key=len, reverse=True):
            words = words.replace(value, rng.choice(GRAMMAR[language][slot])) if value in words else words
    return words


KINDS: dict[str, Callable[[random.Random, list[str], str], str]] = {
    "exact": lambda rng, said, language: text(said),
    "case, punctuation, fillers": lambda rng, said, language: " eh ".join(text(said).upper().split(". ")),
    "sentences moved": lambda rng, said, language: text(rng.sample(said, len(said))),
    "one sentence added": lambda rng, said, language: text([*said, clause(rng, language, rng.choice(ASPECTS))]),
    "template, other numbers and names": _template,
    "10 % of words swapped": lambda rng, said, language: _swapped(rng, said, language, share=0.1),
    "20 % of words swapped": lambda rng, said, language: _swapped(rng, said, language, share=0.2),
    "30 % of words swapped": lambda rng, said, language: _swapped(rng, said, language, share=0.3),
    "played back, 10 % word errors": lambda rng, said, language: _misheard(rng, said, language, share=0.1),
    "played back, 20 % word errors": lambda rng, said, language: _misheard(rng, said, language, share=0.2),
}
