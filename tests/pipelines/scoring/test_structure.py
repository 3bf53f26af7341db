"""Signals of form, and the café's own names."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilot.cafes import parse_cafes
from pipelines.scoring.names import NO_NAMES, names_of
from pipelines.scoring.spoken import spoken
from pipelines.scoring.structure import is_menu, is_repetition, is_silence

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
AURORA = names_of(CAFES.get("aurora"))
MENU = "kardemummabulle bryggkaffe havrelatte disken uteserveringen Elin Omar Siv"


@pytest.mark.parametrize("said", ["", "...", "Mm. Mm-hm. Mmm.", "öööh eh", "Ehm, hmm"])
def test_sounds_alone_are_silence(said: str) -> None:
    assert is_silence(spoken([said]))


@pytest.mark.parametrize("said", ["nej", "Mm, bra", "ok", "kaffe"])
def test_a_word_is_no_silence(said: str) -> None:
    assert not is_silence(spoken([said]))


def test_few_distinct_words_are_a_repetition_however_long_it_lasts() -> None:
    assert is_repetition(["bra", "kaffe"] * 5)
    assert is_repetition(["bra", "kaffe", "tack"] * 200)


def test_a_long_story_that_returns_to_its_words_is_no_repetition() -> None:
    story = [f"ord{number}" for number in range(50)] * 2
    assert not is_repetition(story)
    assert not is_repetition(["ja", "ja", "ja"])


def test_a_list_of_the_cafes_own_names_is_a_menu() -> None:
    assert is_menu(spoken([MENU]), AURORA)
    assert not is_menu(spoken([MENU]), NO_NAMES)


@pytest.mark.parametrize(
    "said",
    [
        "Havrelatten och kardemummabullen var goda men det var kallt på uteserveringen och Siv var så snäll",
        "kaffe service mat pris kö toalett wifi personal bulle kassa",
        "kardemummabulle havrelatte",
    ],
)
def test_speech_a_list_of_other_words_and_two_dishes_are_no_menu(said: str) -> None:
    assert not is_menu(spoken([said]), AURORA)


@pytest.mark.parametrize("said", ["Siv var snäll", "det var SIVS förtjänst", "Siv's smile", "tack Elin!"])
def test_staff_are_named_by_whole_words_and_in_the_genitive(said: str) -> None:
    assert AURORA.staff_named(spoken([said]))


@pytest.mark.parametrize("said", ["sivet var tomt", "Petra var snäll", "elinor"])
def test_other_words_name_nobody(said: str) -> None:
    assert not AURORA.staff_named(spoken([said]))


def test_a_name_of_two_words_is_named_by_both() -> None:
    cafe = CAFES.get("aurora").model_copy(update={"staff": ("Ann-Sofie",)})
    assert names_of(cafe).staff_named(spoken(["Ann-Sofies bulle"]))
    assert not names_of(cafe).staff_named(spoken(["Sofie och Ann"]))
