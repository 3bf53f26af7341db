"""The verdict in words, and numbers as a Swede writes them."""

from __future__ import annotations

from typing import Any

import pytest

from pilot.kpis import KPIS
from reports.document.blocks import Heading, Points, Table, Text, words_of
from reports.document.document import document_of
from reports.document.money_part import fraud_part, money_part
from reports.model import Model, frozen


def texts(model: Model, language: Any = "sv") -> list[str]:
    return [block.text for block in document_of(model, language).blocks if isinstance(block, Text)]


def judged(model: Model, **verdicts: str) -> Model:
    rows = [
        {**row, "verdict": verdicts.get(row["kpi"], "met"), "interval": "clustered", "further_days": None, "why": None}
        for row in model["kpis"]
    ]
    return frozen({**model, "kpis": rows, "final": True})


def test_the_verdict_comes_first_in_words(model: Model) -> None:
    assert texts(judged(model))[0] == "Piloten når alla fem målen."
    missed = texts(judged(model, participation="missed"))[0]
    assert missed.startswith("Piloten missar ett mål: deltagande. Målet nås för slutförda samtal, svarstid")
    both = texts(judged(model, participation="missed", uptime="missed"), "en")[0]
    assert both.startswith("The pilot misses 2 targets: ")
    open_one = texts(judged(model, completion="cannot_tell"))[0]
    assert open_one.startswith("Piloten missar inget mål, men alla är inte avgjorda.")
    assert "Om slutförda samtal går det inte att avgöra." in open_one
    assert "Underlag saknas för driftsäkerhet." in texts(judged(model, uptime="missing"))[0]
    nothing = dict.fromkeys(KPIS, "cannot_tell")
    assert texts(judged(model, **nothing))[0] == "Inget av de fem målen går att avgöra."


def test_the_first_line_of_an_interim_report_is_not_taken_for_the_decision(model: Model) -> None:
    nothing = frozen({**judged(model, **dict.fromkeys(KPIS, "cannot_tell")), "final": False})
    assert texts(nothing)[0] == "Efter 7 av 30 dagar är inget av de fem målen avgjort."
    assert texts(nothing, "en")[0] == "After 7 of 30 days none of the five targets is decided."
    one_open = texts(frozen({**judged(model, completion="cannot_tell"), "final": False}))[0]
    assert one_open.startswith("Hittills, efter 7 av 30 dagar och inte slutgiltigt: Målet nås för deltagande, svarstid")
    assert one_open.endswith("Inte avgjort än: slutförda samtal.")
    table = next(block for block in document_of(nothing, "sv").blocks if isinstance(block, Table))
    assert {row[-1] for row in table.rows} == {"Inte avgjort än"}


@pytest.mark.parametrize("simulated", [True, False])
def test_what_guests_do_and_that_they_are_simulated_stand_below_the_verdict(model: Model, simulated: bool) -> None:
    below = texts(frozen({**model, "simulated": simulated}))[1]
    assert below.startswith("Gäster skannar en kod")
    assert ("inget om riktiga gäster" in below) == simulated


def test_an_interim_report_says_that_it_does_not_decide(model: Model) -> None:
    assert "Detta är en delrapport efter 7 av 30 dagar. Piloten avgörs först den sista dagen." in texts(model)
    assert "Detta är den planerade avläsningen efter 30 dagar. Den avgör." in texts(judged(model))


@pytest.mark.parametrize(
    ("days", "words"), [(12, "ungefär 12 dagar till"), (1, "ungefär en dag till"), (None, "ett år")]
)
def test_a_borderline_metric_says_how_many_days_it_needs(model: Model, days: int | None, words: str) -> None:
    rows = [
        {**row, "verdict": "cannot_tell", "further_days": days, "interval": "clustered", "why": "on_both_sides"}
        if row["kpi"] == "participation"
        else row
        for row in model["kpis"]
    ]
    assert any(words in text for text in texts(frozen({**model, "kpis": rows, "final": True})))


def test_numbers_and_amounts_are_swedish_to_the_ore(model: Model) -> None:
    rewards = {**model["rewards"], "granted_ore": 123_456_789, "useful": 1000}
    found = texts(frozen({**model, "rewards": rewards}))
    assert any("1\u00a0234\u00a0567,89\u00a0kr" in text for text in found)
    assert any("1\u00a0234,57\u00a0kr" in text for text in found)


