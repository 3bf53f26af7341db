"""Columns of yes and no say whether a receipt counts, in whatever words a till puts it."""

from __future__ import annotations

import pytest

from tests.pipelines.till.test_neighbours import count, read

RECEIPTS = 20
EVERY = 5

# A yes: no sale.
NO_SALE = (
    "Refunded", "Återbetald", "Återbetalt", "Ångrad", "Ångrat", "Återköp", "Återköpt", "Krediterad", "Krediterat",
    "Kreditering", "Is Voided", "Is Refunded", "Was refunded", "isRefunded", "is_voided", "Returned", "Returnerad",
    "Returnerat", "Är retur", "Är makulerad", "Har makulerats", "Kvitto makulerat", "Makulerat kvitto", "Makulerad?",
    "Makulerad (ja/nej)", "Order cancelled", "Is cancelled", "Is canceled", "Annullerad order", "Fully refunded",
    "Helt återbetald", "Reversed", "Återförd", "Storno", "Stornerad", "Avbokad", "Avbeställd", "Felslag", "Felslaget",
    "Raderat", "Borttagen", "Is deleted", "Struken", "Är övning", "Övningsköp", "Training receipt", "Testköp",
    "Is test order", "Testorder", "Provköp", "Är kopia", "Is duplicate", "Is parked", "Is draft", "Utkast", "Obetald",
    "Unpaid", "Ej betald", "Inte betald", "Ej godkänd", "Ej slutförd", "Not completed", "Is failed", "Misslyckat",
    "Declined", "Avslagen", "Nekat", "Rejected", "Expired", "Charged back", "Chargeback", "No sale", "Svinn",
    "Personalmåltid", "Egenförbrukning", "Tilbagebetalt", "Annulleret", "Refundert",
)  # fmt: skip

# A no: no sale.
SALE = (
    "Godkänd", "Godkänt", "Betald", "Betalt", "Betalad", "Paid", "Is paid", "Är betald", "Slutförd", "Slutfört",
    "Completed", "Is completed", "Approved", "Successful", "Success", "Genomförd", "Genomfört", "Lyckad", "Lyckades",
    "Captured", "Settled", "Accepted", "Accepterad", "Bekräftad", "Confirmed", "Giltig", "Giltigt", "Valid", "Closed",
    "Is closed", "Stängd", "Avslutad", "Finalized", "Fullförd", "Klar", "OK", "Order paid", "Order completed",
    "Betalning godkänd", "Payment successful", "Kvitto godkänt", "Köp genomfört", "Transaktion godkänd", "Livemode",
    "Live mode", "Skarp", "Godkendt", "Betalt?",
)  # fmt: skip

# Neither says anything about the sale.
OTHERS = (
    "Kort", "Dricks", "Tip", "Partially refunded", "Delvis återbetald", "Refundable", "Returnable", "Betald med kort",
    "Paid online", "Take away", "Faktura", "Kvitto skickat", "E-post", "Presentkort", "Member", "Medlem", "Leverans",
    "Levererad", "Printed", "Utskriven", "Personal", "Moms", "Rabatt", "Kundklubb", "Delivery", "Loyalty", "Kvitto",
    "Order", "Payment", "Fee",
)  # fmt: skip

VALUES = (("Ja", "Nej"), ("Yes", "No"), ("TRUE", "FALSE"), ("1", "0"), ("x", ""))


def receipts(heading: str, *, odd: str, normal: str) -> str:
    rows = "".join(
        f"2026-11-24;{number};50;{odd if number % EVERY == 0 else normal}\n" for number in range(1, RECEIPTS + 1)
    )
    return f"Datum;Kvittonr;Belopp;{heading}\n{rows}"


def counted(heading: str, *, odd: str, normal: str) -> tuple[int | None, int]:
    found = read(receipts(heading, odd=odd, normal=normal))
    assert found.faults == ()
    return count(found), len(found.questions)


@pytest.mark.parametrize(("yes", "no"), VALUES)
@pytest.mark.parametrize("heading", NO_SALE)
def test_a_yes_under_a_heading_of_no_sale_does_not_count(heading: str, yes: str, no: str) -> None:
    assert counted(heading, odd=yes, normal=no) == (16, 0)


@pytest.mark.parametrize(("yes", "no"), VALUES)
@pytest.mark.parametrize("heading", SALE)
def test_a_no_under_a_heading_of_a_sale_does_not_count(heading: str, yes: str, no: str) -> None:
    assert counted(heading, odd=no, normal=yes) == (16, 0)


@pytest.mark.parametrize(("yes", "no"), VALUES[:3])
@pytest.mark.parametrize("odd", [True, False])
@pytest.mark.parametrize("heading", OTHERS)
def test_other_columns_of_yes_and_no_decide_and_ask_nothing(heading: str, odd: bool, yes: str, no: str) -> None:
    assert counted(heading, odd=yes if odd else no, normal=no if odd else yes) == (20, 0)
