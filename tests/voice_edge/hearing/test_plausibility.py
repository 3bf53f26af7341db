"""Implausible transcripts are not taken for words."""

from __future__ import annotations

import pytest

from voice_edge.hearing.invented_lines import without_credits
from voice_edge.hearing.plausibility import echoes, is_invented, is_runaway, loop_start, without_loop

SURE = {"confidence": 0.95, "no_speech_probability": 0.05}


@pytest.mark.parametrize(
    "text",
    [
        # Swedish closing lines
        "Undertexter från Amara.org-gemenskapen",
        "Undertexter av Amara.org",
        "Undertexter från Amara.org",
        "Undertextning: Anna Svensson",
        "Textning: Lisa Svensson, SVT",
        "Textning: Stina Hedin www.btistudios.com",
        "Stina Hedin Iyuno Media Group",
        "Textat av Karin Schill.",
        "Textning av BritneySpears88",
        "Svensktextning.nu",
        "Svansktextning.nu",
        "Textning.nu",
        "Text: VSI OrdKedjan 2021 www.vsi-stockholm.se",
        "Översättning: Anna Svensson",
        "Översättning och textning: Karl Karlsson",
        "Tack för att ni tittade!",
        "Tack för att du tittade!",
        "Tack för att du har tittat.",
        "Tack för att ni har tittat på den här videon!",
        "Tack för tittandet.",
        "Tack till elever och personal vid Värmlands universitet",
        "Ett stort tack till mina supporters via Patreon!",
        "Glöm inte att prenumerera!",
        "Prenumerera på kanalen.",
        "Vi ses i nästa video!",
        "Vi ses nästa gång.",
        # English closing lines
        "Thank you for watching.",
        "Thanks for watching!",
        "Thank you so much for watching this video.",
        "Thanks for watching, see you in the next video!",
        "Please subscribe.",
        "Please like and subscribe!",
        "Don't forget to like and subscribe to my channel.",
        "Smash that like button!",
        "See you in the next video.",
        "I'll see you in the next one.",
        "See you next time!",
        "We'll be right back.",
        "Subtitles by the Amara.org community",
        "Transcription by CastingWords",
        "Transcribed by https://otter.ai",
        "Captions by the Cyclope",
        "Translated by Anna Svensson",
        "www.mooji.org",
        # sounds
        "Musik",
        "Musik Musik Musik",
        "...musik...",
        "[Music]",
        "[Musik spelas]",
        "(upbeat music)",
        "♪ ♪",
        "*sighs*",
        "[BLANK_AUDIO]",
        "Applåder",
        "(laughter)",
        # nothing, or another script
        "",
        "...",
        "?!",
        "ご視聴ありがとうございました",
        "Продолжение следует...",
        "Thanks for watching! Thanks for watching! Thanks for watching!",
    ],
)
def test_known_inventions_are_no_speech_at_any_confidence(text: str) -> None:
    assert is_invented(text, **SURE)


@pytest.mark.parametrize(
    "text",
    [
        "Tack för att ni tittade till oss vid bordet.",
        "Tack för att ni tittade efter min jacka.",
        "I subscribe to your newsletter.",
        "I'd subscribe to a coffee card.",
        "Jag prenumererar på ert kaffe.",
        "Musiken var för hög.",
        "The music was too loud.",
        "Det var tystnad i hela lokalen.",
        "Undertexterna på skärmen var för små.",
        "Översättningen av menyn är dålig.",
        "Översättning av menyn saknas.",
        "Texten på skylten är för liten.",
        "Textning saknas på skärmen.",
        "Thank you for watching my bag while I ordered.",
        "Thanks for watching over the kids.",
        "Thank you, it was lovely.",
        "Thanks for the coffee and the bun.",
        "Thank you for listening to me about the queue.",
        "I was watching the door.",
        "Tack för kaffet.",
        "Tack till personalen i kassan.",
        "Vi ses nästa gång vi är i stan.",
        "See you next time we are in town.",
        "The captions on the menu are hard to read.",
        "The applause from the next room was loud.",
        "Ja.",
        "Tack.",
        "Okay.",
        "Thank you.",
        "Hej då.",
        "The bell at the door rings all the time.",
        "Nästa video i kön hade reklam.",
        "I like it and my wife likes it.",
    ],
)
def test_plausible_words_of_guests_are_kept(text: str) -> None:
    assert not is_invented(text, **SURE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The coffee was cold. Thanks for watching!", "The coffee was cold."),
        ("Kaffet var kallt. Undertexter från Amara.org-gemenskapen", "Kaffet var kallt."),
        ("[Music] The coffee was cold.", "The coffee was cold."),
        ("Kaffet var kallt. Och bullen torr.", "Kaffet var kallt. Och bullen torr."),
        ("Kaffet var 3.5 av 5.", "Kaffet var 3.5 av 5."),
    ],
)
def test_invented_lines_around_speech_are_removed(text: str, said: str) -> None:
    assert without_credits(text) == said