def test_every_metric_has_a_row_with_target_value_interval_and_verdict(model: Model) -> None:
    for language in ("sv", "en"):
        blocks = document_of(model, language).blocks  # type: ignore[arg-type]
        table = next(block for block in blocks if isinstance(block, Table))
        assert len(table.rows) == len(KPIS) == len(table.verdicts)
        assert all(len(row) == 5 and all(row) for row in table.rows)


def test_a_report_without_anything_has_its_sections_in_words(model: Model) -> None:
    rewards = dict.fromkeys(model["rewards"], 0)
    bare = frozen(
        {**model, "metric_days": [], "volumes": [], "funnel": [], "stages": [], "outages": [], "payments": []}
        | {"rewards": rewards, "held_for": [], "satisfaction": [], "themes": [], "impact": [], "capacity": None}
        | {"incidents": [], "survey": [], "cases": {**model["cases"], "cases": 0, "changes": []}}
    )
    found = texts(bare)
    for words in (
        "Inga talade svar",
        "aldrig nere",
        "Ingen betalning",
        "Inga svar gick",
        "Inga ärenden",
        "Ingen incident",
    ):
        assert any(words in text for text in found), words


def open_metrics(model: Model, *, final: bool, **changed: dict[str, Any]) -> Model:
    """Return the model with every metric met, except those changed, which are not decided."""
    undecided = {"verdict": "cannot_tell", "interval": "anytime", "further_days": None, "why": "on_both_sides"}
    undecided |= {"low": 0.4, "high": 0.8, "value": 0.7, "numerator": 70.0, "denominator": 100.0}
    rows = [
        {**row, **undecided, **changed[row["kpi"]]} if row["kpi"] in changed else {**row, "verdict": "met"}
        for row in model["kpis"]
    ]
    return frozen({**model, "kpis": rows, "final": final})


@pytest.mark.parametrize("final", [True, False])
def test_metrics_that_are_open_for_the_same_reason_share_a_line(model: Model, final: bool) -> None:
    found = texts(open_metrics(model, final=final, participation={}, completion={}))
    (line,) = [text for text in found if "så nära målet" in text]
    assert line.startswith("Deltagande och slutförda samtal: ")
    assert ("ett år till" in line) == final


def test_a_share_without_a_failure_is_not_called_close_to_its_target(model: Model) -> None:
    every = {"value": 1.0, "high": 1.0, "numerator": 163.0, "denominator": 163.0}
    found = texts(open_metrics(model, final=False, payment_success=every))
    assert "Lyckade utbetalningar: 163 av 163 lyckades, men det är för få för att vara säker på målet." in found
    assert not any("så nära målet" in text for text in found)


def test_an_interval_without_an_upper_end_promises_no_number_of_days(model: Model) -> None:
    found = texts(open_metrics(model, final=False, voice_response={"high": None}))
    assert any(text.startswith("Svarstid: för lite underlag för att sätta en gräns") for text in found)


@pytest.mark.parametrize(("cafes", "allowed"), [(3, "648"), (1, "216")])
def test_uptime_that_is_not_over_says_how_much_downtime_is_used(model: Model, cafes: int, allowed: str) -> None:
    counted = {"interval": "census", "why": "not_over", "numerator": 1_812_060.0, "denominator": 1_814_400.0}
    open_one = open_metrics(model, final=False, uptime=counted)
    (line,) = [
        text for text in texts(frozen({**open_one, "cafes": model["cafes"][:cafes]})) if "perioden pågår" in text
    ]
    assert f"Hittills 39 minuter nere av de {allowed} som målet tillåter på 30 dagar" in line
    assert ("alla kaféer" in line) == (cafes > 1)


def test_a_fourth_cafes_interval_is_shown_on_the_last_day_only(model: Model) -> None:
    rows = [{**row, "another_cafe": [0.07, 0.19]} for row in model["kpis"]]
    for final in (True, False):
        found = texts(frozen({**model, "kpis": rows, "final": final}))
        assert any("ett fjärde kafés värde" in text for text in found) == final


def short(model: Model, language: Any = "sv") -> str:
    """Return the points below the verdict, in one text."""
    points = next(block for block in document_of(model, language).blocks if isinstance(block, Points))
    return " ".join(points.items)


