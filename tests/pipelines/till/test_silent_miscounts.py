"""Files that were once miscounted without a question, and honest files that must ask nothing."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.till.answers import Answers
from pipelines.till.errors import UnreadableExport
from pipelines.till.lines import read_export
from tests.pipelines.till.test_formats import TUESDAY
from tests.pipelines.till.test_neighbours import count, read

RECEIPTS = 20
EVERY = 5  # The row of each fifth receipt differs.


def receipts(heading: str, *, odd: str, normal: str = "") -> str:
    rows = "".join(
        f"2026-11-24;{number};50;{odd if number % EVERY == 0 else normal}\n" for number in range(1, RECEIPTS + 1)
    )
    return f"Datum;Kvittonr;Belopp;{heading}\n{rows}"


def codes(text: str, answers: Answers | None = None) -> list[str]:
    found = read(text, answers=answers or Answers())
    assert found.faults == ()
    return [question.code for question in found.questions]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize("quoted", [(5,), (5, 6), (5, 9), (5, 15, 17), (RECEIPTS,)])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_quotation_mark_that_is_not_closed_swallows_no_receipt(
    separator: str, place: int, quoted: tuple[int, ...], end: str
) -> None:
    heads, lines = ["Datum", "Kvittonr", "Belopp"], []
    heads.insert(place, "Produkt")
    for number in range(1, RECEIPTS + 1):
        cells = ["2026-11-24", str(number), "50"]
        cells.insert(place, '"Fika' if number in quoted else "Kaffe")
        lines.append(separator.join(cells))
    found = read((end or "\n").join([separator.join(heads), *lines]) + end)
    complete = found.customers == {("aurora", TUESDAY): RECEIPTS}
    assert complete or [(fault.row, fault.column) for fault in found.faults][:1] == [(quoted[0] + 1, "Produkt")]


def test_a_long_cell_that_never_ends_is_refused_by_its_row() -> None:
    rows = "".join(f"2026-11-24;{number};50;Kaffe\n" for number in range(1, 9_000)).replace("3;50;", '3;50;"', 1)
    with pytest.raises(UnreadableExport, match="from row 4 on"):
        read_export(f"Datum;Kvittonr;Belopp;Produkt\n{rows}".encode(), name="file.csv")


@pytest.mark.parametrize(
    "cell",
    ['"en\nrad"', '"Storgatan 1, 2 tr\n211 42 Malmö"', '"Bokat 2026-11-24; 12\npersoner"', '"kaffe 5" stor', '"a\n"'],
)
def test_cells_of_several_lines_and_inner_quotation_marks_are_read(cell: str) -> None:
    found = read(f"Datum;Kvittonr;Belopp;Anteckning\n2026-11-24;1;50;{cell}\n2026-11-24;2;50;två\n")
    assert (count(found), found.questions) == (2, ())


def two_tills(first: str, second: str, *, head: str, interleaved: bool) -> str:
    a, b = ([form.format(number=number) for number in range(1, 51)] for form in (first, second))
    rows = [row for pair in zip(a, b, strict=True) for row in pair] if interleaved else a + b
    return "\n".join([head, *rows]) + "\n"


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize(
    ("head", "first", "second"),
    [
        ("Datum;Kvittonr;Belopp", "2026-11-24;{number};4{number}", "2026-11-24;{number};6{number}"),
        ("Datum;Tid;Kvittonr;Belopp", "2026-11-24;08:01;{number};45", "2026-11-24;08:04;{number};65"),
        ("Datum;Tid;Kvittonr;Belopp", "2026-11-24;08:01;{number};45", "2026-11-24;08:04;{number};45"),
        ("Datum;Kvittonr;Belopp;Moms", "2026-11-24;{number};45;5", "2026-11-24;{number};65;7"),
        ("Datum;Kvittonr;Belopp;Betalsätt", "2026-11-24;{number};45;Kort", "2026-11-24;{number};65;Kort"),
    ],
)
def test_two_tills_without_a_column_of_tills_ask(head: str, first: str, second: str, interleaved: bool) -> None:
    text = two_tills(first, second, head=head, interleaved=interleaved)
    assert codes(text) == ["tills"]
    assert count(read(text, answers=Answers(one_till=True))) == 50


def test_two_tills_with_equal_amounts_one_after_the_other_ask() -> None:
    row = "2026-11-24;{number};45"
    assert codes(two_tills(row, row, head="Datum;Kvittonr;Belopp", interleaved=False)) == ["tills"]


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("Artikel", "Latte", "Bulle"), ("Betalsätt", "Kort", "Swish"), ("Moms %", "12", "25"), ("Rad", "1", "2"),
        ("Kategori", "Dryck", "Bröd"), ("Antal", "1", "2"), ("Pris", "45", "30"), ("Item", "Latte", "Bun"),
    ],
)  # fmt: skip
def test_lines_and_payments_with_their_own_amounts_ask_nothing(heading: str, first: str, second: str) -> None:
    rows = "".join(f"2026-11-24;{number};{first};45\n2026-11-24;{number};{second};30\n" for number in (1, 2, 3))
    found = read(f"Datum;Kvittonr;{heading};Belopp\n{rows}")
    assert (count(found), found.questions) == (3, ())


@pytest.mark.parametrize("other", ["budget", "prognos", "mål", "föregående år", "last year", "forecast", "i fjol"])
@pytest.mark.parametrize("first", [True, False])
def test_a_budget_or_an_earlier_year_has_no_customers(other: str, first: bool) -> None:
    heads, cells = [f"Antal kunder ({other})", "Antal kunder"], ["700", "524"]
    step = 1 if first else -1
    text = f"Datum;{';'.join(heads[::step])}\n2026-11-24;{';'.join(cells[::step])}\n"
    assert (count(read(text)), codes(text)) == (524, [])
    with pytest.raises(UnreadableExport):
        read(f"Datum;{heads[0]}\n2026-11-24;700\n")


def test_two_columns_of_customers_with_other_numbers_ask() -> None:
    text = "Datum;Antal kunder (2025);Antal kunder (2026)\n2026-11-24;700;524\n"
    assert codes(text) == ["count_columns"]
    answers = Answers(count="Antal kunder (2026)")
    assert (count(read(text, answers=answers)), codes(text, answers)) == (524, [])
    assert codes(text.replace("700", "524")) == []


def test_two_columns_of_amounts_ask_if_only_one_has_a_sale() -> None:
    text = "Datum;Kvittonr;Belopp (kort);Belopp (totalt)\n2026-11-24;1;0;50\n2026-11-24;2;60;60\n"
    assert "amount_columns" in codes(text)
    answers = Answers(amount="Belopp (totalt)")
    assert (count(read(text, answers=answers)), codes(text, answers)) == (2, [])
    same = "Datum;Kvittonr;Total (exkl. moms);Total (inkl. moms)\n2026-11-24;1;45;50\n2026-11-24;2;-45;-50\n"
    assert (count(read(same)), codes(same)) == (1, [])


@pytest.mark.parametrize("till", [False, True])
def test_numbers_of_hours_that_never_fall_ask(till: bool) -> None:
    head, cell = ("Datum;Kassa;Tid;Antal kunder", ";1") if till else ("Datum;Tid;Antal kunder", "")
    rows = "".join(f"2026-11-24{cell};{hour:02}:00;{(hour - 7) * 20}\n" for hour in range(8, 18))
    text = f"{head}\n{rows}"
    assert codes(text) == ["hours"]
    assert count(read(text, answers=Answers(running_total=True))) == 200
    assert count(read(text, answers=Answers(each_hour=True))) == 1100
    assert codes(text, Answers(running_total=True)) == codes(text, Answers(each_hour=True)) == []


@pytest.mark.parametrize("numbers", [(20, 45, 40), (20, 45), (20, 20, 20), (0, 30, 10, 0)])
def test_numbers_of_hours_that_fall_or_rest_ask_nothing(numbers: tuple[int, ...]) -> None:
    rows = "".join(f"2026-11-24;{hour:02}:00;{number}\n" for hour, number in enumerate(numbers, start=8))
    text = f"Datum;Timme;Antal kunder\n{rows}"
    assert (count(read(text)), codes(text)) == (sum(numbers), [])


def test_rising_numbers_whose_total_is_their_sum_ask_nothing() -> None:
    text = "Datum;Timme;Antal kunder\n2026-11-24;08;20\n2026-11-24;09;45\n2026-11-24;10;90\n2026-11-24;Summa;155\n"
    assert (count(read(text)), codes(text)) == (155, [])


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("Kassör", "Elin", "Omar"),
        ("Betalsätt", "Kort", "Swish"),
        ("Produkt", "Kaffe", "Bulle"),
        ("Typ", "Köp", "Retur"),
    ],
)
def test_equal_numbers_of_two_cashiers_or_payments_are_a_fault(heading: str, first: str, second: str) -> None:
    found = read(f"Datum;{heading};Antal kvitton\n2026-11-24;{first};60\n2026-11-24;{second};60\n")
    (fault,) = found.faults
    assert (fault.row, fault.column) == (3, "Antal kvitton")
    assert not {first, second} & set(str(fault).split())


def test_a_repeated_row_of_a_day_counts_once() -> None:
    rows = "2026-11-24;60;3 000,00\n2026-11-24;60;3 000,00;\n"
    assert count(read(f"Datum;Antal kvitton;Omsättning\n{rows}")) == 60
    assert count(read("Datum;Antal kvitton;Not\n2026-11-24;60;a\n", "Datum;Antal kvitton;Not\n2026-11-24;60;b\n")) == 60


@pytest.mark.parametrize(
    ("heading", "odd", "normal"),
    [
        ("Betalning", "Avbruten", "Kort"), ("Betalsätt", "Makulerad", "Kort"), ("Kommentar", "Makulerat", ""),
        ("Kundstatus", "Makulerad", "Betald"), ("Anteckning", "Avbrutet köp", "Ingen lök"), ("Payment", "Voided", "Card"),
        ("Kommentar", "Övning", ""), ("Tender", "Declined", "Card"),
    ],
)  # fmt: skip
def test_a_word_that_only_means_no_sale_is_asked_under_any_heading(heading: str, odd: str, normal: str) -> None:
    text = receipts(heading, odd=odd, normal=normal)
    assert codes(text) == ["status_column"]
    assert count(read(text, answers=Answers(no_status=(heading,)))) == 20
    answers = Answers(status=(heading,), sales=(normal,) if normal else ())
    assert (count(read(text, answers=answers)), codes(text, answers)) == (16, [])


def test_a_comment_that_is_only_cancelled_is_asked_among_many_others() -> None:
    rows = "".join(f"2026-11-24;{number};50;Bord {number}\n" for number in range(1, 40))
    text = f"Datum;Kvittonr;Belopp;Kommentar\n{rows}2026-11-24;40;50;Makulerat\n"
    assert codes(text) == ["status_column"]


@pytest.mark.parametrize(
    ("heading", "odd"),
    [
        ("Makulerad av", "Elin"), ("Makuleringstid", "12:31"), ("Makuleringsorsak", "Felslag"), ("Annullerad av", "Elin"),
        ("Avbruten tid", "12:31"), ("Återbetalt belopp", "50,00"), ("Återbetalning (kr)", "-50"), ("Återköp", "50"),
        ("Refund amount", "50.00"), ("Cancelled at", "2026-11-24 12:31"), ("Voided by", "Elin"), ("Returdatum", "2026-11-24"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("normal", ["", "0", "0,00", "-", "Nej"])
def test_who_when_or_how_much_of_a_cancelled_receipt_is_asked(heading: str, odd: str, normal: str) -> None:
    text = receipts(heading, odd=odd, normal=normal)
    assert codes(text) == ["status_column"]
    answers = Answers(status=(heading,))
    assert (count(read(text, answers=answers)), codes(text, answers)) == (16, [])
    nothing = receipts(heading, odd=normal, normal=normal)
    assert (count(read(nothing)), codes(nothing)) == (20, [])


@pytest.mark.parametrize(("odd", "normal"), [("V", "S"), ("V", ""), ("MAK", "FÖR")])
@pytest.mark.parametrize("heading", ["Kod", "Statuskod", "Code", "Transkod"])
def test_letters_of_an_unknown_code_are_asked(heading: str, odd: str, normal: str) -> None:
    text = receipts(heading, odd=odd, normal=normal)
    assert codes(text) == ["status_column"]
    answers = Answers(status=(heading,), sales=(normal,) if normal else (), others=(odd,))
    assert (count(read(text, answers=answers)), codes(text, answers)) == (16, [])


@pytest.mark.parametrize(
    ("heading", "odd", "normal"),
    [
        ("Betalning", "Swish", "Kort"), ("Kommentar", "Kunden ångrade mjölken", ""), ("Artikel", "Returpant", "Latte"),
        ("Returpant", "2,00", "0"), ("Kreditkort", "50", "0"), ("Partial Refunds", "5.00", "0.00"), ("Kod", "1002", "1001"),
        ("Artikelkod", "V", "S"), ("Rabattkod", "HÖST", ""), ("Personal", "Elin", "Omar"),
    ],
)  # fmt: skip
def test_an_honest_column_asks_nothing(heading: str, odd: str, normal: str) -> None:
    text = receipts(heading, odd=odd, normal=normal)
    assert (count(read(text)), codes(text)) == (20, [])


@pytest.mark.parametrize("number", ["1E+05", "1,23E+11", "4.5e+12"])
def test_a_receipt_number_that_a_spreadsheet_shortened_is_a_fault(number: str) -> None:
    found = read(f"Datum;Kvittonr;Belopp\n2026-11-24;{number};50\n2026-11-24;{number};60\n")
    assert [(fault.row, fault.column) for fault in found.faults] == [(2, "Kvittonr"), (3, "Kvittonr")]
    assert number not in str(found.faults[0])


@pytest.mark.parametrize("number", ["1E5", "12E4", "E+5A", "A1", "00017"])
def test_a_receipt_number_with_letters_is_read(number: str) -> None:
    found = read(f"Datum;Kvittonr;Belopp\n2026-11-24;{number};50\n")
    assert found.customers == {("aurora", date(2026, 11, 24)): 1}
