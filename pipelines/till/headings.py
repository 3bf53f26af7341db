"""The headings of tills' exports in four languages, and the column that each one names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pipelines.till.statuses import Meaning, folded
from pipelines.till.values import is_amount, is_numbered, spaced

ColumnKind = Literal["day", "time", "count", "receipt", "total", "cafe", "till", "fee", "net"]

# Words of headings in lower case; "-", "_", "/", "#" and dots are spaces, brackets and currencies are dropped. The
# earlier heading is preferred if a file has several of one kind.
HEADINGS: Mapping[ColumnKind, tuple[str, ...]] = {
    "day": (
        "affärsdag", "affärsdatum", "business day", "business date", "försäljningsdatum", "försäljningsdag",
        "transaktionsdatum", "kvittodatum", "köpdatum", "betaldatum", "betalningsdatum", "datum", "dag",
        "datum och tid", "datum tid", "datum & tid", "datum klockslag", "tidpunkt", "transaction date", "sale date",
        "receipt date", "date", "day", "date time", "date and time", "datetime", "timestamp",
        "order date", "created at", "paid at", "paid date", "payment date", "invoice date", "fakturadatum",
        "orderdatum", "trans date", "transdatum", "betald datum", "date of sale", "sold at", "completed at",
        "closed date", "finalized", "finalized date", "kassadag", "kassadatum", "sale date time", "tidsstämpel",
        "tidstämpel", "local time", "created", "closed at", "closed", "dato", "dato og tid", "dato tid", "salgsdato",
    ),
    "time": (
        "timme", "hour", "time of day", "tidsintervall", "intervall", "interval", "klockslag", "klockan", "kl", "tid",
        "time", "sale time", "transaction time", "kvittotid", "starttid", "time slot", "från kl", "tidspunkt",
    ),
    "count": (
        "kunder", "antal kunder", "kundantal", "gäster", "antal gäster", "antal kunder gäster", "kvitton",
        "antal kvitton", "antal försäljningskvitton", "köp", "antal köp", "antal transaktioner", "transaktioner",
        "antal betalningar", "antal försäljningar", "antal notor", "notor", "antal beställningar", "antal ordrar",
        "antal order", "antal sålda kvitton", "no of customers", "no of receipts", "customers",
        "number of customers", "customer count", "guests",
        "number of guests", "guest count", "covers", "receipts", "number of receipts", "receipt count",
        "transactions", "number of transactions", "transaction count", "number of sales", "sales count", "orders",
        "number of orders", "order count", "checks", "number of checks", "antal kvitteringer", "antal kunder pr dag",
        "antall kunder", "antall kvitteringer", "antall bonger", "antal bonner", "antal salg",
    ),
    "receipt": (
        "kvittonummer", "kvittonr", "kvitto nr", "kvitto nummer", "kvitto", "kvitto id", "kvittoid",
        "kvittonummer id", "kvittolöpnummer", "receipt number", "receipt no", "receipt nr", "receipt id", "receipt",
        "kvitteringsnummer", "kvitteringsnr", "bonnummer", "bonnr", "bongnummer", "bongnr", "bong nr",
        "notanummer", "notanr", "nota nr", "nota", "transaktionsnummer", "transaktionsnr", "transaktions id",
        "transaktionsid", "transaktion id", "transaction id", "transaction number", "transaction no", "transaction",
        "check number", "check no", "check", "check id", "ticket number", "ticket no", "ticket id", "ticket",
        "bill number", "bill no", "sale id", "sale number", "sale no", "sale", "order number", "order no",
        "order nr", "order id", "order", "ordernummer", "ordernr", "beställningsnummer", "payment id",
        "betalnings id", "invoice number", "invoice no", "invoice", "fakturanummer", "fakturanr", "dokumentnummer",
        "document number", "document no", "document", "verifikationsnummer", "löpnummer", "löpnr", "journalnummer",
        "försäljnings id", "köp id",
    ),
    "total": (
        "att betala", "totalt att betala", "summa att betala", "total collected", "total paid", "amount paid",
        "totalbelopp inkl moms", "total inkl moms", "totalt inkl moms", "summa inkl moms", "belopp inkl moms",
        "försäljning inkl moms", "total incl vat", "total incl tax", "amount incl vat", "total including tax",
        "total", "totalt", "totalbelopp", "totalsumma", "kvittobelopp", "kvittosumma", "notabelopp", "grand total",
        "total amount", "order total", "payment amount", "transaction amount", "transaktionsbelopp", "köpbelopp",
        "summa", "belopp", "amount", "brutto", "bruttobelopp", "gross", "gross sales", "gross amount", "gross price",
        "försäljning",
        "försäljningsbelopp", "bruttoförsäljning", "omsättning", "sales", "sale amount", "total sales", "betalt",
        "betalat", "betalt belopp", "beløb", "beløp", "total beløb", "net sales", "net price", "nettoförsäljning",
        "net amount",
        "nettobelopp", "netto", "net",
    ),
    "cafe": (
        "kafé", "kafe", "café", "cafe", "butik", "butiksnamn", "butik namn", "försäljningsställe",
        "försäljningsplats", "restaurang", "restaurangnamn", "filial", "driftställe", "arbetsställe", "store",
        "store name", "location", "location name", "outlet", "outlet name", "shop", "shop name", "site", "site name",
        "branch", "branch name", "venue", "venue name", "restaurant", "restaurant name", "butikk", "salgssted",
        "point of sale location", "pos location",
    ),
    "till": (
        "kassanummer", "kassanr", "kassa nr", "kassa nummer", "kassa id", "kassaid", "kassabeteckning",
        "kassaregister", "kassaregisternummer", "kassaenhet", "kassaapparat", "kassapunkt", "kassaplats", "kassanamn",
        "kassa", "register", "register name", "register id", "register no", "register number", "cash register",
        "till", "till name", "till id", "till no", "till number", "pos", "pos name", "pos id", "pos no",
        "pos number", "pos nr", "pos terminal", "checkout", "checkout name", "device name", "device", "device id",
        "device nickname", "enhetsnamn", "enhets id", "enhetsid", "workstation", "station", "station id",
        "kontrollenhet", "kontrollenhetsnummer", "tillverkningsnummer", "terminal", "terminal id", "terminalid",
        "terminal nr", "terminalnummer", "terminal name", "terminal no", "terminal number", "kasse", "kassenummer",
        "kassenr", "kasseapparat", "kasse nr",
    ),
    "fee": ("avgift", "fee", "afgift"),
    "net": ("netto", "net"),
}  # fmt: skip

# Columns whose values say whether a row is a sale.
STATUS_HEADINGS = frozenset(
    (
        "status", "kvittostatus", "transaktionsstatus", "betalstatus", "betalningsstatus", "orderstatus",
        "order status", "order state", "sale state", "payment status", "transaction status", "sale status",
        "receipt status", "check status",
        "financial status", "paid status", "state", "payment state", "result", "resultat", "utfall", "typ", "type",
        "kvittotyp", "kvitto typ", "transaktionstyp", "händelsetyp", "händelse", "försäljningstyp", "dokumenttyp",
        "fakturatyp", "radtyp", "ordertyp", "köptyp", "läge", "receipt type", "transaction type", "event type",
        "event", "sale type", "order type", "document type", "line type", "record type", "mode",
        "kvitteringstype", "hændelsestype", "transaktionstype", "bontype",
    )
)  # fmt: skip

# Columns of yes and no: a yes has this meaning.
FLAG_HEADINGS: Mapping[str, Meaning] = {
    **dict.fromkeys(("makulerad", "makulerat", "annullerad", "annullerat", "avbruten", "avbrutet"), "cancelled"),
    **dict.fromkeys(("void", "voided", "cancelled", "canceled", "is void", "deleted", "raderad"), "cancelled"),
    **dict.fromkeys(("felslag", "felslaget"), "cancelled"),
    **dict.fromkeys(("övning", "övningskvitto", "övningsläge", "träning", "träningsläge", "testläge"), "training"),
    **dict.fromkeys(("training", "training mode", "is training", "test", "is test", "test mode"), "training"),
    **dict.fromkeys(("kopia", "kvittokopia", "copy", "is copy", "reprint", "duplicate"), "copy"),
    **dict.fromkeys(("parkerad", "parkerat", "parked", "on hold", "is open"), "parked"),
    **dict.fromkeys(("retur", "returkvitto", "is refund", "is return"), "refund"),
    **dict.fromkeys(("failed", "misslyckad", "misslyckades", "declined", "nekad"), "failed"),
}  # fmt: skip

# Columns of names and free text, whose values never decide whether a row is a sale.
DESCRIPTIONS = re.compile(
    r"beskriv|produkt|artikel|vara|benämning|noter|kommentar|anteckning|meddelande|kund|gäst|personal|kassör|säljare|"
    r"betal|metod|kort|e ?post|kategori|grupp|descript|product|item|article|note|comment|message|customer|guest|staff|"
    r"employee|server|cashier|seller|payment|tender|method|card|e ?mail|category|department|reference|tag|process"
)

_AMOUNT_WORDS = frozenset(
    "belopp total totalt totalsumma totalbelopp summa brutto bruttobelopp försäljning omsättning gross amount sales "
    "collected betalt betalat betala paid charged beløb beløp value värde kvittobelopp kvittosumma slutsumma "
    "försäljningsbelopp".split()
)
_OTHER_AMOUNTS = frozenset(
    "moms momsbelopp tax taxes vat mva dricks dricksbelopp tip tips gratuity rabatt rabattbelopp rabatter discount "
    "discounts avgift avgifter fee fees antal count number quantity refund refunds refunded retur returer "
    "återbetalning återbetalt återbetalat växel change öresavrundning öresutjämning avrundning rounding cost costs "
    "kostnad kostnader rest balance saldo outstanding payout utbetalning id nr no datum date day time kort card "
    "kontant kontanter cash swish typ type metod method currency valuta per styck st unit by av status due from till "
    "köpare buyer points poäng shipping frakt profit vinst margin marginal tb service "
    "category kategori name namn person".split()
)
_WITH_OR_WITHOUT = re.compile(
    r"\b(?:inkl?|inklusive|incl?|including|exkl?|exklusive|excl?|excluding|ex|efter|after|before|före|with|med|utan) "
    r"(?:moms|vat|tax|taxes|mva|rabatt|rabatter|discounts?|dricks|tips?|öresavrundning|avrundning|rounding)\b"
)
_CURRENCIES = re.compile(r" (?:sek|kr|kronor|dkk|nok|eur|usd|gbp|öre)$")


def plain_heading(text: str) -> str:
    """Return a heading's words: composed, in lower case, without brackets, punctuation and currency."""
    composed = unicodedata.normalize("NFC", text)
    bare = re.sub(r"\(.*?\)|\[.*?\]", " ", composed).casefold()
    return _CURRENCIES.sub("", spaced(re.sub(r"[^\w&]|_", " ", bare)))


