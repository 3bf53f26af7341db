"""Notes of sounds are taken out of transcripts, and words stay."""

from __future__ import annotations

import pytest

from voice_edge.hearing.sound_notes import without_sound_notes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("*clears throat* The coffee was cold.", "The coffee was cold."),
        ("The coffee *coughs* was cold.", "The coffee was cold."),
        ("**sighs** It was cold", "It was cold"),
        ("[music] The queue was long. [Music playing]", "The queue was long."),
        ("It was loud (laughs), very loud", "It was loud, very loud"),
        ("(door opens) Hello there", "Hello there"),
        ("(speaking in foreign language) and cold", "and cold"),
        ("The soup was [inaudible] salty", "The soup was salty"),
        ("♪ la la la ♪ The soup was salty", "The soup was salty"),
        ("♪ The soup was salty", "The soup was salty"),
        ("<noise> The soup was salty {noise}", "The soup was salty"),
        ("The soup (background chatter) was salty.", "The soup was salty."),
        ("Kaffet var kallt (skratt).", "Kaffet var kallt."),
        ("(Skrattar) Kaffet var kallt", "Kaffet var kallt"),
        ("Kaffet [fniss] var kallt", "Kaffet var kallt"),
        ("*harklar sig* Kaffet var kallt", "Kaffet var kallt"),
        ("*suckar djupt* Kön var lång", "Kön var lång"),
        ("Kön var lång [ohörbart] vid lunch", "Kön var lång vid lunch"),
        ("(telefonen ringer) Kön var lång", "Kön var lång"),
        ("(applåder) [musik] Kön var lång", "Kön var lång"),
        ("（musik） Kön var lång", "Kön var lång"),
        ("[MUSIK SPELAS I BAKGRUNDEN] Kön var lång", "Kön var lång"),
        ("*snyftar*", ""),
        ("[Music] ... (laughter)", ""),
    ],
)
def test_notes_of_sounds_are_removed(text: str, said: str) -> None:
    assert without_sound_notes(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "Musiken var för hög.",
        "Vi skrattade mycket.",
        "Kaffet var gott (men dyrt).",
        "Maten (den jag fick till slut) var kall.",
        "Kön (musiken var hög) gick långsamt.",
        "Betyg 3*4*5 ungefär",
        "2 * 45 kronor * 3",
        "fem av fem *",
        "Kaffet < teet och teet > vattnet? Nej, 5 < 6.",
        "The music was too loud.",
        "The staff laughed (we had fun).",
        "The cake (chocolate) was dry.",
        "It was 4 * 5, not 5 * 5.",
        "",
    ],
)
def test_a_guests_words_stay(text: str) -> None:
    assert without_sound_notes(text) == text
