"""Masks text that identifies a guest before it is written, shown as a caption or logged.

Masked, in digits and in words, Swedish and English: telephone, personal identity, card and bank account numbers and
cars' plates; e-mail addresses ("anna snabel-a gmail punkt com"), web addresses and accounts of a person; street
addresses and postcodes; and the name after "jag heter" / "my name is" or a closing greeting, however they are typeset
(`pilot.text_shape`). Prices, times, dates, years, table numbers and amounts stay. The time is proportional to the
length of the text.

Known to pass unmasked: a name without an introduction, and one in lower case after "jag är" / "I'm" unless it ends in
-sson; a date of birth; a web address without "www" or spoken ("kaffekalle punkt se"); an account's name of letters
only after "min insta är"; the words before the last one of a spoken e-mail address ("anna svensson snabel-a ..." keeps
"anna"); a number said over several turns up to its fourth digit; a street without a number; a plate without a word
about cars; what the recogniser misheard.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pilot.email_addresses import email_spans
from pilot.number_context import MEASURED, OF_A_THING
from pilot.number_runs import NumberRun, number_runs
from pilot.personal_names import name_spans
from pilot.street_addresses import address_spans
from pilot.text_shape import clean, shape

Language = Literal["sv", "en"]

LONG_NUMBER_DIGITS = 7  # amounts and times have fewer digits, Swedish telephone numbers at least 8
LONG_GROUP_DIGITS = 6  # one unbroken group: a birth date of a personal identity number
BROKEN_OFF_DIGITS = 3  # a number cut off by the end of a turn, after a word that announces one
PAIR_DIGITS = 2  # a turn with nothing else, after a number that was cut off
BANK_DIGITS = 4  # after a word that announces an account, anywhere
CARD_CODE_DIGITS = 3  # after "cvc", anywhere
RECEIPT_DIGITS = 6  # the most that a table, queue or receipt number has
ANNOUNCED_WITHIN = 40  # characters between an announcing word and its number
LONGEST_NUMBER = 400  # characters of a number in words, with its announcement
TAIL_TURNS = 4  # the maximum number of turns that a number spans

MASKS: dict[Language, dict[str, str]] = {
    "sv": {"number": "[nummer]", "email": "[e-post]", "name": "[namn]", "handle": "[konto]", "address": "[adress]"},
    "en": {"number": "[number]", "email": "[email]", "name": "[name]", "handle": "[account]", "address": "[address]"},
}

_ANNOUNCES = re.compile(
    r"\b(?:nummer|numret|mobil\w*|telefon\w*|tele|personnummer\w*|kort\w*nummer|swish\w*|number|phone|mobile|cell"
    r"|(?:ring\w*|sms\w*|messa|nå|når|call|text|reach|whatsapp) (?:till )?(?:mig|oss|honom|henne|me|us|him|her)"
    r"|ring(?:a)? (?=0|noll|\+))\b",
    re.IGNORECASE,
)
_BANK = re.compile(
    r"\b(?:clearing\w*|konto(?:t|nummer|numret)?|bankkonto\w*|bankgiro\w*|plusgiro\w*|iban|swift|bic"
    r"|account|sort code|routing|card number|kort\w*nummer|pin\w*)\b",
    re.IGNORECASE,
)
_CARD_CODE = re.compile(r"\b(?:cvc|cvv|säkerhetskod|security code)\w*\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_GROUP = re.compile(r"[^\W_]+")
_YEAR_SPAN = re.compile(r"\d{4}\s?[-/]\s?\d{4}")
_TIMES = re.compile(r"(?:[01]?\d|2[0-4])[ .:]?[0-5]\d(?:\s*[,;-]\s*(?:[01]?\d|2[0-4])[ .:]?[0-5]\d)*")
_TIME_COMES = re.compile(
    r"\b(?:klockan|kl|kring|runt|vid|mellan|från|at|around|about|between|from)[\s.]*$", re.IGNORECASE
)

# Every repetition that may begin anywhere is bounded, and no text matches one in two ways: a typed turn must not be
# able to keep the edge busy.
_HANDLE = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w@])@\w[\w.]{2,}"
    r"|\b(?:(?:instagram|facebook|tiktok|linkedin|snapchat|twitter|youtube|x)\.com|t\.me|wa\.me)/\S+"
    r"|\b\w{1,40}(?:\s+(?:underscore|understreck)\s+\w{1,40}){1,4}",
    re.IGNORECASE,
)
# An account's name differs from a word ("instagram är kul") by a digit, a dot or a line, or stands alone after a colon.
_ACCOUNT = re.compile(
    r"\b(?:insta(?:gram)?|snap(?:chat)?|tiktok|twitter|telegram|discord|facebook|fb)(?:"
    r"\s*:\s*([^\W\d]\w{2,39})(?=\s*(?:[.,;!?\n]|$))"
    r"|(?:\s*:\s*|(?:\s+(?:är|e|heter|is))?\s+)([^\W\d_]\w{0,39}(?:[_#\d]|\.(?=\w))[\w.#]{0,39}(?<!\.)))",
    re.IGNORECASE,
)
_IBAN = re.compile(r"\b[a-z]{2}\s?\d{2}(?:\s?[a-z0-9]{4}){3,7}(?:\s?[a-z0-9]{1,3})?\b", re.IGNORECASE)
_PLATE = r"(?!SEK|EUR|USD|GBP|NOK|DKK|CVC|CVV|PIN)[A-Z]{3}\s?\d{2}[A-Z\d]\b"
_LETTERS_AND_NUMBERS = re.compile(
    # A car's plate after a word about cars, and a British national insurance number.
    rf"\b(?i:bil|bilen|bilens|regnr|reg|registrerings\w{{1,20}}|car|plate|registration)\b[^.!?\d\n]{{0,30}}?\b({_PLATE})"
    r"|\b([A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D])\b"
)


def redact(text: str, language: Language, *, before: str = "", unfinished: bool = False) -> str:
    """Return `text` in composed Unicode, with everything that identifies a guest masked.

    Args:
        text: The spoken or typed words of one turn.
        language: The language of the masks; both languages are recognised.
        before: The preceding turns, already redacted, as `tail` returns them: a number cut off there continues here.
        unfinished: Whether the turn will continue (a caption): a number at its end is then masked as soon as it could
            become a long one.
    """
    masks = MASKS[language]
    words = _Words(clean(text))
    words.mask(email_spans(words.shape), masks["email"])
    words.mask([found.span() for found in _HANDLE.finditer(words.shape)], masks["handle"])
    words.mask([found.span(found.lastindex or 0) for found in _ACCOUNT.finditer(words.shape)], masks["handle"])
    words.mask(name_spans(words.shape), masks["name"])
    words.mask([found.span() for found in _IBAN.finditer(words.shape)], masks["number"])
    words.mask(
        [found.span(found.lastindex or 0) for found in _LETTERS_AND_NUMBERS.finditer(words.shape)], masks["number"]
    )
    words.mask(address_spans(words.shape), masks["address"])
    goes_on = _breaks_off(before)
    words.mask(
        [
            (run.start, run.end)
            for run in number_runs(words.shape)
            if _identifies(words.shape, run, goes_on=goes_on, unfinished=unfinished)
        ],
        masks["number"],
    )
    return words.text


class _Words:
    """A text and its shape, which are masked at the same places."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.shape = shape(text)

    def mask(self, spans: Sequence[tuple[int, int]], mask: str) -> None:
        """Replace each of `spans`, in order, by `mask`."""
        if spans:
            self.text, self.shape = _replaced(self.text, spans, mask), _replaced(self.shape, spans, mask)


