"""Neighbours of reported faults: headings, words of a status, names of totals, hours."""

from __future__ import annotations

import tomllib
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from pipelines.till.answers import NO_ANSWERS, Answers
from pipelines.till.counting import tally
from pipelines.till.errors import UnreadableExport
from pipelines.till.lines import read_export
from pipelines.till.rows import Tally
from pipelines.till.statuses import meaning_of
from tests.pipelines.till.test_formats import CAFES, DATA, TODAY, TUESDAY, nothing_left_out

NEIGHBOURS = tomllib.loads((Path(DATA) / "neighbours.toml").read_text(encoding="utf-8"))
MONDAY = date(2026, 11, 23)
MEANINGS = [(text, meaning) for meaning, texts in NEIGHBOURS["values"].items() for text in texts]


def read(*texts: str, answers: Answers = NO_ANSWERS, cafe: str | None = "aurora") -> Tally:
    exports = [
        read_export(text.encode(), name=f"file{place}.csv", answers=answers)
        for place, text in enumerate(texts, start=1)
    ]
    return tally(exports, cafes=CAFES, cafe=cafe, today=TODAY, exclusion_reason=nothing_left_out, answers=answers)


def count(found: Tally) -> int | None:
    assert found.faults == ()
    return found.customers.get(("aurora", TUESDAY))


@pytest.mark.parametrize("heading", NEIGHBOURS["amounts"])
def test_a_refund_and_a_receipt_of_zero_do_not_count_under_any_amount(heading: str) -> None:
    rows = "2026-11-24;1;45,00\n2026-11-24;2;50,00\n2026-11-24;3;-50,00\n2026-11-24;4;0,00\n"
    found = read(f"Datum;Kvittonr;{heading}\n{rows}")
    assert (count(found), found.questions) == (2, ())


@pytest.mark.parametrize("heading", NEIGHBOURS["no_amounts"])
def test_a_file_without_an_amount_asks_and_counts_nothing(heading: str) -> None:
    text = f"Datum;Kvittonr;{heading}\n2026-11-24;1;5,00\n2026-11-24;2;0,00\n"
    found = read(text)
    asked = [question for question in found.questions if question.code != "status_column"]  # Of refunds.
    assert [(question.code, question.rows) for question in asked] == [("no_amount", 2)]
    assert found.customers == {}
    assert "--amount" in str(asked[0])
    assert count(read(text, answers=Answers(no_amount=True))) == 2
    assert count(read(text, answers=Answers(amount=heading))) == 1


@pytest.mark.parametrize("heading", NEIGHBOURS["tills"])
def test_receipts_of_two_tills_are_counted_by_till(heading: str) -> None:
    rows = "".join(f"2026-11-24;{till};{number};45,00\n" for till in ("1", "2") for number in (1, 2, 3))
    found = read(f"Datum;{heading};Kvittonr;Belopp\n{rows}")
    assert (count(found), found.questions) == (6, ())
    assert found.tills == {("aurora", TUESDAY): {"1": 3, "2": 3}}


@pytest.mark.parametrize("heading", NEIGHBOURS["tills"])
def test_numbers_a_day_and_till_are_summed(heading: str) -> None:
    found = read(f"Datum;{heading};Antal kunder\n2026-11-24;1;210\n2026-11-24;2;187\n")
    assert count(found) == 397
    assert found.tills == {("aurora", TUESDAY): {"1": 210, "2": 187}}


