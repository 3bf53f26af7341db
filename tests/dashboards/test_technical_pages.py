"""The pages of technology and of voice on a real lake: figures, empty states, unmeasured figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from operations.load_records import RECORDS_NAME
from operations.monitoring.expressions.samples import Samples
from operations.monitoring.minute_figures import MinuteFiguresLog
from operations.record_lines import append_record
from operations.system import RUN_FOLDER
from pilot.business_days import day_bounds
from pilot.lake_tables.insight_tables import VOICE_LATENCY
from pilot.lake_tables.tables import RAW_EVENTS, TURNS, UPTIME
from pipelines.figures.uptime import uptime
from storage.home import Home
from storage.lake import polars_schema
from tests.dashboards.conftest import NOW, TODAY
from tests.dashboards.lake_days import make_day
from tests.dashboards.test_pages import shown

pytestmark = pytest.mark.slow

Pages = Callable[[], AppTest]
DAY = TODAY - timedelta(days=1)


def opened(visit_pages: Pages, name: str, **address: str) -> AppTest:
    at = visit_pages()
    for key, value in address.items():
        at.query_params[key] = value
    return at.run().switch_page(f"views/{name}.py").run()


def write_probes(home: Home, *, failed: tuple[int, ...], missing: tuple[int, ...] = ()) -> None:
    """Write a probe of Aurora's page for each minute of the day, some failed and some missing."""
    start, end = day_bounds(DAY)
    minutes = range(int((end - start).total_seconds() // 60))
    rows = [
        {"day": DAY, "event_id": f"e{minute}", "event": "probe", "at": start + timedelta(minutes=minute)}
        | {"session_id": "", "cafe": "aurora", "edge": "watch", "epoch": 0, "seq": minute, "simulated": False}
        | {"schema_version": 1, "segment": "s", "data": json.dumps(_probe(minute in failed))}
        for minute in minutes
        if minute not in missing
    ]
    events = pl.DataFrame(rows, schema=polars_schema(RAW_EVENTS), orient="row", strict=False)
    home.lake().replace_partition(RAW_EVENTS, DAY, events, commit={})
    table = uptime(events, day=DAY, as_of=end, cafes=home.cafes())
    home.lake().replace_partition(UPTIME, DAY, table, commit={})


def _probe(is_failed: bool) -> dict[str, object]:
    return {"target": "customer_page", "ok": not is_failed, "status": 503 if is_failed else 200, "duration_ms": 20.0,
            "every_seconds": 60, "failure": "wrong_status" if is_failed else ""}  # fmt: skip


def test_an_outage_is_shown_by_the_minute_with_its_cause(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    write_probes(home, failed=(600, 601, 602), missing=(60, 61))
    at = opened(visit_pages, "technical")
    page = shown(at).replace("\u00a0", " ")
    assert "Gästernas sidor fungerade 99,79 % av den kända tiden" in page
    outages = next(each.value for each in at.dataframe if "Till" in each.value.columns)
    assert outages.iloc[0].tolist() == ["Café Aurora", "10:00", "10:03", "3,0"]
    targets = next(each.value for each in at.dataframe if "Prov" in each.value.columns)
    assert targets["Misslyckade"].tolist() == ["fel status: 3"]
    assert targets["Median"].tolist() == ["20 ms"]


def test_a_day_without_probes_says_that_nobody_knows(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    page = shown(opened(visit_pages, "technical"))
    assert "Ingen vet hur sidorna fungerade" in page
    assert "Inget prov gjordes den dagen." in page


def test_rates_errors_and_load_are_shown_by_the_minute(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    log = MinuteFiguresLog(home.root / RUN_FOLDER)
    samples = Samples()
    for minute in range(3):
        at = NOW - timedelta(days=1) + timedelta(minutes=minute)
        for second in (0, 30):
            for code, gain in (("200", 9), ("500", 1)):
                labels = {"service": "edge", "code": code}
                value = float(gain * (minute * 2 + second // 30))
                samples.add("pilot_http_requests_total", labels, value=value, at=at.timestamp() + second)
        for name, value in (("node_memory_MemAvailable_bytes", 40.0), ("node_memory_MemTotal_bytes", 100.0)):
            samples.add(name, {"instance": "host"}, value=value, at=at.timestamp() + 30)
        log.append(samples, now=at + timedelta(seconds=30))
    at = opened(visit_pages, "technical")
    figures = next(each.value for each in at.dataframe if "Mätvärde" in each.value.columns)
    rows = {row.iloc[0]: row.iloc[1:].tolist() for _, row in figures.iterrows()}
    assert rows["Andel som misslyckas"][0].replace("\u00a0", " ") == "10,0 %"
    assert [each.replace("\u00a0", " ") for each in rows["Minne"]] == ["60,0 %", "60,0 %", "60,0 %", "3"]
    assert rows["Förfrågningar per minut"][0] == "20"
    assert "Förfrågningar per minut" in shown(at)


def test_what_is_not_measured_is_said_and_load_tests_are_listed(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    line = {"at": NOW.isoformat(), "guests": 40, "seconds": 120.0, "p95_ms": 812.4, "failures": 0, "passed": True}
    append_record(home.root / RUN_FOLDER / RECORDS_NAME, line)
    at = opened(visit_pages, "technical")
    assert "Ingen mätning finns för dagen" in shown(at)
    tests = next(each.value for each in at.dataframe if "Gäster samtidigt" in each.value.columns)
    assert tests.iloc[0].tolist() == ["23 november 2026", "40", "812 ms", "0", "ja"]


@pytest.mark.parametrize("name", ["technical", "voice"])
def test_a_home_without_sessions_says_how_to_begin(name: str, home: Home, visit_pages: Pages):
    assert "Här kommer gästernas svar" in shown(opened(visit_pages, name))


def write_latency(home: Home, *, simulated: bool = False) -> None:
    rows = [
        {"day": DAY, "cafe": cafe, "simulated": simulated, "author": "scripted", "stage": stage, "turns": 10}
        | {"measured": 10, "p50_ms": 500.0, "p95_ms": late, "longest_ms": late, "within_2s": 9, "within_3s": 10}
        for cafe, late in (("aurora", 1500.0), ("goteborg", 2500.0))
        for stage in ("soft_end", "shown")
    ]
    frame = pl.DataFrame(rows, schema=polars_schema(VOICE_LATENCY), orient="row", strict=False)
    home.lake().replace_partition(VOICE_LATENCY, DAY, frame, commit={})


def test_latency_by_stage_is_that_of_the_table(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    write_latency(home)
    at = opened(visit_pages, "voice")
    stages = next(each.value for each in at.dataframe if "Steg" in each.value.columns)
    assert stages["Steg"].tolist() == ["Tystnaden upptäckt", "Frågan visad"]
    assert stages.iloc[1].tolist()[1:] == ["0,50\u00a0s", "2,00\u00a0s", "2,50\u00a0s", "20"]
    page = shown(at)
    assert "nästa fråga inom 2,00" in page
    assert "Inga ljudklipp sparas" in page


@pytest.mark.parametrize(("split", "column"), [("language", "Språk"), ("browser", "Webbläsare"), ("cafe", "Kafé")])
def test_silent_and_unsure_answers_are_counted_by_group(split: str, column: str, home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY).write(home.lake())
    turns = home.lake().read(TURNS, days=[DAY])
    nth = pl.int_range(pl.len())
    changed = turns.with_columns(
        transcript=pl.when((nth % 10 == 0) & (pl.col("mode") == "voice")).then(None).otherwise("transcript"),
        low_confidence=nth % 7 == 0,
    )
    home.lake().replace_partition(TURNS, DAY, changed, commit={})
    at = opened(visit_pages, "voice", uppdelning=split)
    table = next(each.value for each in at.dataframe if "Inget hördes" in each.value.columns)
    voice = changed.filter(mode="voice")
    assert column in table.columns
    assert sum(int(count) for count in table["Talade svar"]) == voice.height
    if split == "browser":
        share = 100 * voice["transcript"].null_count() / voice.height
        assert table["Inget hördes"].tolist() == [f"{share:.1f}\u00a0%".replace(".", ",")]
    assert all(text.startswith("mellan") for text in table["Spann, osäkert"])


def test_simulated_turns_are_not_shown_for_guests(home: Home, visit_pages: Pages):
    make_day(home.cafes(), DAY, simulated=True).write(home.lake())
    write_latency(home, simulated=True)
    assert "Ingen pratade in ett svar" in shown(opened(visit_pages, "voice"))