def test_themes_that_are_blamed_equally_often_are_all_named(model: Model) -> None:
    def theme(name: str, positive: int, negative: int) -> dict[str, Any]:
        return {"theme": name, "mentions": 9, "positive": positive, "mixed": 0, "negative": negative}

    tied = frozen({**model, "themes": [theme("coffee", 5, 1), theme("queue", 2, 4), theme("price", 0, 4)]})
    assert "Mest beröm: Kaffe (5 gånger). Flest klagomål: Kö och pris (4 gånger var)." in short(tied)
    unblamed = frozen({**model, "themes": [theme("coffee", 5, 0), theme("queue", 2, 0)]})
    assert "Most praise: Coffee (5 times). Most complaints: none." in short(unblamed, "en")


def test_every_issued_reward_is_in_one_column_and_the_rest_has_its_kronor(model: Model) -> None:
    rail = {"rail": "voucher", "issued": 361, "succeeded": 150, "failed": 5, "open": 2, "expired": 6}
    rewards = {**model["rewards"], "granted": 361, "granted_ore": 914_000, "useful": 365}
    rewards |= {"decided": 1233, "declined": 868, "held": 14, "released": 10, "refused": 4}
    found = frozen({**model, "rewards": rewards, "payments": [{**rail, "succeeded_ore": 409_000}]})
    blocks = list(money_part(found, words_of(found, "sv")))
    table = next(block for block in blocks if isinstance(block, Table))
    assert table.rows[0][1:7] == ("361", "150", "5", "2", "6", "198")
    written = [block.text for block in blocks if isinstance(block, Text)]
    assert "Belöningar för 5\u00a0050,00\u00a0kr är inte inlösta, förfallna medräknade." in written
    assert "beviljades belöningar för 9\u00a0140\u00a0kr" in short(found)
    assert "har löst in 4\u00a0090\u00a0kr" in short(found)
    held = next(block for block in fraud_part(found, words_of(found, "sv")) if isinstance(block, Text))
    assert held.text.startswith("Av 365 svar som kunde ge belöning hölls 14 inne")


@pytest.mark.parametrize(("cafes", "together"), [(3, True), (1, False)])
def test_downtime_is_said_to_be_of_all_cafes_only_if_there_are_several(
    model: Model, cafes: int, together: bool
) -> None:
    uptime = {**model["uptime"], "unknown_s": 600.0}
    few = {"cafes": model["cafes"][:cafes], "metric_days": [], "by_cafe": [], "uptime": uptime}
    blocks = document_of(frozen({**model, **few}), "sv").blocks
    down = next(text for text in texts(frozen({**model, **few})) if "sida var nere" in text)
    days = next(block for block in blocks if isinstance(block, Table) and block.caption == "Antal, dag för dag")
    assert isinstance(blocks[-1], Points)
    missing = next(item for item in blocks[-1].items if "vet ingen om" in item)
    assert ["alla kaféer" in each for each in (down, days.head[-1], missing)] == [together] * 3


@pytest.mark.parametrize(("final", "title"), [(True, "Slutrapport"), (False, "Delrapport")])
def test_the_title_says_whether_it_is_the_last_report(model: Model, final: bool, title: str) -> None:
    assert document_of(frozen({**model, "final": final}), "sv").title == f"{title} från pilotprojektet"
    one = frozen({**model, "final": final, "whole": False, "cafes": model["cafes"][:1]})
    assert document_of(one, "sv").title == f"{title} från pilotprojektet: Café Aurora"


def test_programs_are_named_in_the_last_section_only(model: Model) -> None:
    plan = {"most_at_once": 3, "busiest_hour_sessions": 20, "measured_at_once": None, "bytes_a_day": 2e6}
    load = {"busiest_cafe_hour": 30, "mean_seconds": 60.0, "customers_a_day": 400}
    blocks = document_of(frozen({**model, "capacity": plan, "load": load}), "sv").blocks
    naming = [block for block in blocks if "pilot load-test" in str(block) or "veraPDF" in str(block)]
    assert naming == [blocks[-1]]
    assert isinstance(blocks[-1], Points)
    assert [item.startswith("För den som bygger") for item in blocks[-1].items[-2:]] == [True, True]


def test_the_themes_have_a_heading_that_follows_them_to_the_next_page(model: Model) -> None:
    theme = {"theme": "coffee", "mentions": 9, "positive": 5, "mixed": 0, "negative": 4}
    day = {"day": model["first"], "usable": 9, "positive": 5, "mixed": 0, "negative": 4, "neutral": 0}
    blocks = document_of(frozen({**model, "themes": [theme], "satisfaction": [day]}), "sv").blocks
    place = next(
        place for place, block in enumerate(blocks) if getattr(block, "caption", "") == "Vad gästerna talar om"
    )
    assert blocks[place - 1] == Heading("Vad gästerna talar om", level=2)
