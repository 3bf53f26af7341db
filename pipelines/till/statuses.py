"""The meaning of the words by which tills mark a receipt: sold, refunded, failed, training, ..."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pipelines.till.values import spaced

MOST_SIGNS = 60  # of a text that is read as a word for what a row is

Meaning = Literal["sale", "refund", "failed", "cancelled", "training", "copy", "parked", "no_sale"]

# Whole phrases, before their words are read: negations, and words that mean another thing alone.
_PHRASES: Mapping[str, Meaning] = {
    **dict.fromkeys(
        (
            "ej slutförd", "ej slutfört", "inte slutförd", "ej genomförd", "ej genomfört", "inte genomförd",
            "inte genomfört", "ej godkänd", "ej godkänt", "inte godkänd", "inte godkänt", "not completed",
            "not approved", "not successful", "tekniskt fel", "timed out", "time out", "fel",
        ),
        "failed",
    ),
    **dict.fromkeys(
        ("ej betald", "ej betalt", "inte betald", "inte betalt", "not paid", "on hold", "i väntan", "väntar"), "parked"
    ),
    **dict.fromkeys(
        ("partially refunded", "partial refund", "delvis återbetald", "delvis återbetalt", "delvis återbetalad"), "sale"
    ),
    **dict.fromkeys(
        (
            "öppna låda", "öppna kassalåda", "open drawer", "no sale", "pay in", "pay out", "paid in", "paid out",
            "cash in", "cash out", "x rapport", "z rapport", "x report", "z report", "x dagrapport", "z dagrapport",
            "x", "z", "no show", "in betalning kassa", "ej försäljning", "inte försäljning",
        ),
        "no_sale",
    ),
    **dict.fromkeys(("charged back", "credit note", "credit memo", "credit invoice"), "refund"),
    **dict.fromkeys(("kvitto kopia", "second copy"), "copy"),
}  # fmt: skip

# The beginnings of words; inflections and compounds follow ("Returkvitto", "Övningsförsäljning").
_STEMS: tuple[tuple[Meaning, str], ...] = (
    (
        "training",
        "opplæring provkvitto provköp testförsäljning testkvitto testköp testorder träning træning utbildning övning "
        "øvelse",
    ),
    (
        "copy",
        "dublett duplicat duplikat kassakvittokopi kopi kvittokopi reprint",
    ),
    (
        "cancelled",
        "abandon aborted annul annull annuller avbeställ avbok avbr borttag cancel deleted makuler ogiltig "
        "raderad raderat slettet storn struken struket strukna void ångrad ångrat",
    ),
    (
        "failed",
        "afvist avslag avslagen avslaget avvis avvist declin denied error expired fail felaktig incomplete "
        "mislyk misslyck nekad nekat ofullständig ogodkänd ogodkänt reject timeout unsuccessful",
    ),
    (
        "parked",
        "draft förhandskvitto held layaway layby mellannota notautskrift obetal offert parked parker pausad "
        "pausat pending prelim profo proforma påbörj pågå quote suspended unpaid unsettled utkast vilande väntande "
        "öppen öppet öppna",
    ),
    (
        "no_sale",
        "dagavslut dagrapport dagsavslut egenförbrukning inloggning insättning internförbrukning inventering "
        "kassaavslut kassainsättning kassalådeöppning kontantuttag login logout lådöppning overføring payin "
        "payout personalmåltid svinn utbetalning utloggning uttag växelkassa växling waste withdrawal",
    ),
    (
        "refund",
        "chargeback kreditering kreditfaktur kreditkvitt kreditnot refund refusjon retur return reversal "
        "tilbagebetaling återbetalning återföring återköp",
    ),
    (
        "sale",
        "approv avslut betalat betald betaling betalning betalt captur complet fullført försälj "
        "gennemført genomför godkendt godkjent godkän klar komplett kontantbetal kontantförsälj kontantköp "
        "kortbetal kortförsälj kortköp köpkvitt köpnot köpt lyckad lyckades lyckat ordinarie settl slutför succe "
        "success swishbetal swishköp såld sålt",
    ),
)

# Whole words.
_WORDS: Mapping[str, Meaning] = {
    **dict.fromkeys(("training", "test", "demo", "practice", "prov"), "training"),
    **dict.fromkeys(("copy", "duplicate"), "copy"),
    **dict.fromkeys(("open", "estimate", "saved", "sparad", "sparat"), "parked"),
    **dict.fromkeys(("fee", "avgift", "adjustment", "tip", "dricks", "transfer", "deposit"), "no_sale"),
    **dict.fromkeys(
        (
            "köp", "sale", "sales", "sold", "payment", "paid", "purchase", "charge", "charged", "kvitto", "kassakvitto",
            "receipt", "order", "invoice", "faktura", "kundfaktura", "kontantfaktura", "normal", "normalt", "ok",
            "okej", "done", "closed", "stängd", "stängt", "accepted", "accepterad", "accepterat", "processed",
            "salg", "kjøp", "salgskvittering", "kvittering", "live", "skarp", "fulfilled", "verkställd", "verkställt",
            "utförd", "utfört", "original", "produktion", "debit", "debet",
        ),
        "sale",
    ),
}  # fmt: skip

# Words that say how a sale was paid, eaten or made, not whether it was one.
_NEUTRAL = frozenset(
    (
        "0 1 a amex and app apple artikel av avhämtning away bar betalkort blipp bord by card cash chip "
        "contactless credit delivery dine eat faktura fika frukost företag gift giftcard google här in item "
        "kassa klarna kontant kontanter kort kredit kreditkort kund kvitto leverans line lunch maestro "
        "mastercard med middag mobil mobile och on online order pay pickup pos presentkort privat qliro rad "
        "receipt site snabbköp stripe swish ta table take takeaway the typ type via visa web webb äta"
    ).split()
)
_WEIGHT: Mapping[Meaning, int] = {
    "training": 7, "copy": 6, "cancelled": 5, "failed": 4, "parked": 3, "no_sale": 2, "refund": 1, "sale": 0,
}  # fmt: skip
_YES = frozenset(("ja", "j", "yes", "y", "true", "sant", "1", "x", "✓", "✔"))
_NO = frozenset(("nej", "nei", "n", "no", "false", "falskt", "0", "0,00", "0.00", "-", ""))
# A sale that was refunded later and a refund can both be written so: only a person knows what the till means.
_NEGATIONS = frozenset(("ej", "inte", "icke", "ikke", "not", "non", "un", "ingen", "no"))
_PARTICIPLES = frozenset(
    "återbetald återbetalt återbetalad återbetalat refunded returned returnerad returnerat återköpt krediterad "
    "krediterat reversed återförd återfört tilbagebetalt refundert".split()
)


def folded(text: str) -> str:
    """Return a text without its accents."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


