"""`pilot why`: explains the result of a session, for a barista or for support."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

import typer

from cli.context import actor, home, print_json
from pilot.business_days import local_time, parse_day
from pilot.cafes import Language
from pilot.errors import PilotError
from pilot.identifiers import readable
from pilot.words import LANGUAGES, say

if TYPE_CHECKING:
    from pipelines.feedback.explanation import SessionResult
    from pipelines.scoring import Reasons, Score
    from storage.home import Home
    from storage.store.rewards.receipts import Receipt

WORDS = "why"
GONE_AFTER_HOURS = 1  # A result that is missing after this will not appear.

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
    from pipelines.feedback.explanation import explain

    spoken = _language(language)
    if quotes and not reason.strip():
        raise NotExplained(
            "A guest's words are shown only for a reason.", remedy='Add --reason "...", for the audit log.'
        )
    opened = home()
    receipt = _receipt(opened, code, language=spoken, cafe=cafe, day=day)
    stored, result = _result(opened, receipt, language=spoken)
    sentences = _with_ruling(opened, receipt, list(explain(result, language=spoken)), language=spoken)
    if receipt.simulated:
        sentences.append(say(WORDS, "simulated", spoken))
    quoted = _quotes(opened, receipt, reason=reason) if quotes else None
    if as_json:
        print_json(
            stored
            | {"outcome": result.outcome, "said": result.said, "left_out": result.left_out, "sentences": sentences}
            | ({"quoted": quoted} if quotes else {})
        )
        return
    typer.secho(_line(opened, receipt, language=spoken), bold=True)
    for sentence in sentences:
        typer.echo(sentence)
    for quote in quoted or ():
        typer.echo(f"  {quote['subscore']}: {quote['words']}")


def _with_ruling(opened: Home, receipt: Receipt, sentences: list[str], *, language: Language) -> list[str]:
    """Return the sentences, the first replaced by a person's ruling if there is one."""
    from payouts.answering import ruling
    from storage.store.rewards import decisions

    decision = decisions.find(opened.store(), receipt.session_id)
    ruled = ruling(decision, language=language)
    if decision is None or not ruled:
        return sentences
    sentences = [ruled, *sentences[1:]]
    if not decision.released:
        sentences.append(say("bank", "why.again", language, reference=receipt.reference))
    return sentences


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


def _result(opened: Home, receipt: Receipt, *, language: Language) -> tuple[dict[str, Any], SessionResult]:
    """Return the lake's rows about the receipt's session, and the result that the explanation needs."""
    from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSION_SIGNALS
    from pipelines.feedback.explanation import RaisedSignal, SessionResult
    from storage.store.privacy import tombstones

    reference = receipt.reference
    if receipt.session_id in tombstones.for_day(opened.store(), receipt.day):
        raise NotExplained(say(WORDS, "lookup.erased", language, code=reference), remedy="")
    of_session, parameters = "where day = ? and session_id = ?", [receipt.day, receipt.session_id]
    with opened.lake().snapshot(SCORED_FEEDBACK, SESSION_SIGNALS) as snapshot:
        scored = snapshot.sql(f"select * from scored_feedback {of_session}", parameters)  # noqa: S608
        signals = snapshot.sql(f"select * from session_signals {of_session} order by signal", parameters)  # noqa: S608
    if scored.is_empty():
        fresh = datetime.now(UTC) - receipt.created_at < timedelta(hours=GONE_AFTER_HOURS)
        raise NotExplained(
            say(WORDS, f"lookup.{'pending' if fresh else 'expired'}", language, code=reference), remedy=""
        )
    row = scored.row(0, named=True)
    reasons = _reasons(opened, receipt, scorer_version=row["scorer_version"])
    result = SessionResult(
        reference=reference,
        score=row["score"],
        eligible=row["eligible"],
        said=reasons.said,
        left_out=reasons.left_out,
        signals=tuple(row["signals"]),
        raised=tuple(
            RaisedSignal(each["signal"], each["severity"], each["cap"], each["held_until"])
            for each in signals.iter_rows(named=True)
        ),
    )
    shown = ("signal", "severity", "cap", "held_until", "related", "counts", "signals_version")
    raised = [{name: each[name] for name in shown} for each in signals.iter_rows(named=True)]
    return {"reference": reference, **row, "raised": raised}, result


def _reasons(opened: Home, receipt: Receipt, *, scorer_version: str) -> Reasons:
    """Return what the answer says and leaves out; nothing if another version of the scorer judged it."""
    from pipelines.scoring import SCORER_VERSION, Reasons

    return _scored_again(opened, receipt)[1].reasons if scorer_version == SCORER_VERSION else Reasons()


def _quotes(opened: Home, receipt: Receipt, *, reason: str) -> list[dict[str, str]]:
    """Return the words that earned points, after recording the access in the audit log."""
    from storage.store import audit

    store = opened.store()
    with store.begin() as connection:
        audit.record(
            connection,
            actor=actor(),
            action="session.quotes",
            subject=receipt.session_id,
            reason=reason,
        )
    texts, scored = _scored_again(opened, receipt)
    return [{"subscore": span.subscore, "words": texts[span.turn][span.start : span.end]} for span in scored.spans]


def _scored_again(opened: Home, receipt: Receipt) -> tuple[list[str], Score]:
    """Return the counted turns of the receipt's session and their score."""
    import unicodedata

    import polars as pl

    from pilot.lake_tables.tables import TURNS
    from pipelines.feedback.counting_turns import counts_as_feedback
    from pipelines.scoring import score

    turns = opened.lake().read(TURNS, days=[receipt.day]).filter(pl.col("session_id") == receipt.session_id)
    said = turns.filter(counts_as_feedback()).sort("turn")
    texts = [unicodedata.normalize("NFC", text) for text in said["transcript"]]  # spans index NFC text
    known = {cafe.id: cafe for cafe in opened.cafes().cafe}
    return texts, score(texts, language=cast("Language", receipt.language), cafe=known.get(receipt.cafe))
