"""The page on which a customer talks or writes."""

from __future__ import annotations

from pilot.cafes import Cafe, Language
from pilot.events import CONSENT_VERSION
from pilot.money import kronor
from pilot.words import section
from voice_edge.http.page.privacy import PrivacyFacts
from voice_edge.http.rendering import fill_placeholders, render

# The script changes the words of these sections during the talk; all others are in the HTML only. A switch of language
# loads a new page.
_SCRIPT_SECTIONS = frozenset({"voice", "microphone", "trouble", "talk", "review", "stuck", "done", "notice", "ended"})

# The words of those sections that are in the HTML only: they need not travel twice.
_HTML_ONLY = frozenset(
    {
        *("microphone.allow", "trouble.how_title", "trouble.write", "review.title", "review.lead"),
        *("stuck.lead", "stuck.said", "done.title", "done.reference", "done.receipt"),
        *("talk.history", "talk.preparing", "talk.continue", "talk.to_text", "talk.answer", "talk.placeholder"),
        *("talk.caption", "notice.quiet", "notice.here"),
    }
)


def customer_page(
    *,
    cafe: Cafe,
    code: str,
    language: Language,
    reward_ore: int,
    simulated: bool,
    facts: PrivacyFacts,
    voice_trial: bool | None = None,
    voice_off: bool = False,
    banner: str = "",
) -> str:
    """Return the page on which a customer talks or writes.

    Args:
        cafe: The café that the code belongs to.
        code: The short code in the address.
        language: The language to open in; the other one is one tap away, as `?lang=`.
        reward_ore: The smallest reward, in öre; 0 if the trial has none left.
        simulated: Whether this is a test: marked on the page and in everything it sends.
        facts: Who is responsible for the answers and how long they are kept, for the consent.
        voice_trial: Whether voice is a trial in `language`; if None, Swedish is one until `welcome` reports otherwise.
        voice_off: Whether guests can only write now.
        banner: A notice to show first, in words; empty for none.
    """
    values = {"cafe": cafe.name, "reward": kronor(reward_ore), "version": CONSENT_VERSION}
    values |= {"controller": facts.controller, "days": str(facts.words_days)}
    words = fill_placeholders(section("page", language), values)
    trial = language == "sv" if voice_trial is None else voice_trial
    boot = {
        "code": code,
        "language": language,
        "simulated": simulated,
        "consent_version": CONSENT_VERSION,
        "voice_trial": trial,
        "words": {
            key: text for key, text in words.items() if key.split(".")[0] in _SCRIPT_SECTIONS and key not in _HTML_ONLY
        },
    }
    return render(
        "customer",
        language=language,
        cafe=cafe,
        t=words,
        simulated=simulated,
        banner=banner,
        rewards=reward_ore > 0,
        trial=trial,
        voice_off=voice_off,
        boot=boot,
    )
