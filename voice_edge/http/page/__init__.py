"""The customer's pages as HTML: the talk, the receipt, and what is shown when a code cannot be used.

Everything a page loads comes from `static_folder()`, served under /static. There is no inline script or style, so the
strictest Content-Security-Policy holds; what the script needs travels as JSON in the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from payouts.payout_status import AT_STRIPE, VOUCHER_GOOD
from pilot.business_days import local_time
from pilot.cafes import Cafe, Language
from pilot.events import CONSENT_VERSION
from pilot.money import kronor
from pilot.words import LANGUAGES, section
from voice_edge.doors.calendar_words import day_words
from voice_edge.receipts.reward_shown import RewardShown

NoticeKind = Literal["unknown_code", "retired_code", "wrong_cafe", "maintenance"]

REFERENCE_GROUP = 3  # characters: six read aloud over a counter are two threes

_FOLDER = Path(__file__).parent

# The script changes these texts as the talk goes on; the rest stands in the HTML. A switch of language is a new page.
_SAID_BY_THE_SCRIPT = frozenset(
    {"voice", "microphone", "trouble", "talk", "review", "stuck", "done", "notice", "ended"}
)

# Of those sections, what stands in the HTML only: it need not travel twice.
_IN_THE_HTML = frozenset(
    {
        *("microphone.allow", "trouble.how_title", "trouble.write", "review.title", "review.lead", "review.leave"),
        *("stuck.lead", "stuck.said", "done.title", "done.reference", "done.receipt"),
        *("talk.history", "talk.preparing", "talk.continue", "talk.to_text", "talk.answer", "talk.placeholder"),
        *("talk.caption", "notice.quiet", "notice.here"),
    }
)

_environment = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}


class ReceiptShown(Protocol):
    """What a receipt page needs of a receipt; the score itself is never shown."""

    @property
    def reference(self) -> str:
        """Return the spoken reference."""

    @property
    def day(self) -> date:
        """Return the business day."""

    @property
    def preliminary_eligible(self) -> bool | None:
        """Return whether it looks like a reward; None while nobody knows."""


@dataclass(frozen=True, slots=True)
class StatusShown:
    """What is said of a reward on its way to a bank account, and whether Stripe's pages are where to go on."""

    title: str
    text: str
    at_stripe: bool


def static_folder() -> Path:
    """Return the folder of scripts, styles and pictures to serve under /static."""
    return _FOLDER / "static"


def customer_page(
    *,
    cafe: Cafe,
    code: str,
    language: Language,
    reward_ore: int,
    simulated: bool,
    voice_trial: bool | None = None,
    banner: str = "",
) -> str:
    """Return the page on which a customer talks or writes.

    Args:
        cafe: The café that the code belongs to.
        code: The short code in the address.
        language: The language to open in; the other one is one tap away, as `?lang=`.
        reward_ore: The smallest reward, in öre; 0 where the trial has none left.
        simulated: Whether this is a test: marked on the page and in everything it sends.
        voice_trial: Whether voice is a trial in `language`; None: Swedish is, until `welcome` says otherwise.
        banner: What the guest should know first, in words; empty for nothing.
    """
    known = {"{cafe}": cafe.name, "{reward}": kronor(reward_ore), "{version}": CONSENT_VERSION}
    words = _filled(section("page", language), known)
    trial = language == "sv" if voice_trial is None else voice_trial
    boot = {
        "code": code,
        "language": language,
        "simulated": simulated,
        "consent_version": CONSENT_VERSION,
        "voice_trial": trial,
        "words": {
            key: text
            for key, text in words.items()
            if key.split(".")[0] in _SAID_BY_THE_SCRIPT and key not in _IN_THE_HTML
        },
    }
    return _environment.get_template("customer.html").render(
        cafe=cafe,
        language=language,
        other="en" if language == "sv" else "sv",
        t=words,
        simulated=simulated,
        banner=banner,
        rewards=reward_ore > 0,
        trial=trial,
        boot=boot,
    )


