"""From a file's bytes to customers by day, and what is given of every row."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from pilot.cafes import Cafe, parse_cafes
from pilot.errors import InvalidCafes
from pipelines.till.counting import tally
from pipelines.till.errors import UnreadableExport
from pipelines.till.lines import read_export
from pipelines.till.rows import Tally

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
TODAY = date(2026, 11, 27)

# Laid out as a real report of Zettle's in Danish is (sixteen lines of preamble, a note below), in Swedish words.
ZETTLE = """Transaktionsrapport;;;;;;;;;;;;;
;;;;;;;;;;;;;
Period:;;23.11.2026 - 24.11.2026;;;;;;;;;;;
;;;;;;;;;;;;;
Betalningsmottagare:;;Kafé Åäö AB;;;;;;;;;;;
Storgatan 1;;;;;;;;;;;;;
;;;;;;;;;;;;;
Datum;Tid;Kvittonummer;Moms (12.0%);Totalt;Avgift;Netto;Betalmetod;Händelsetyp;Kortutgivare;Sista siffror;Personal;Beskrivning;Såld via
2026-11-23;08:12:31;4618;4,82;45,00 kr;0,83;44,17;Contactless;Köp;VISA;1234;Siv;1 x Bryggkaffe;POS
2026-11-23;08:14:02;4619;9,64;1\u00a0090,00 kr;1,67;88,33;Chip;Köp;MASTERCARD;2345;Siv;20 x Bulle;POS
2026-11-23;08:14:02;4619;9,64;10,00 kr;0;10,00;Kontant;Köp;;;Siv;20 x Bulle;POS
2026-11-23;09:01:00;4620;-4,82;-45,00 kr;0;-45,00;Kontant;Återbetalning;;;Siv;1 x Bryggkaffe;POS
2026-11-24;07:30:00;4621;4,82;45,00 kr;0,83;44,17;Swish;Köp;;;Omar;1 x Bryggkaffe;POS
;;;23,28;1\u00a0145,00 kr;3,33;1\u00a0141,67;;;;;;;
;;;;;;;;;;;;;
Zettles verksamhet är momsbefriad, och därför tillkommer ingen moms på avgifterna.;;;;;;;;;;;;;
"""


def nothing_left_out(cafe: Cafe, day: date) -> str | None:
    return None


def counted(*texts: str | bytes, cafe: str | None = "aurora") -> Tally:
    bodies = [text.encode() if isinstance(text, str) else text for text in texts]
    exports = [read_export(body, name=f"file{place}.csv") for place, body in enumerate(bodies, start=1)]
    return tally(exports, cafes=CAFES, cafe=cafe, today=TODAY, exclusion_reason=nothing_left_out)


def fates(read: Tally) -> Counter[str]:
    return Counter(row.fate for row in read.rows)


def test_zettles_report_gives_a_customer_for_each_receipt_with_a_positive_total() -> None:
    read = counted(ZETTLE)
    assert read.faults == ()
    assert read.formats == {"file1.csv": "zettle"}
    assert read.customers == {("aurora", MONDAY): 2, ("aurora", TUESDAY): 1}
    assert fates(read) == {"counted": 3, "same_receipt": 1, "refund": 1, "totals": 1, "note": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_letters_and_separators_are_found_out(encoding: str, separator: str) -> None:
    lines = ["Kafé;Dag;Antal gäster", "Göteborg Café;2026-11-23;1\u00a0204", "Malmö Huset;2026-11-23;355"]
    body = "\r\n".join(line.replace(";", separator) for line in lines).encode(encoding)
    read = counted(body, cafe=None)
    assert read.faults == ()
    assert read.customers == {("goteborg", MONDAY): 1204, ("malmohuset", MONDAY): 355}


def test_a_number_in_quotes_may_hold_the_separator() -> None:
    assert counted('Date,Customers,Amount\n2026-11-23,"742,00","12,5"\n').customers == {("aurora", MONDAY): 742}


def test_the_same_file_twice_and_a_receipt_in_two_files_count_once() -> None:
    assert counted(ZETTLE, ZETTLE).customers == counted(ZETTLE).customers
    more = "Datum;Kvittonummer;Totalt\n2026-11-24;4621;45,00\n2026-11-24;4622;30,00\n"
    assert counted(ZETTLE, more).customers[("aurora", TUESDAY)] == 2


def test_two_tills_may_give_the_same_numbers_on_one_day() -> None:
    lines = "Kassa;Datum;Kvitto;Belopp\n1;2026-11-23;7;10,00\n2;2026-11-23;7;10,00\n1;2026-11-23;7;10,00\n"
    assert counted(lines).customers == {("aurora", MONDAY): 2}


def test_a_line_of_totals_is_no_day() -> None:
    for last in ("Summa;1097", "Totalt:;1 097", ";1097", "TOTAL;"):
        read = counted(f"Datum;Antal kunder\n2026-11-23;742\n2026-11-24;355\n{last}\n")
        assert read.faults == ()
        assert (len(read.customers), read.rows[-1].fate) == (2, "totals")


def test_a_number_without_a_day_that_is_no_total_is_a_fault() -> None:
    (fault,) = counted("Datum;Antal kunder\n2026-11-23;742\n;355\n").faults
    assert (fault.row, fault.column, fault.found) == (3, "Datum", "nothing")


def test_a_day_without_a_number_stays_missing_and_a_zero_is_a_zero() -> None:
    read = counted("Datum;Antal kunder\n2026-11-23;\n2026-11-24;0\n")
    assert read.customers == {("aurora", TUESDAY): 0}
    assert fates(read)["no_number"] == 1


def test_the_same_day_twice_counts_once_and_two_numbers_for_it_are_a_fault() -> None:
    assert counted("Datum;Kunder\n2026-11-23;742\n2026-11-23;742\n").customers == {("aurora", MONDAY): 742}
    (fault,) = counted("Datum;Kunder\n2026-11-23;742\n", "Datum;Kunder\n2026-11-23;741\n").faults
    assert str(fault) == (
        'file2.csv, row 2, column "Kunder": another number for a day that has one; '
        "expected one number for aurora on 2026-11-23 (the other is in file1.csv, row 2)"
    )


@pytest.mark.parametrize(
    ("row", "column", "found"),
    [
        ("2026-11-28;7", "Datum", "a day that has not come"),
        ("i går;7", "Datum", "text of 5 characters"),
        ("2026-02-30;7", "Datum", "a day that no calendar has"),
        ("2026-11-23;hemligt", "Antal kunder", "text of 7 characters"),
        ("2026-11-23;-7", "Antal kunder", "a negative number"),
        ("2026-11-23;7,5", "Antal kunder", "a number with decimals"),
        ("2026-11-23;100000", "Antal kunder", "a number too large for a day"),
    ],
)
def test_a_fault_names_row_column_and_kind_and_not_what_stands_there(row: str, column: str, found: str) -> None:
    read = counted(f"Datum;Antal kunder\n2026-11-24;1\n{row}\n")
    (fault,) = read.faults
    assert (fault.row, fault.column, fault.found) == (3, column, found)
    assert "hemligt" not in str(fault)
    assert fault.expected


def test_rows_are_numbered_as_the_file_shows_them_also_after_a_cell_of_two_lines() -> None:
    (fault,) = counted('Datum;Antal kunder;Notering\n2026-11-23;7;"en\nrad"\nfel;7;\n').faults
    assert fault.row == 4


def test_an_unknown_cafe_is_a_fault_another_one_does_not_count_and_none_is_refused() -> None:
    (fault,) = counted("Kafé;Datum;Kunder\nKafé Stängt;2026-11-23;7\n", cafe=None).faults
    assert fault.column == "Kafé"
    other = counted("Kafé;Datum;Kunder\nMalmö Huset;2026-11-23;7\n", cafe="aurora")
    assert (other.faults, other.customers, fates(other)) == ((), {}, {"other_cafe": 1})
    with pytest.raises(UnreadableExport, match="does not say which café"):
        counted("Datum;Kunder\n2026-11-23;7\n", cafe=None)
    with pytest.raises(InvalidCafes):
        counted("Datum;Kunder\n2026-11-23;7\n", cafe="nowhere")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"PK\x03\x04rest of a workbook", "is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest of an old one", "is an Excel workbook"),
        (b"", "is empty or no text"),
        (b"\x00\x01\x02\x81", "is empty or no text"),
        (b"Produkt;Antal\nBulle;7\n", "has no line of headings"),
        (b'"' + b"x" * 200_000, "has no line of headings"),
    ],
)
def test_what_is_no_export_is_refused_with_what_to_do(body: bytes, words: str) -> None:
    with pytest.raises(UnreadableExport, match=words) as refused:
        counted(body)
    assert refused.value.remedy


def test_a_day_that_is_left_out_says_why_and_its_number_still_belongs_to_the_total() -> None:
    export = read_export(b"Datum;Kunder\n2026-11-22;5\n2026-11-23;7\n;12\n", name="a.csv")

    def before(cafe: Cafe, day: date) -> str | None:
        return "too early" if day < MONDAY else None

    read = tally([export], cafes=CAFES, cafe="aurora", today=TODAY, exclusion_reason=before)
    assert read.customers == {("aurora", MONDAY): 7}
    assert [(row.fate, row.why) for row in read.rows] == [("left_out", "too early"), ("counted", ""), ("totals", "")]