def heading_key(text: str) -> str:
    """Return the key by which headings are equal: "Kassa-ID", "KassaId" and "kassa id" have one."""
    return re.sub(r"[ &]", "", folded(plain_heading(text)))


def known_columns(headings: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> dict[ColumnKind, int]:
    """Return each known column's index; the preferred one if several headings name it.

    A column of receipt numbers has digits ("Sale" may also be a type), one of amounts has amounts.
    """
    keys = [heading_key(each) for each in headings]
    columns: dict[ColumnKind, int] = {}
    for kind, known in _KEYS.items():
        places = [place for name in known for place, heading in enumerate(keys) if heading == name]
        if kind == "receipt":
            # Shopify calls the order's number its name.
            places += [keys.index("name")] if {"name", "financialstatus"} <= set(keys) else []
            places = [place for place in places if _is_mostly(is_numbered, place, rows)]
        elif kind == "total":
            places = [place for place in places if not _is_other_amount(headings[place])]
            places += [place for place, heading in enumerate(headings) if is_amount_heading(heading)]
            places = [place for place in places if _is_mostly(is_amount, place, rows)]
        elif kind == "count":
            places = [place for place in places if not is_foreseen(headings[place])]
        if places:
            columns[kind] = places[0]
    for kind, pattern in _PATTERNS.items():
        free = [place for place, key in enumerate(keys) if pattern.fullmatch(key) and place not in columns.values()]
        possible = [place for place in free if _is_possible(kind, place, rows)]
        if kind not in columns and possible:
            columns[kind] = possible[0]
    return columns


def is_status(heading: str) -> bool:
    """Return whether a column's values say what a row is."""
    key = heading_key(heading)
    return key in _STATUS_KEYS or _STATUS_OF_A_SALE.search(key) is not None


def is_description(heading: str) -> bool:
    """Return whether a column has names or free text, which never say what a row is."""
    return DESCRIPTIONS.search(plain_heading(heading)) is not None


def is_foreseen(heading: str) -> bool:
    """Return whether a heading, its brackets included, is of a budget, a forecast or an earlier year."""
    return _FORESEEN.search(folded(heading).casefold()) is not None


def meaning_if_filled(heading: str) -> Meaning | None:
    """Return the meaning that any cell may have under a heading such as "Makulerad av"."""
    key = heading_key(heading)
    if _OF_CANCELLED.search(key):
        return "cancelled"
    return "refund" if _OF_REFUNDED.search(key) and not _OF_SOME.search(key) else None


def is_code(heading: str) -> bool:
    """Return whether a heading is of letters that may say what a row is."""
    return _CODE.fullmatch(heading_key(heading)) is not None


def _is_possible(kind: ColumnKind, place: int, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a column whose heading only seems to be of a kind has values of that kind."""
    if kind == "receipt":
        return _is_mostly(is_numbered, place, rows)
    values = {spaced(row[place]) for row in rows if place < len(row)} - {""}
    return len(values) > 1 or not rows  # One value parts no tills and no cafés.


def is_amount_heading(heading: str) -> bool:
    """Return whether a heading seems to be of the amount of a receipt."""
    words = set(_WITH_OR_WITHOUT.sub(" ", plain_heading(heading)).split())
    return bool(words & _AMOUNT_WORDS) and not _is_other_amount(heading)


def _is_other_amount(heading: str) -> bool:
    """Return whether a heading, its brackets included, is of tax, tips, change and the like."""
    words = re.sub(r"[^\w&]|_", " ", unicodedata.normalize("NFC", heading).casefold())
    return bool(set(_WITH_OR_WITHOUT.sub(" ", spaced(words)).split()) & _OTHER_AMOUNTS)


def _is_mostly(is_one: Callable[[str], bool], place: int, rows: Sequence[Sequence[str]]) -> bool:
    cells = [row[place] for row in rows if place < len(row) and row[place].strip()]
    return not cells or 2 * sum(is_one(cell) for cell in cells) >= len(cells)


_FORESEEN = re.compile(
    r"budget|prognos|forecast|planera|\bmal\b|target|foregaende|forra|fjolar|i fjol|last (?:year|week|month)|previous|"
    r"\bprior\b"
)
_OF_CANCELLED = re.compile(r"makuler|annuller|avbrut|storner|voided|^void|cancel")
_OF_REFUNDED = re.compile(
    r"aterbet|aterkop|refund|^retur(?:belopp|datum|tid|orsak)|^return(?:ed)?(?:at|by|amount|reason)"
)
_OF_SOME = re.compile(r"partial|partly|delvis|refundable|returnable")
_CODE = re.compile(
    r"(?:kvitto|trans|transaktions|transaction|status|typ|type|rad|post|receipt|sale|record)?"
    r"(?:kod|code|flagga|flag|markering|marker)"
)
_STATUS_OF_A_SALE = re.compile(
    r"(?:order|payment|betal|kvitto|receipt|check|sale|trans|kop|nota|bong).*(?:status|state)$"
)
# Kinds of headings whose words are put together freely.
_PATTERNS: Mapping[ColumnKind, re.Pattern[str]] = {
    "till": re.compile(
        r"(?:kassa|kassans|kasse|till|pos|register|terminal|cashregister|cashdesk|checkout|device)"
        r"(?:enhet\w{0,4}|plats\w{0,2}|apparat\w{0,2}|dator|register|terminal|station|device)?"
        r"(?:nr|no|nummer|number|id|namn|name|beteckning|kod|code)?"
    ),
    "receipt": re.compile(
        r"(?:kvitto|kvitterings|receipt|bong?|nota|trans|transaktions?|transaction|check|ticket|bill|journal|verifikations?)"
        r"(?:nr|no|nummer|number|id|ref|referens|reference|lopnr)"
    ),
    "cafe": re.compile(
        r"(?:enhet|businessunit|affar|arbetsplats|workplace|kostnadsstalle|stalle|butikenhet|foretag|company|site|store|butik|"
        r"shop|outlet|location|cafe|kafe|restaurang)(?:s|ns|ts)?(?:nr|no|nummer|number|id|namn|name|kod|code)?"
    ),
}
_KEYS = {kind: tuple(dict.fromkeys(heading_key(name) for name in names)) for kind, names in HEADINGS.items()}
_STATUS_KEYS = frozenset(heading_key(name) for name in STATUS_HEADINGS)
