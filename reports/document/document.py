"""The whole report of a model in a language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from pilot.formatting import Language, day_and_year, join_names, long_day
from reports.document.after_part import expansion_part, priorities_part, procedures_part
from reports.document.blocks import Block, Words, words_of
from reports.document.days_part import days_part, downtime_part, funnel_part, response_part
from reports.document.guests_part import (
    cases_part,
    happy_part,
    incidents_part,
    survey_part,
)
from reports.document.many_part import many_part
from reports.document.method_part import impact_part, method_part, missing_part
from reports.document.money_part import fraud_part, money_part
from reports.document.verdict_part import cafes_part, verdict_part
from reports.model import MOST_CAFES_BY_DAY, Model

Part = Callable[[Model, Words], Iterator[Block]]
PARTS: tuple[Part, ...] = (
    verdict_part,
    cafes_part,
    many_part,
    days_part,
    funnel_part,
    response_part,
    downtime_part,
    money_part,
    happy_part,
    cases_part,
    impact_part,
    fraud_part,
    incidents_part,
    survey_part,
    priorities_part,
    expansion_part,
    procedures_part,
    method_part,
    missing_part,
)
HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Document:
    """A report for a reader.

    Attributes:
        language: The language.
        title: The title.
        subtitle: Period and cafés.
        mark: What every page says of simulated data; empty for real data.
        frozen: The model's hash in words.
        page: The footer's words with {page} and {pages}.
        blocks: The content.
    """

    language: Language
    title: str
    subtitle: str
    mark: str
    frozen: str
    page: str
    blocks: tuple[Block, ...]


def document_of(model: Model, language: Language) -> Document:
    """Return the report of a model."""
    words = words_of(model, language)
    first, last = (date.fromisoformat(model[name]) for name in ("first", "last"))
    names = [cafe["name"] for cafe in model["cafes"]]
    cafes = (
        join_names(names, language=language)
        if len(names) <= MOST_CAFES_BY_DAY
        else words("many_cafes", count=words.number(len(names)))
    )
    subtitle = words(
        "subtitle",
        first=long_day(first, language=language).partition(" ")[2],
        last=day_and_year(last, language=language),
        days=(last - first).days + 1,
        cafes=cafes,
    )
    return Document(
        language=language,
        title=words(
            f"{'title' if model['whole'] else 'title_cafe'}{'_final' if model['final'] else ''}", cafe=names[0]
        ),
        subtitle=subtitle,
        mark=words("simulated") if model["simulated"] else "",
        frozen=words("frozen", hash=model["hash"][:HASH_SHOWN]),
        page=words("page", page="{page}", pages="{pages}"),
        blocks=tuple(block for part in PARTS for block in part(model, words)),
    )
