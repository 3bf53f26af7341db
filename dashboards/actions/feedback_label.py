"""The manager's label of one feedback: useful or not, and a corrected theme."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboards import fragments
from dashboards.visit import Visit
from pilot.cafes import Cafe
from pipelines.language.labels import THEMES
from storage.errors import StoreAway
from storage.store.cafes.feedback_labels import Correction, Label, LabelRefused, add_label, history

REASON = "labelled on the page"
KEEP = ""


def label_form(visit: Visit, cafe: Cafe, session: str, *, themes: Mapping[str, str]) -> None:
    """Draw the current label of a feedback and the buttons that change it; nothing without the permission."""
    if not visit.principal.may("cafe.change"):
        return
    try:
        before = history(visit.store(cafe=cafe.id), session)
    except StoreAway:
        return
    current = before[0] if before else None
    with st.container(horizontal=True, vertical_alignment="center", key=f"label-{session}"):
        for useful, word in ((True, "useful"), (False, "not_useful")):
            chosen = current is not None and current.useful is useful
            if st.button(
                visit.say(f"label.{word}"), key=f"{word}-{session}", type="primary" if chosen else "secondary"
            ):
                corrections = current.corrections if current else ()
                _save(visit, cafe, session, None if chosen else useful, corrections)
        if themes:
            with st.popover(visit.say("label.correct"), key=f"correct-{session}"):
                _correction(visit, cafe, session, themes, current)
        shown = _own_label(visit, before)
        if shown:
            visit.draw(fragments.paragraph(shown))


def _correction(visit: Visit, cafe: Cafe, session: str, themes: Mapping[str, str], current: Label | None) -> None:
    with st.form(f"theme-{session}", border=False):
        theme = st.selectbox(
            visit.say("label.theme"), list(themes), format_func=lambda name: visit.name_of("aspect", name)
        )
        right = st.selectbox(
            visit.say("label.right_theme"),
            [name for name in THEMES if name not in themes],
            format_func=lambda name: visit.name_of("aspect", name),
        )
        if st.form_submit_button(visit.say("label.save")):
            others = tuple(each for each in (current.corrections if current else ()) if each.theme != theme)
            corrected = (*others, Correction(theme, new_theme=right))
            _save(visit, cafe, session, current.useful if current else None, corrected)


def _save(visit: Visit, cafe: Cafe, session: str, useful: bool | None, corrections: tuple[Correction, ...]) -> None:
    store = visit.store(cafe=cafe.id, permission="cafe.change")
    try:
        add_label(store, session, useful=useful, corrections=corrections, by=visit.actor, reason=REASON)
    except LabelRefused:
        visit.draw(fragments.status(visit.say("label.refused")))
        return
    st.rerun()


def _own_label(visit: Visit, before: list[Label]) -> str:
    """Return the label that counts in words, and whose it is."""
    if not before or before[0].withdraws:
        return ""
    current = before[0]
    said = [] if current.useful is None else [visit.say("label.was_useful" if current.useful else "label.was_not")]
    said += [
        visit.say(
            "label.was_corrected",
            theme=visit.name_of("aspect", each.theme),
            right=visit.name_of("aspect", each.new_theme or each.theme),
        )
        for each in current.corrections
    ]
    return visit.say("label.yours" if current.actor == visit.actor else "label.others", said=", ".join(said))
