"""`pilot why`: explains the result of a session, for a barista or for support."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast

import typer

from cli.context import actor, home, print_json
from pilot.business_days import local_time, parse_day
from pilot.cafes import Language
from pilot.errors import PilotError
from pilot.identifiers import readable
from pilot.words import LANGUAGES, say

if TYPE_CHECKING:
    from storage.home import Home
    from storage.store.rewards.receipts import Receipt

WORDS = "why"

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class NotExplained(PilotError):
    """The reference does not identify one session with a result."""


@app.command()
def why(
    code: str = typer.Argument(help="The spoken reference on the guest's receipt."),
    language: str = typer.Option("sv", "--language", help="sv or en."),
    cafe: str = typer.Option("", "--cafe", help="The café's id, if two sessions share the reference."),
    day: str = typer.Option("", "--day", help="The business day, for example 2026-11-23."),
    quotes: bool = typer.Option(False, "--quotes", help="Show the words that earned points (support only, audited)."),
    reason: str = typer.Option("", "--reason", help="The reason, for the audit log; required with --quotes."),
    as_json: bool = typer.Option(False, "--json", help="Print the scores and the evidence, too, as JSON."),
) -> None:
    """Explain the result of a session in words, without the guest's words, points or thresholds.

    Example: pilot why BCD234 --language en
    """
    from operations.session_answers import TABLES, score_again, session_answer
    from storage.store.rewards import decisions

    spoken = _language(language)
    if quotes and not reason.strip():
        raise NotExplained(
            "A guest's words are shown only for a reason.", remedy='Add --reason "...", for the audit log.'
        )
    opened = home()
    receipt = _receipt(opened, code, language=spoken, cafe=cafe, day=day)
    known = {each.id: each for each in opened.cafes().cafe}
    decision = decisions.find(opened.store(), receipt.session_id)
    with opened.lake().snapshot(*TABLES, days=[receipt.day]) as snapshot:
        found = session_answer(
            opened.store(), snapshot, receipt, decision, cafe=known.get(receipt.cafe), language=spoken,
            now=datetime.now(UTC),
        )  # fmt: skip
        quoted = None
        if quotes:
            _record_quotes(opened, receipt, reason=reason)
            texts, scored = score_again(snapshot, receipt, cafe=known.get(receipt.cafe))
            quoted = [
                {"subscore": span.subscore, "words": texts[span.turn][span.start : span.end]} for span in scored.spans
            ]
    sentences = list(found.sentences)
    if receipt.simulated:
        sentences.append(say(WORDS, "simulated", spoken))
    if as_json:
        result = found.result
        print_json(
            found.stored
            | {"outcome": result.outcome, "said": result.said, "left_out": result.left_out, "sentences": sentences}
            | ({"quoted": quoted} if quotes else {})
        )
        return
    typer.secho(_line(opened, receipt, language=spoken), bold=True)
    for sentence in sentences:
        typer.echo(sentence)
    for quote in quoted or ():
        typer.echo(f"  {quote['subscore']}: {quote['words']}")


def _language(text: str) -> Language:
    if text not in LANGUAGES:
        raise NotExplained(f"{text!r} is not a language of the pilot.", remedy=f"Give one of {', '.join(LANGUAGES)}.")
    return cast("Literal['sv', 'en']", text)


def _receipt(opened: Home, code: str, *, language: Language, cafe: str, day: str) -> Receipt:
    from storage.store.rewards import receipts

    if readable(code) is None:
        raise _none("not_a_reference", language, code=code)
    found = [
        each
        for each in receipts.by_reference(opened.store(), code)
        if (not cafe or each.cafe == cafe) and (not day or each.day == parse_day(day))
    ]
    folded = str(readable(code))
    if not found:
        raise _none("unknown", language, code=folded)
    if len(found) > 1:
        lines = "\n".join(
            f"  {_line(opened, each, language=language)} (--cafe {each.cafe} --day {each.day})" for each in found
        )
        what = say(WORDS, "lookup.several", language, code=folded)
        raise NotExplained(f"{what}\n{lines}\n", remedy=say(WORDS, "lookup.several_remedy", language))
    return found[0]


def _none(key: str, language: Language, *, code: str) -> NotExplained:
    return NotExplained(
        say(WORDS, f"lookup.{key}", language, code=code), remedy=say(WORDS, f"lookup.{key}_remedy", language)
    )


def _line(opened: Home, receipt: Receipt, *, language: Language) -> str:
    from pipelines.feedback.explanation import spoken_day

    known = {cafe.id: cafe.name for cafe in opened.cafes().cafe}
    return say(
        WORDS,
        "lookup.line",
        language,
        cafe=known.get(receipt.cafe, receipt.cafe),
        day=spoken_day(receipt.created_at, language=language),
        clock=f"{local_time(receipt.created_at):%H:%M}",
    )


def _record_quotes(opened: Home, receipt: Receipt, *, reason: str) -> None:
    """Record in the audit log that a guest's words are shown, before they are."""
    from storage.store import audit

    with opened.store().begin() as connection:
        audit.record(
            connection,
            actor=actor(),
            action="session.quotes",
            subject=receipt.session_id,
            reason=reason,
        )
