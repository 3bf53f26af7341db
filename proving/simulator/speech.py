"""The words of simulated guests, from thin to excellent feedback, fitting their café."""

from __future__ import annotations

import random
import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

from pilot.cafes import Cafe, Language

Depth = Literal["thin", "some", "useful", "excellent"]
DEPTHS: tuple[Depth, ...] = ("thin", "some", "useful", "excellent")


@cache
def _fragments(language: Language) -> dict[str, Any]:
    return tomllib.loads(
        resources.files("proving.simulator").joinpath(f"speech.{language}.toml").read_text(encoding="utf-8")
    )


def questions(language: Language) -> tuple[str, ...]:
    """Return the interviewer's questions: the opening one and two follow-ups."""
    return tuple(_fragments(language)["questions"])


@cache
def topics() -> tuple[str, ...]:
    """Return the topics of guests' claims; each is a theme of the scorer in every language."""
    return tuple(sorted(_fragments("sv")["claims"]))


def said(
    rng: random.Random, *, cafe: Cafe, language: Language, depth: Depth, turns: int, about: str | None = None
) -> tuple[str, ...]:
    """Return a guest's words, one text a turn.

    Args:
        rng: The random generator.
        cafe: The café, with specialties, areas and staff to mention.
        language: The guest's language.
        depth: The depth of the feedback, from thin to excellent.
        turns: 1 to 3.
        about: The first topic, one of `topics`; None for any. Thin feedback has none.
    """
    words = _fragments(language)
    if depth == "thin":
        return (_drawn(rng, rng.choice(words["thin"])), *(_thin_more(rng, words) for _ in range(turns - 1)))
    first, second = rng.sample(topics(), k=2)
    if about is not None:
        first, second = about, second if second != about else first
    claims = [_fill(rng, rng.choice(words["claims"][each]), cafe=cafe, language=language) for each in (first, second)]
    came = _fill(rng, rng.choice(words["visits"]["any"]), cafe=cafe, language=language)
    reason = _fill(rng, rng.choice(words["reasons"]["any"]), cafe=cafe, language=language)
    suggestion, another = (
        _fill(rng, each, cafe=cafe, language=language) for each in rng.sample(words["suggestions"]["any"], k=2)
    )
    if depth == "some":
        texts = [f"{came} {claims[0]}", _thin_more(rng, words), _thin_more(rng, words)]
    elif depth == "useful":
        texts = [f"{came} {claims[0]}", f"{reason} {claims[1]}" if rng.random() < 0.5 else reason, suggestion]
    else:
        texts = [f"{came} {claims[0]} {reason}", f"{claims[1]} {suggestion}", another]
    return tuple(texts[:turns])


def urgent(rng: random.Random, *, language: Language) -> str:
    """Return words that a manager must read at once: an allergy, an injury, a danger or harassment."""
    kinds = _fragments(language)["urgent"]
    return _drawn(rng, rng.choice(kinds[rng.choice(sorted(kinds))]))


def urgent_texts(language: Language) -> dict[str, tuple[str, ...]]:
    """Return every urgent text, of each of its wordings, by its flag."""
    return {
        flag: tuple(wording for text in texts for wording in _wordings(text))
        for flag, texts in _fragments(language)["urgent"].items()
    }


def _fill(rng: random.Random, template: str, *, cafe: Cafe, language: Language) -> str:
    item = rng.choice(cafe.specialties).in_language(language)
    area = rng.choice(cafe.areas)
    staff = rng.choice(cafe.staff) if cafe.staff else {"sv": "Personalen", "en": "The staff"}[language]
    return _drawn(rng, template).format(
        item=item,
        Item=item[0].upper() + item[1:],
        place=_fragments(language)["places"].get(area.id, {"sv": "där inne", "en": "inside"}[language]),
        staff=staff,
        Staff=staff,
        minutes=rng.choice([6, 8, 10, 12, 15, 20, 25]),
        kronor=rng.choice([38, 45, 52, 62, 79, 95, 125]),
    )


def _thin_more(rng: random.Random, words: dict[str, Any]) -> str:
    return _drawn(rng, rng.choice(words["thin_more"]))


def _wordings(template: str) -> list[str]:
    """Return every text of a template whose [this|that] are not inside one another."""
    before, bracket, rest = template.partition("[")
    if not bracket:
        return [template]
    choices, _, after = rest.partition("]")
    return [f"{before}{choice}{end}" for choice in choices.split("|") for end in _wordings(after)]


def _drawn(rng: random.Random, template: str) -> str:
    """Draw one of each [this|that], the innermost first."""
    while "[" in template:
        start = template.rindex("[")
        end = template.index("]", start)
        template = template[:start] + rng.choice(template[start + 1 : end].split("|")) + template[end + 1 :]
    return template
