"""A total is asked for whatever its name is, and a file of another café is refused."""

from __future__ import annotations

import pytest

from pipelines.till.answers import Answers
from pipelines.till.errors import UnreadableExport
from tests.pipelines.till.test_neighbours import count, read

TOTALS = (
    "Hela dagen", "Butiken", "08-22", "1+2", "Store total", "Kafeet", "Dagen", "Hel", "Samlat", "Σ", "Huset", "0", "99",
)  # fmt: skip


def codes(text: str, answers: Answers | None = None) -> list[str]:
    found = read(text, answers=answers or Answers())
    assert found.faults == ()
    return [question.code for question in found.questions]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("column", ["Kassa", "Timme"])
@pytest.mark.parametrize("name", TOTALS)
def test_a_row_that_is_the_sum_of_all_others_is_asked_for(name: str, column: str, first: bool) -> None:
    parts = ["2026-11-24;1;210", "2026-11-24;2;187", "2026-11-24;3;40"]
    if column == "Timme":
        parts = ["2026-11-24;08:00;210", "2026-11-24;09:00;187", "2026-11-24;10:00;40"]
    rows = [f"2026-11-24;{name};437", *parts] if first else [*parts, f"2026-11-24;{name};437"]
    text = "\n".join([f"Datum;{column};Antal kunder", *rows]) + "\n"
    asked = codes(text)
    assert asked == ["whole"] or count(read(text)) == 437
    assert count(read(text, answers=Answers(others=(name,)))) == 437
    if asked:
        assert count(read(text, answers=Answers(sales=(name,)))) == 874


@pytest.mark.parametrize("name", ["Hela dagen", "Butiken", "Kafeet"])
def test_a_row_equal_to_the_only_other_one_is_asked_for(name: str) -> None:
    for column, part in (("Kassa", "1"), ("Timme", "Förmiddag")):
        text = f"Datum;{column};Antal kunder\n2026-11-24;{part};210\n2026-11-24;{name};210\n"
        assert codes(text) == ["whole"]


def test_tills_and_hours_that_are_no_sum_ask_nothing() -> None:
    rows = "2026-11-24;1;210\n2026-11-24;2;187\n2026-11-24;3;40\n"
    assert codes(f"Datum;Kassa;Antal kunder\n{rows}") == []
    assert codes("Datum;Timme;Antal kunder\n2026-11-24;08:00;41\n2026-11-24;09:00;41\n") == []


@pytest.mark.parametrize("text", ["Antal: 2", "Kort", "Z-47", "Kontant", "Swish 3", "Kassa A", "Avstämning", "Dag 24"])
def test_a_sum_in_the_column_of_receipts_is_asked_for(text: str) -> None:
    rows = "".join(f"2026-11-24;{number};50\n" for number in range(1, 21))
    body = f"Datum;Kvittonr;Belopp\n{rows}2026-11-24;{text};1000\n"
    assert codes(body) == ["receipt_value"]
    assert count(read(body, answers=Answers(others=(text,)))) == 20
    assert count(read(body, answers=Answers(sales=(text,)))) == 21


@pytest.mark.parametrize("form", ["A{}", "K-{}", "2026-{}", "{}/1", "#{}", "B{}x"])
def test_receipt_numbers_of_one_form_ask_nothing(form: str) -> None:
    rows = "".join(f"2026-11-24;{form.format(number)};50\n" for number in range(1, 21))
    text = f"Datum;Kvittonr;Belopp\n{rows}"
    assert (count(read(text)), codes(text)) == (20, [])


@pytest.mark.parametrize(("first", "second"), [("0001", "1"), ("1", "001"), ("A1", "a1")])
def test_one_receipt_written_in_two_ways_counts_once(first: str, second: str) -> None:
    files = [f"Datum;Kvittonr;Belopp\n2026-11-24;{number};50\n" for number in (first, second)]
    assert count(read(*files)) == 1


@pytest.mark.parametrize(("first", "second"), [("Kassa 1", "kassa 1"), ("1", "01"), ("KASSA A", "Kassa a")])
def test_one_till_written_in_two_ways_is_one(first: str, second: str) -> None:
    files = [f"Datum;Kassa;Kvittonr;Belopp\n2026-11-24;{till};7;50\n" for till in (first, second)]
    assert count(read(*files)) == 1
    files = [f"Datum;Kassa;Antal kunder\n2026-11-24;{till};70\n" for till in (first, second)]
    assert count(read(*files)) == 70


@pytest.mark.parametrize(
    "line", ["Malmö Huset", "Rapport för malmö huset, 2026-11-24", "Butik: malmohuset;;", "malmohuset"]
)
@pytest.mark.parametrize("above", [True, False])
def test_a_line_that_names_another_cafe_refuses_the_file(line: str, above: bool) -> None:
    head, rows = "Datum;Kvittonr;Belopp\n", "2026-11-24;1;50\n2026-11-24;2;50\n"
    text = f"{line}\n{head}{rows}" if above else f"{head}{rows}{line}\n{rows}"
    with pytest.raises(UnreadableExport, match="names another café"):
        read(text)


@pytest.mark.parametrize("line", ["Kafé Aurora", "Kvittorapport 2026-11-24", "aurora och malmohuset", "Aurorasalongen"])
def test_a_line_that_names_this_cafe_or_none_refuses_nothing(line: str) -> None:
    assert count(read(f"{line}\nDatum;Kvittonr;Belopp\n2026-11-24;1;50\n")) == 1
