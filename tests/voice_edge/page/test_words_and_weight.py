"""The page's weight, words and HTML, checked without a browser."""

from __future__ import annotations

import re

import pytest

from pilot.words import section
from tests.voice_edge.page.fake_edge import FACTS, cafes, sent_receipt
from voice_edge.http.page.customer import customer_page
from voice_edge.http.page.notice import notice_page
from voice_edge.http.page.receipt import receipt_page
from voice_edge.http.page.self_test import self_test_page
from voice_edge.http.static_files import STATIC_FOLDER

CAFE = cafes()[0]
FIRST_VISIT_BYTES = 67_000
SOUND_BYTES = 10_000
PAGE_BYTES = 22_000


def page(language: str = "sv", **fields: object) -> str:
    given = {
        "cafe": CAFE,
        "code": "ABC234",
        "language": language,
        "reward_ore": 2000,
        "simulated": False,
        "facts": FACTS,
    } | fields
    return customer_page(**given)


# Fetched only in voice mode, and only by other pages.
SOUND = {"capture.js", "capture-worklet.js", "resampler.js", "audio-clock.js"}
TILL = {"till.css", "till-camera.js", "jsqr.js", "jsqr.LICENSE.txt"}
SELF_TEST = {"self-test.css", "self-test.js"}
PICTURES = {path.name for path in STATIC_FOLDER.glob("help-*")}
LATER = {*SOUND, *TILL, *SELF_TEST, *PICTURES, "receipt.css", "receipt.js", "privacy.css"}


def test_scripts_styles_and_pictures_of_a_first_visit_together_weigh_less_than_67_kB() -> None:
    first = [path.stat().st_size for path in STATIC_FOLDER.iterdir() if path.name not in LATER]
    assert sum(first) < FIRST_VISIT_BYTES


def test_the_sound_that_is_fetched_when_voice_is_chosen_weighs_less_than_10_kB() -> None:
    assert sum((STATIC_FOLDER / name).stat().st_size for name in SOUND) < SOUND_BYTES


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_itself_weighs_less_than_22_kB(language: str) -> None:
    assert len(page(language, simulated=True).encode()) < PAGE_BYTES


@pytest.mark.parametrize("name", ["page", "receipt", "privacy"])
def test_both_languages_hold_the_same_keys_and_placeholders(name: str) -> None:
    swedish, english = section(name, "sv"), section(name, "en")
    assert swedish.keys() == english.keys()
    for key, text in swedish.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


@pytest.mark.parametrize("name", ["page", "receipt", "privacy"])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_text_holds_a_dash_as_a_pause_or_an_emoji(name: str, language: str) -> None:
    for key, text in section(name, language).items():
        assert not re.search(r"[–—\U0001F300-\U0001FAFF]", text), key


def test_every_word_that_the_script_uses_is_in_the_page() -> None:
    for script in STATIC_FOLDER.glob("*.js"):
        drawn = self_test_page(cafe=CAFE, code="ABC234", language="sv") if script.name in SELF_TEST else page()
        boot = drawn.split('id="boot">')[1]
        for key in re.findall(r'say\("([\w.]+)"', script.read_text(encoding="utf-8")):
            assert f'"{key}"' in boot, f"{script.name} says {key}"


def test_every_word_of_the_section_is_used() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in STATIC_FOLDER.glob("*.js"))
    sources += (STATIC_FOLDER.parent / "templates" / "customer.html").read_text(encoding="utf-8")
    composed = [re.sub(r"\\\$\\{\w+\\}", r"\\w+", re.escape(key)) for key in re.findall(r"say\(`([^`]+)`", sources)]
    unused = [
        key
        for key in section("page", "sv")
        if key not in sources and not any(re.fullmatch(pattern, key) for pattern in composed)
    ]
    assert unused == []


@pytest.mark.parametrize("language", ["sv", "en"])
def test_there_is_no_inline_script_style_or_handler_and_no_foreign_address(language: str) -> None:
    html = page(language) + notice_page(kind="unknown_code")
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", html)
    assert re.findall(r"<script(?! type=\"(?:module|application/json)\")", html) == []


@pytest.mark.parametrize(("language", "other"), [("sv", "en"), ("en", "sv")])
def test_the_page_declares_its_language_and_links_to_the_other(language: str, other: str) -> None:
    html = page(language)
    assert f'<html lang="{language}">' in html
    assert f'href="?lang={other}" hreflang="{other}"' in html


def test_the_smallest_reward_is_shown_as_given() -> None:
    assert "Kupong på minst 25\u00a0kr för ett användbart svar" in page(reward_ore=2500)


def test_a_name_with_markup_cannot_break_out_of_the_page() -> None:
    html = page(cafe=CAFE.model_copy(update={"name": "</script><b>Å & Ö"}))
    assert "</script><b>" not in html
    assert "&lt;/script&gt;&lt;b&gt;Å &amp; Ö" in html


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_test_badge_shows_only_on_a_test(language: str) -> None:
    badge = section("page", language)["page.test_long"]
    assert badge in page(language, simulated=True)
    assert badge not in page(language)


@pytest.mark.parametrize("outcome", [True, False, None])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_receipt_never_shows_the_score_or_the_threshold(language: str, outcome: bool | None) -> None:
    receipt = sent_receipt(eligible=outcome)
    html = receipt_page(receipt=receipt, cafe=CAFE, language=language, reward_ore=3000, simulated=False)
    assert ("30\u00a0kr" in html) == (outcome is True)
    assert "87" not in html
    assert "60" not in html
    assert "K7F 3QX" in html
    assert ("23 november 2026" if language == "sv" else "23 November 2026") in html


@pytest.mark.parametrize("kind", ["unknown_code", "retired_code", "wrong_cafe", "maintenance"])
def test_a_notice_is_in_both_languages_and_links_if_it_can(kind: str) -> None:
    html = notice_page(kind=kind, cafe=CAFE, link="/c/XYZ")
    assert 'lang="sv"' in html
    assert 'lang="en"' in html
    assert html.count('href="/c/XYZ"') == 2
    assert 'href="/c/' not in notice_page(kind=kind, cafe=None, link=None)
