"""The cafés' file as a draft: checked, previewed, and saved by the reader."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.visit import Visit
from pilot.cafe_changes import CafeChange, changes
from pilot.cafes import Cafes, parse_cafes
from pilot.composed import composed
from pilot.errors import InvalidCafes
from storage.cafes_file import cafes_text, find_cafes_file

NAME = "cafes.toml"
MOST_CHARACTERS = 200_000
HEIGHT = 420  # pixels


def draft_of_file(visit: Visit) -> None:
    """Draw the file for editing; a reader of some cafés sees nothing, because the file holds every café.

    The pages never write it: it belongs to the server's configuration, under version control.
    """
    if visit.principal.cafes is not None:
        return
    say = visit.say
    visit.draw(fragments.section_head(say("cafes.draft.title"), summary=say("cafes.draft.what")))
    text = cafes_text(visit.home.settings.cafes_file)
    if len(text) > MOST_CHARACTERS:
        visit.draw(fragments.paragraph(say("cafes.draft.too_large")))
        return
    with st.expander(say("cafes.draft.open"), key="cafes-draft"):
        visit.confirm(permission="cafes")
        with st.form("draft", border=False):
            draft = composed(
                st.text_area(
                    say("cafes.draft.text"),
                    value=text,
                    height=HEIGHT,
                    max_chars=MOST_CHARACTERS,
                    key="draft-text",
                )
            )
            checked = st.form_submit_button(say("cafes.draft.check"), key="draft-check")
        if checked:
            _checked(visit, draft)


def _checked(visit: Visit, text: str) -> None:
    say = visit.say
    try:
        after = parse_cafes(text, source=NAME)
    except InvalidCafes as error:
        visit.draw(fragments.status(say("cafes.draft.wrong")))
        visit.draw(fragments.render("points", lines=[line.strip() for line in error.what.splitlines() if line.strip()]))
        return
    found = changes(visit.home.cafes(), after)
    if not found:
        visit.draw(fragments.status(say("cafes.draft.same")))
        return
    visit.draw(fragments.status(say("cafes.draft.right", count=len(found))))
    _preview(visit, found, after=after)
    st.download_button(say("cafes.draft.save"), text, NAME, "application/toml", key="draft-save", on_click="ignore")
    path = find_cafes_file(visit.home.settings.cafes_file)
    visit.draw(fragments.lead("", notes=[say("cafes.draft.how", path=f"`{path}`")]))


def _preview(visit: Visit, found: list[CafeChange], *, after: Cafes) -> None:
    say = visit.say
    names = {cafe.id: cafe.name for cafe in (*visit.cafes, *after.cafe)}
    st.dataframe(
        pd.DataFrame(
            [
                {
                    say("controls.cafe"): names[each.cafe] if each.cafe else say("cafes.draft.every"),
                    say("cafes.draft.field"): each.field or say("cafes.draft.whole"),
                    say("cafes.draft.before"): _shown(each.before),
                    say("cafes.draft.after"): _shown(each.after),
                }
                for each in found
            ]
        ),
        hide_index=True,
        width="stretch",
    )


def _shown(value: Any) -> str:
    """Return a value of the file as text: lists by comma, names in Swedish, and no password."""
    if value is None:
        return "–"
    if isinstance(value, dict):
        return (
            str(value["sv"])
            if "sv" in value
            else ", ".join(
                f"{name} {_shown(each)}" for name, each in value.items() if each is not None and name != "password"
            )
        )
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value) or "–"
    return str(value)