_BEGINNINGS = tuple((meaning, tuple(folded(stems).split())) for meaning, stems in _STEMS)
_FOLDED_PHRASES = {folded(phrase): meaning for phrase, meaning in _PHRASES.items()}
_FOLDED_WORDS = {folded(word): meaning for word, meaning in _WORDS.items()}
_FOLDED_NEUTRAL = frozenset(folded(word) for word in _NEUTRAL)
_FOLDED_PARTICIPLES = frozenset(folded(word) for word in _PARTICIPLES)


@lru_cache(maxsize=4096)
def meaning_of(text: str) -> Meaning | None:
    """Return the meaning of a status or type; None if it is not known. An empty one is a sale.

    Tills without Swedish letters write "ovning" and "aterkop".
    """
    plain = folded(plain_status(text))
    if not plain:
        return "sale"
    if plain in _FOLDED_PHRASES:
        return _FOLDED_PHRASES[plain]
    words = plain.split()
    if "kop" in plain_status(text).split():
        return None  # "köp" or "kopia"
    if _NEGATIONS & set(words) or _FOLDED_PARTICIPLES & set(words):
        return None
    found = [_meaning_of_word(word) for word in words]
    known = [each for each in found if each is not None]
    heaviest = max(known, key=lambda each: _WEIGHT[each], default=None)
    if heaviest is not None and heaviest != "sale":
        return heaviest
    unknown = [word for word, each in zip(words, found, strict=True) if each is None and word not in _FOLDED_NEUTRAL]
    return None if unknown else "sale"


def means_only_no_sale(text: str) -> bool:
    """Return whether every word of a text is of a sale that was cancelled, failed or training."""
    plain = folded(plain_status(text)) if len(text) <= MOST_SIGNS else ""
    meanings = [_meaning_of_word(word) for word in plain.split()]
    return None not in meanings and meaning_of(text) in ("cancelled", "failed", "training") if meanings else False


def truth_of(text: str) -> bool | None:
    """Return whether a flag is set; None if the text is neither yes nor no."""
    plain = unicodedata.normalize("NFC", spaced(text)).casefold()
    return True if plain in _YES else False if plain in _NO else None


@lru_cache(maxsize=4096)
def plain_status(text: str) -> str:
    """Return a status's words: composed, in lower case, without punctuation."""
    return spaced(re.sub(r"[^\w]|_", " ", unicodedata.normalize("NFC", text).casefold()))


def _meaning_of_word(word: str) -> Meaning | None:
    if word in _FOLDED_WORDS:
        return _FOLDED_WORDS[word]
    return next((meaning for meaning, stems in _BEGINNINGS if word.startswith(stems)), None)