def _replaced(text: str, spans: Sequence[tuple[int, int]], mask: str) -> str:
    kept: list[str] = []
    position = 0
    for start, end in spans:
        kept += [text[position:start], mask]
        position = end
    return "".join([*kept, text[position:]])


def tail(turns: Sequence[str]) -> str:
    """Return the context that the next turn's redaction needs, from redacted turns.

    It is the last turn, and the turns before it as long as they contain only numbers: "noll sju" / "noll ett" / ... is
    one number in the making.
    """
    kept: list[str] = []
    for text in reversed(turns[-TAIL_TURNS:]):
        kept.insert(0, text)
        if len(text) > LONGEST_NUMBER:
            break
        runs = number_runs(text)
        if len(runs) != 1 or runs[0].words_before or runs[0].words_after:
            break
    return " ".join(kept)


def _identifies(text: str, run: NumberRun, *, goes_on: bool, unfinished: bool) -> bool:
    if run.digits < (PAIR_DIGITS if goes_on else BROKEN_OFF_DIGITS):
        return False
    before = text[max(0, run.start - ANNOUNCED_WITHIN) : run.start]
    if goes_on and not run.words_before and run.digits >= (BROKEN_OFF_DIGITS if run.words_after else PAIR_DIGITS):
        return True
    long = run.digits >= LONG_NUMBER_DIGITS or run.longest_group >= LONG_GROUP_DIGITS
    ends = run.digits >= BROKEN_OFF_DIGITS and not run.words_after
    return (
        long
        or (run.digits >= BANK_DIGITS and _BANK.search(before) is not None)
        or (run.digits >= CARD_CODE_DIGITS and _CARD_CODE.search(before) is not None)
        or (ends and (unfinished or _ANNOUNCES.search(before) is not None))
    ) and not _counts_or_measures(text, run, before=before)


def _counts_or_measures(text: str, run: NumberRun, *, before: str) -> bool:
    """Return whether the number is a table's, an amount, a time or a year."""
    if run.longest_group <= RECEIPT_DIGITS and run.digits <= RECEIPT_DIGITS and OF_A_THING.search(before):
        return True
    if not run.from_zero and run.longest_group < LONG_GROUP_DIGITS and MEASURED.match(text, run.end):
        return True
    said = text[run.start : run.end]
    return _are_years(said) or (_TIME_COMES.search(before) is not None and _TIMES.fullmatch(said) is not None)


def _are_years(said: str) -> bool:
    """Return whether `said` is a list of years with commas, or a span of two."""
    listed = "," in said or _YEAR_SPAN.fullmatch(said) is not None
    return listed and all(_YEAR.fullmatch(group) for group in _GROUP.findall(said))


def _breaks_off(before: str) -> bool:
    """Return whether the preceding text ends inside a number, masked or not, or announces one at its end."""
    ending = before[-LONGEST_NUMBER:].rstrip(" .,!?…")
    if ending.endswith(tuple(masks["number"] for masks in MASKS.values())):
        return True
    runs = number_runs(ending)
    if runs and runs[-1].end == len(ending):
        run = runs[-1]
        if run.digits >= BROKEN_OFF_DIGITS and not OF_A_THING.search(ending[: run.start]):
            return True
    return _ANNOUNCES.search(ending[-30:]) is not None