@pytest.mark.parametrize("heading", NEIGHBOURS["cafes"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_rows_of_other_cafes_do_not_count(heading: str, form: str) -> None:
    text = f"Datum;{heading};Kvittonr;Belopp\n" + "".join(
        f"2026-11-24;{name};{number};45,00\n"
        for name, number in (("Café Aurora", 1), ("Café Aurora", 2), ("Malmö Huset", 900), ("Göteborg Café", 901))
    )
    text = unicodedata.normalize(form, text)
    assert count(read(text)) == 2
    assert dict(read(text, cafe=None).customers) == {
        ("aurora", TUESDAY): 2,
        ("goteborg", TUESDAY): 1,
        ("malmohuset", TUESDAY): 1,
    }


@pytest.mark.parametrize(("text", "meaning"), MEANINGS)
def test_a_status_is_known_by_its_word_and_an_unknown_one_is_asked(text: str, meaning: str) -> None:
    expected = None if meaning == "unknown" else meaning
    assert meaning_of(text) == expected
    rows = f"2026-11-24;1;Klart;45,00\n2026-11-24;2;{text};45,00\n"
    for heading in ("Status", "Typ", "Kvittotyp", "Transaction type"):
        found = read(f"Datum;Kvittonr;{heading};Belopp\n{rows}")
        assert count(found) == (2 if meaning == "sale" else 1)
        assert [question.code for question in found.questions] == (["status_value"] if expected is None else [])


@pytest.mark.parametrize("text", NEIGHBOURS["values"]["unknown"])
def test_an_answer_says_whether_an_unknown_status_counts(text: str) -> None:
    file = f"Datum;Kvittonr;Status;Belopp\n2026-11-24;1;Klart;45,00\n2026-11-24;2;{text};45,00\n"
    (question,) = read(file).questions
    assert (question.column, question.row, question.rows) == ("Status", 3, 1)
    assert text not in str(question)
    assert count(read(file, answers=Answers(sales=(text.upper(),)))) == 2
    assert count(read(file, answers=Answers(others=(text,)))) == 1


@pytest.mark.parametrize("name", NEIGHBOURS["totals"]["names"])
def test_a_line_of_totals_is_known_by_its_whole_name(name: str) -> None:
    daily = read(f"Datum;Kassa;Antal kunder\n2026-11-24;1;210\n2026-11-24;2;187\n{name};;397\n")
    assert (count(daily), daily.rows[-1].fate) == (397, "totals")
    of_day = read(f"Datum;Kassa;Antal kunder\n2026-11-24;1;210\n2026-11-24;2;187\n2026-11-24;{name};397\n")
    assert (count(of_day), of_day.rows[-1].fate) == (397, "totals")
    receipts = read(f"Datum;Kvittonr;Belopp\n2026-11-24;1;45,00\n{name};;45,00\n")
    assert (count(receipts), receipts.rows[-1].fate) == (1, "totals")


@pytest.mark.parametrize("text", NEIGHBOURS["totals"]["others"])
def test_a_receipt_is_no_total_whatever_its_first_cell(text: str) -> None:
    rows = "".join(f"{text};2026-11-24 08:0{number};{number};45,00\n" for number in (1, 2))
    assert count(read(f"Vara;Datum;Kvittonr;Belopp\n{rows}")) == 2


def test_a_total_that_is_not_the_sum_is_a_fault() -> None:
    found = read("Datum;Kassa;Antal kunder\n2026-11-24;1;210\n2026-11-24;2;187\n2026-11-24;Alla;400\n")
    (fault,) = found.faults
    assert (fault.row, fault.column, fault.found) == (4, "Antal kunder", "400 customers")
    assert fault.expected == "397, the sum of the day's rows"


def test_a_day_with_only_a_total_has_that_number() -> None:
    found = read("Datum;Kassa;Antal kunder\n2026-11-24;Alla kassor;397\n")
    assert (count(found), found.rows[0].fate) == (397, "counted")


@pytest.mark.parametrize(
    "hours",
    [
        ("08", "09", "10"),
        ("08:00", "09:00", "10:00"),
        ("08-09", "09-10", "10-11"),
        ("08:00-09:00", "09:00-10:00", "10:00-11:00"),
        ("kl 8", "kl 9", "kl 10"),
        ("8 AM", "9 AM", "1 PM"),
    ],
)
@pytest.mark.parametrize("heading", ["Timme", "Tid", "Klockslag", "Hour", "Intervall"])
def test_numbers_an_hour_are_summed(heading: str, hours: tuple[str, ...]) -> None:
    rows = "".join(f"2026-11-24;{hour};{number}\n" for hour, number in zip(hours, (41, 41, 52), strict=True))
    assert count(read(f"Datum;{heading};Antal kunder\n{rows}")) == 134
    assert count(read(f"Datum;{heading};Antal kunder\n{rows}2026-11-24;Summa;134\n")) == 134


def test_numbers_an_hour_may_have_the_hour_in_the_day() -> None:
    rows = "2026-11-24 00:00;0\n2026-11-24 08:00;41\n2026-11-24 09:00:00;41\n"
    assert count(read(f"Datum;Antal kunder\n{rows}")) == 82


def test_two_readings_of_a_day_at_odd_times_are_a_fault() -> None:
    found = read("Datum;Antal kunder\n2026-11-24 14:03;120\n2026-11-24 19:02;210\n")
    (fault,) = found.faults
    assert fault.found == "one of several numbers of a day at times that begin no hour"


def test_one_reading_a_day_is_its_number_whatever_its_time() -> None:
    assert count(read("Datum;Antal kunder\n2026-11-23 19:04;198\n2026-11-24 19:02;210\n")) == 210


@pytest.mark.parametrize(
    "heading",
    [
        "Kvitto #",
        "Kvitto-nr",
        "Trans ID",
        "Transnr",
        "Trans.nr",
        "Kvittoreferens",
        "Bongnr",
        "Nota #",
        "Ticket #",
        "Check #",
    ],
)
def test_a_receipt_number_is_known_by_the_parts_of_its_heading(heading: str) -> None:
    assert count(read(f"Datum;{heading};Belopp\n2026-11-24;A1;45,00\n2026-11-24;A2;45,00\n")) == 2


@pytest.mark.parametrize(
    "heading", ["Datum & klockslag", "Tidsstämpel", "Sold at", "Kassadag", "Date of sale", "Trans. date"]
)
def test_a_day_is_known_under_further_headings(heading: str) -> None:
    assert count(read(f"{heading};Kvittonr;Belopp\n2026-11-24 08:01;1;45,00\n")) == 1


@pytest.mark.parametrize("heading", ["Enhet", "Arbetsplats", "Kostnadsställe", "Business unit", "Butiksnr", "Site ID"])
def test_rows_of_places_that_are_no_known_cafe_are_faults_and_never_counted(heading: str) -> None:
    rows = "2026-11-24;1;45,00;Aurora\n2026-11-24;2;45,00;Lund\n"
    found = read(f"Datum;Kvittonr;Belopp;{heading}\n{rows}")
    assert [fault.column for fault in found.faults] == [heading]
    assert found.customers == {("aurora", TUESDAY): 1}
    assert count(read(f"Datum;Kvittonr;Belopp;{heading}\n{rows}", answers=Answers(others=("Lund",)))) == 1


@pytest.mark.parametrize("heading", ["Besök", "Antal besök", "Antal besökare", "Visitors"])
def test_visitors_are_no_customers(heading: str) -> None:
    with pytest.raises(UnreadableExport):
        read(f"Datum;{heading}\n2026-11-24;400\n")


def test_two_files_of_two_tills_without_a_till_ask() -> None:
    files = [
        "Datum;Tid;Kvittonr;Belopp\n"
        + "".join(f"2026-11-24;{start + n // 60:02}:{n % 60:02};{n};45,00\n" for n in range(1, 90))
        for start in (7, 9)
    ]
    found = read(*files)
    assert [question.code for question in found.questions] == ["tills"]
    assert count(read(*files, answers=Answers(one_till=True))) == 89


@pytest.mark.parametrize("heading", ["Box", "Plats", "Zon", "Våning", "K", "Disk", "iPad"])
def test_a_till_under_an_unknown_heading_is_asked(heading: str) -> None:
    rows = "".join(f"2026-11-24;{box};{number};45,00\n" for box in "AB" for number in (1, 2, 3))
    text = f"Datum;{heading};Kvittonr;Belopp\n{rows}"
    (question,) = read(text).questions
    assert (question.code, question.column) == ("tills", heading)
    assert count(read(text, answers=Answers(till=heading))) == 6
    assert count(read(text, answers=Answers(one_till=True))) == 3


@pytest.mark.parametrize("heading", ["Artikel", "Betalsätt", "Moms %", "Rad", "Pris", "Kategori"])
def test_lines_and_payments_of_one_receipt_ask_nothing(heading: str) -> None:
    rows = "".join(f"2026-11-24;{number};{line};45,00\n" for number in (1, 2, 3) for line in ("12", "25"))
    found = read(f"Datum;Kvittonr;{heading};Belopp\n{rows}")
    assert (count(found), found.questions) == (3, ())


def test_two_files_with_other_amounts_for_the_same_numbers_ask() -> None:
    first, second = (
        "Datum;Kvittonr;Belopp\n" + "".join(f"2026-11-24;{number};{price}\n" for number in (1, 2, 3))
        for price in ("45,00", "52,00")
    )
    assert [question.code for question in read(first, second).questions] == ["tills"]
    again = first.replace("45,00", "45")
    assert (count(read(first, again)), read(first, again).questions) == (3, ())


def test_payments_of_one_receipt_within_minutes_are_one_customer() -> None:
    rows = "2026-11-24;08:01;7;45,00;Kort\n2026-11-24;08:03;7;30,00;Kontant\n"
    found = read(f"Datum;Tid;Kvittonr;Belopp;Betalsätt\n{rows}")
    assert (count(found), found.questions) == (1, ())


@pytest.mark.parametrize(
    ("heading", "fate"),
    [
        ("Makulerad", "cancelled"), ("Voided", "cancelled"), ("Avbruten", "cancelled"), ("Övning", "training"),
        ("Training mode", "training"), ("Kopia", "copy"), ("Parkerad", "parked"), ("Misslyckad", "failed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("yes", "no"), [("Ja", "Nej"), ("1", "0"), ("true", "false"), ("X", ""), ("yes", "no")])
def test_a_column_of_yes_and_no_says_which_receipts_do_not_count(heading: str, fate: str, yes: str, no: str) -> None:
    found = read(f"Datum;Kvittonr;Belopp;{heading}\n2026-11-24;1;45,00;{no}\n2026-11-24;2;45,00;{yes}\n")
    assert (count(found), found.rows[-1].fate) == (1, fate)


def test_a_status_under_an_unknown_heading_is_found_by_its_words_or_asked() -> None:
    rows = "2026-11-24;1;45,00;Klart\n2026-11-24;2;45,00;Makulerat\n"
    assert count(read(f"Datum;Kvittonr;Belopp;Flagga\n{rows}")) == 1
    doubtful = f"Datum;Kvittonr;Belopp;Flagga\n{rows}2026-11-24;3;45,00;Qwerty\n"
    (question,) = read(doubtful).questions
    assert (question.code, question.column, question.row) == ("status_column", "Flagga", 3)
    assert count(read(doubtful, answers=Answers(no_status=("Flagga",)))) == 3
    assert count(read(doubtful, answers=Answers(status=("flagga",), sales=("Qwerty",)))) == 2


def test_a_product_named_after_a_status_is_no_status() -> None:
    rows = "2026-11-24;1;45,00;Returpant\n2026-11-24;2;45,00;Latte\n"
    found = read(f"Datum;Kvittonr;Belopp;Artikel\n{rows}")
    assert (count(found), found.questions) == (2, ())


def test_an_answer_counts_or_ignores_an_unknown_cafe() -> None:
    text = "Butik;Datum;Kvittonr;Belopp\nAurora Söder;2026-11-24;1;45,00\nAurora Norr;2026-11-24;1;45,00\n"
    assert len(read(text).faults) == 2
    found = read(text, answers=Answers(sales=("Aurora Söder",), others=("Aurora Norr",)))
    assert (count(found), found.rows[-1].fate) == (1, "other_cafe")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-24 08:01:00 +0100", TUESDAY),
        ("2026-11-23 23:30:00 UTC", TUESDAY),
        ("2026-11-24 08:01 AM", TUESDAY),
        ("24-Nov-2026 08:01 AM", TUESDAY),
        ("Nov 24, 2026 08:01 PM", TUESDAY),
        ("Tuesday, November 24, 2026", TUESDAY),
        ("2026-11-24 08:00-09:00", TUESDAY),
    ],
)
def test_moments_of_other_tools_are_read(moment: str, day: date) -> None:
    assert read(f'Date,Receipt number,Total\n"{moment}",1,45.00\n').customers == {("aurora", day): 1}


@pytest.mark.parametrize("amount", ["$45.00", "-$45.00", "($45.00)", "£45.00", "45.00 SEK", "SEK 45,00", "€45", "45:-"])
def test_amounts_of_other_currencies_are_read(amount: str) -> None:
    found = read(f"Datum;Kvittonr;Belopp\n2026-11-24;1;{amount}\n")
    assert found.faults == ()
    assert bool(found.customers) is not (amount.startswith(("-", "(")))