# What the packaged weights wrote over noise (tests/voice_edge/hearing/noises.py), with their confidence and doubt.
WRITTEN_OVER_NOISE = [
    ("Det", 0.17, 0.86),
    ("I", 0.08, 0.57),
    ("Jag har en kallnade kallnade.", 0.15, 0.38),
    ("I'm not sure if I can do it.", 0.18, 0.38),
    ("I'm gonna have to go back to the other side.", 0.15, 0.44),
    ("Kanske är det en liten spärr?", 0.19, 0.57),
    ("Jag har aldrig kvar.", 0.12, 0.57),
    ("I'm going to take a look at the camera.", 0.19, 0.57),
    ("I'm going to put my hands up.", 0.19, 0.43),
    ("Jag har haft det här, men jag har inte gjort det här.", 0.21, 0.68),
    ("you", 0.26, 0.86),
    ("I'm sorry.", 0.17, 0.76),
    ("Ska vi ta en stål?", 0.14, 0.76),
    ("Tjena", 0.06, 0.79),
]


@pytest.mark.parametrize(("text", "confidence", "doubt"), WRITTEN_OVER_NOISE)
def test_text_invented_over_noise_is_no_speech(text: str, confidence: float, doubt: float) -> None:
    assert is_invented(text, confidence=confidence, no_speech_probability=doubt)


def test_a_lone_courtesy_is_kept_only_if_the_model_is_sure() -> None:
    assert not is_invented("Thank you.", confidence=0.8, no_speech_probability=0.1)
    assert is_invented("Thank you.", confidence=0.3, no_speech_probability=0.1)
    assert is_invented("you", confidence=0.8, no_speech_probability=0.8)


def test_an_unsure_text_is_dropped_if_the_model_doubts_speech() -> None:
    assert is_invented("I'm going to put the oil on the pan.", confidence=0.19, no_speech_probability=0.73)
    assert not is_invented("I'm going to put the oil on the pan.", confidence=0.8, no_speech_probability=0.73)


def test_endless_repetition_is_detected_and_cut() -> None:
    text = "The coffee was good. " + "And then we went home. " * 6
    assert loop_start(text) is not None
    assert without_loop(text).startswith("The coffee was good. And then we went home")
    assert without_loop(text).count("home") == 1


@pytest.mark.parametrize(
    "text", ["nej nej nej nej, det var bra", "väldigt, väldigt, väldigt bra", "the the the coffee", "ha ha ha", ""]
)
def test_people_repeat_themselves_a_little(text: str) -> None:
    assert loop_start(text) is None
    assert without_loop(text) == text


def test_more_tokens_than_anybody_can_speak_are_a_runaway() -> None:
    assert is_runaway("words", tokens=40, seconds=1.0)
    assert not is_runaway("words", tokens=12, seconds=2.0)


def test_a_repeated_sentence_is_retried_but_not_cut() -> None:
    text = "Press 0 to reach an operator. Press 0 to reach an operator."
    assert echoes(text)
    assert without_loop(text) == text
    assert not echoes("Kaffet var gott, kaffet var varmt, och kön var kort.")
