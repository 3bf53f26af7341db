"""`pilot language label`: labels one feedback as useful or not, and corrects its themes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import typer

from cli.context import AS_JSON, home, print_json
from pilot.business_days import local_time
from pilot.errors import PilotError
from pilot.identifiers import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.home import Home
    from storage.store.cafes.feedback_labels import Correction, Label, Polarity

app = typer.Typer()


class NotLabelled(PilotError):
    """The arguments identify no feedback, or several, or no correction of it."""


@app.command()
def label(
    reference: str = typer.Argument(help="The receipt's reference, or the session's identifier."),
    useful: bool | None = typer.Option(None, "--useful/--not-useful", help="Whether the feedback was useful."),
    theme: list[str] = typer.Option([], help="OLD=NEW: claims about OLD are about NEW; may be repeated."),
    polarity: list[str] = typer.Option(
        [], help="THEME=positive, negative or mixed, by the theme as it was read; may be repeated."
    ),
    withdraw: bool = typer.Option(False, "--withdraw", help="Withdraw the earlier label."),
    by: str = typer.Option(..., "--by", help="Who labels it."),
    reason: str = typer.Option(..., "--reason", help="The reason, without the guest's words."),
    as_json: bool = AS_JSON,
) -> None:
    """Label one feedback; the latest label counts and replaces an earlier one as a whole.

    A label is deleted when the guest erases the session, and with the words when they expire.

    Example: pilot language label K7M-2QP --useful --theme coffee=service --by Anna --reason "It names the till"
    """
    from storage.store.cafes.feedback_labels import add_label, history

    said = useful is not None or bool(theme) or bool(polarity)
    if said == withdraw:
        raise NotLabelled(
            "A label either says something or withdraws the earlier one.",
            remedy="Give --useful, --not-useful, --theme or --polarity; or only --withdraw.",
        )
    opened = home()
    session = _session(opened, reference)
    corrections = _corrections(theme, polarity)
    if corrections:
        _require_themes(corrections, read=_read_themes(opened, session))
    added = add_label(opened.store(), session, useful=useful, corrections=corrections, by=by, reason=reason)
    earlier = history(opened.store(), session)[1:]
    if as_json:
        print_json(asdict(added))
        return
    typer.echo(_line(added))
    if earlier:
        typer.echo(f"It replaces the label of {earlier[0].actor}, {_moment(earlier[0])}: {_verdict(earlier[0])}.")


def _session(opened: Home, text: str) -> str:
    """Return the session with a reference; any other text is a session's identifier."""
    from storage.store.rewards import receipts

    if readable(text) is None:
        return text
    found = receipts.by_reference(opened.store(), text)
    if not found:
        raise NotLabelled(
            f"No receipt has the reference {text!r}.", remedy="Compare it with the receipt or the café's page."
        )
    if len(found) > 1:
        rows = "\n".join(f"  {each.session_id}  {each.cafe}  {each.day}" for each in found)
        raise NotLabelled(
            f"{len(found)} receipts have the reference {text!r}:\n{rows}\n",
            remedy="Give the session's identifier instead.",
        )
    return found[0].session_id


def _corrections(themes: list[str], polarities: list[str]) -> list[Correction]:
    from storage.store.cafes.feedback_labels import Correction

    renamed, changed = _pairs(themes, option="--theme"), _pairs(polarities, option="--polarity")
    return [
        Correction(each, renamed.get(each), cast("Polarity | None", changed.get(each)))
        for each in dict.fromkeys([*renamed, *changed])
    ]


def _pairs(texts: list[str], *, option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip().lower() for part in text.partition("="))
        if not (name and equals and value):
            raise typer.BadParameter(f"{text[:40]!r} is not of the form THEME=VALUE", param_hint=option)
        if name in pairs:
            raise typer.BadParameter(f"{name} is given twice", param_hint=option)
        pairs[name] = value
    return pairs


def _read_themes(opened: Home, session: str) -> Mapping[str, str]:
    """Return the polarity of each theme that was read in a session.

    Raises:
        NotLabelled: the session is not scored.
    """
    from pilot.business_days import session_day
    from pilot.lake_tables.tables import SCORED_FEEDBACK

    try:
        of_session = [session_day(session), session]
    except ValueError:
        raise NotLabelled(
            "That is neither a reference nor a session's identifier.", remedy="Take the reference from the receipt."
        ) from None
    with opened.lake().snapshot(SCORED_FEEDBACK) as snapshot:
        rows = snapshot.sql("SELECT themes FROM scored_feedback WHERE day = ? AND session_id = ?", of_session)
    if rows.is_empty():
        raise NotLabelled(
            "The feedback has no themes to correct: it is not scored yet, or is gone.",
            remedy="Try again in a minute, or give only --useful or --not-useful.",
        )
    return cast("Mapping[str, str]", json.loads(rows["themes"][0] or "{}"))


def _require_themes(corrections: list[Correction], *, read: Mapping[str, str]) -> None:
    from pipelines.language.labels import THEMES

    for each in corrections:
        if each.theme not in read:
            were = f"these were: {', '.join(sorted(read))}" if read else "none was"
            raise NotLabelled(
                f"{each.theme[:40]!r} was not read in this feedback; {were}.", remedy="Correct one of them."
            )
        if each.new_theme is not None and each.new_theme not in THEMES:
            raise NotLabelled(f"{each.new_theme[:40]!r} is not a theme.", remedy=f"Give one of {', '.join(THEMES)}.")


def _line(added: Label) -> str:
    marked = " [simulated]" if added.simulated else ""
    return f"{added.session_id} {added.cafe} {added.day}{marked}: {_verdict(added)}."


def _verdict(given: Label) -> str:
    if given.withdraws:
        return "withdrawn"
    parts = [] if given.useful is None else ["useful" if given.useful else "not useful"]
    for each in given.corrections:
        right = " ".join(part for part in (each.new_theme, each.polarity) if part is not None)
        parts.append(f"{each.theme} is {right}")
    return ", ".join(parts)


def _moment(given: Label) -> str:
    return f"{local_time(given.labelled_at):%Y-%m-%d %H:%M}"