def receipt_page(
    *,
    receipt: ReceiptShown,
    cafe: Cafe,
    language: Language,
    reward_ore: int,
    simulated: bool,
    path: str = "",
    erased_on: date | None = None,
    beyond_trial: bool = False,
    reward: RewardShown | None = None,
    bank_offered: bool = False,
    rail_note: str = "",
) -> str:
    """Return the receipt: the reward as it stands and its voucher, the reference, the day and the café.

    Neither the score nor what was said is shown.

    Args:
        receipt: The receipt.
        cafe: Its café.
        language: The page's.
        reward_ore: What it would earn as things stand; 0 for nothing.
        simulated: Whether it is a test's.
        path: Its own address, where its answers can be erased.
        erased_on: The day on which they were.
        beyond_trial: Whether the trial had no reward left for it.
        reward: The reward as it was decided; None while it is not.
        bank_offered: Whether its voucher may be exchanged for a payment to a bank account.
        rail_note: What to say of a rail that moves no money; empty for one that does.
    """
    eligible = receipt.preliminary_eligible
    outcome = "pending" if eligible is None else "likely" if eligible and reward_ore else "unlikely"
    if beyond_trial:
        outcome = "beyond"
    if reward is not None:
        outcome = "held_open" if reward.state == "held" and reward.at is None else reward.state
        reward_ore = reward.amount_ore
    if erased_on is not None:
        outcome = "erased"
    reference = receipt.reference
    return _environment.get_template("receipt.html").render(
        cafe=cafe,
        language=language,
        other="en" if language == "sv" else "sv",
        path=path,
        t=_filled(
            section("receipt", language),
            {
                "{cafe}": cafe.name,
                "{reward}": kronor(reward_ore),
                "{erased}": day_words(erased_on or receipt.day, language),
                "{until}": day_words(_day_of(reward, otherwise=receipt.day), language),
                "{when}": _clock_in_words(reward, language),
            },
        ),
        payout_status=status_shown(reward, language=language) if erased_on is None else None,
        bank_offered=bank_offered
        and erased_on is None
        and reward is not None
        and reward.state == "ready"
        and not reward.payout_status,
        rail_note=rail_note,
        why_known=reward is not None and erased_on is None,
        offer=_filled(section("bank", language), {"{reward}": kronor(reward_ore)}),
        outcome=outcome,
        state=receipt_state(reward, erased=erased_on is not None),
        watched=(reward is None and outcome != "beyond") or (reward is not None and not reward.final),
        code=reward.code if reward is not None else "",
        qr=reward.qr if reward is not None else "",
        reference=" ".join(
            reference[start : start + REFERENCE_GROUP] for start in range(0, len(reference), REFERENCE_GROUP)
        ),
        day=receipt.day,
        day_in_words=day_words(receipt.day, language),
        simulated=simulated,
    )


def receipt_state(reward: RewardShown | None, *, erased: bool) -> str:
    """Return a short text that changes whenever what a receipt shows of its reward does."""
    parts = ("erased" if erased else "kept", *((reward.state, str(reward.number)) if reward is not None else ("open",)))
    return ".".join((*parts, *((reward.payout_status,) if reward is not None and reward.payout_status else ())))


def status_shown(reward: RewardShown | None, *, language: Language) -> StatusShown | None:
    """Return the words for a reward on its way to a bank account; None where it is on none."""
    if reward is None or not reward.payout_status:
        return None
    if reward.payout_status in VOUCHER_GOOD and reward.state != "ready" and reward.payout_status != "lapsed":
        return None  # The voucher was used or has lapsed meanwhile: the receipt says that.
    known = {"{reward}": kronor(reward.amount_ore)}
    words = _filled(section("payout", language), known)
    return StatusShown(
        words[f"{reward.payout_status}.title"],
        words[f"{reward.payout_status}.text"],
        at_stripe=reward.payout_status in AT_STRIPE,
    )


def notice_page(*, kind: NoticeKind, cafe: Cafe | None = None, link: str | None = None) -> str:
    """Return the page that says, in both languages, why there is no talk here and what to do.

    Args:
        kind: What is the matter.
        cafe: The café that the code belongs to (`wrong_cafe`), or whose page this is.
        link: Where to go instead: the right café's address, or the page to try again.
    """
    known = {"{cafe}": cafe.name if cafe else ""}
    return _environment.get_template("notice.html").render(
        kind=kind,
        cafe=cafe,
        link=link,
        action="wrong_cafe_link" if kind == "wrong_cafe" else "again",
        words={each: _filled(section("receipt", each), known) for each in LANGUAGES},
    )


def _day_of(reward: RewardShown | None, *, otherwise: date) -> date:
    return local_time(reward.at).date() if reward is not None and reward.at is not None else otherwise


def _clock_in_words(reward: RewardShown | None, language: Language) -> str:
    if reward is None or reward.at is None:
        return ""
    local = local_time(reward.at)
    joined = "{day} kl. {time:%H.%M}" if language == "sv" else "{day} at {time:%H:%M}"
    return joined.format(day=day_words(local.date(), language), time=local)


def _filled(words: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """Fill what the server knows and leave the other placeholders to the page."""
    filled = {}
    for key, text in words.items():
        for placeholder, value in known.items():
            text = text.replace(placeholder, value)
        filled[key] = text
    return filled
