"""What a café's file names, its dishes, areas and staff, is what its questions are about."""

from __future__ import annotations

from datetime import date

import pytest

from pilot.cafes import Area, Cafe, LocalizedName
from tests.voice_edge.interviewer.talks import cafe, conversation, reading, turn
from voice_edge.interviewer.scripted import scripted_reply
from voice_edge.interviewer.things import named

WEDNESDAY = date(2026, 11, 25)


def with_more(plain: Cafe) -> Cafe:
    """Return a café whose file names one more dish, area and person."""
    dish = LocalizedName(sv="pistagecroissant", en="pistachio croissant")
    loft = Area(id="loft", sv="höloftet", en="the hay loft")
    return plain.model_copy(
        update={
            "specialties": (*plain.specialties, dish),
            "areas": (*plain.areas, loft),
            "staff": (*plain.staff, "Torborg"),
        }
    )


@pytest.mark.parametrize(
    ("says", "kind"),
    [("Pistagecroissanten var torr.", "dish"), ("Det drog på höloftet.", "area"), ("Torborg var snäll.", "person")],
)
def test_a_dish_an_area_and_a_person_of_the_file_are_known(says: str, kind: str) -> None:
    (found,) = named([says], cafe=with_more(cafe()), language="sv")
    assert found.kind == kind
    assert kind not in {each.kind for each in named([says], cafe=cafe(), language="sv")}


@pytest.mark.parametrize(
    ("says", "act", "themes", "name"),
    [
        ("Pistagecroissanten var torr.", "complaint", {"food": "negative"}, "pistagecroissanten"),
        ("Torborg var jättesnäll.", "praise", {"service": "positive"}, "Torborg"),
    ],
)
def test_the_question_names_what_the_file_names(says, act, themes, name) -> None:
    read = reading(turn(act, details={"thing"}), themes=themes)
    asked = [
        scripted_reply(conversation(says, at=at), reading=read, today=WEDNESDAY).text
        for at in (with_more(cafe()), cafe())
    ]
    assert name in asked[0]
    assert name not in asked[1]
