"""What befalls simulated cafés shows in the tables that are built from their days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pilot.business_days import day_bounds, days_between
from pilot.cafes import Cafes, parse_cafes
from pilot.lake_tables.insight_tables import THEMES
from pilot.lake_tables.tables import CUSTOMER_COUNTS, FINGERPRINTS, SESSIONS
from pilot.settings import read_settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.themes_daily import HISTORY_COLUMNS as THEME_HISTORY
from pipelines.feedback.themes_daily import themes_of
from pipelines.feedback.turns import turns
from pipelines.figures.kpis import pilot_kpis
from pipelines.figures.uptime import uptime
from pipelines.language.labels import THEMES as THEME_NAMES
from pipelines.shapes import schema
from pipelines.signals.fingerprints import fingerprints
from pipelines.signals.session_signals import session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS
from proving.simulator import chances
from proving.simulator.happenings import Window, failing, outage, ring, trend
from proving.simulator.landing_days import land
from proving.simulator.large_days import LargeDay, crowd, customer_counts, event_parts
from proving.simulator.many_cafes import many_cafes
from proving.simulator.pilot_days import SimulatedDay, simulate
from proving.simulator.rings import TURNS
from proving.simulator.speech import topics
from storage.home import Home, open_home
from storage.store import audit
from storage.store.cafes import cafe_states, closed_doors, trial_slots
from tests.events import raw_events

pytestmark = pytest.mark.slow

BASE = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
AURORA = BASE.model_copy(update={"cafe": tuple(cafe for cafe in BASE.cafe if cafe.id == "aurora")})
CODES = dict.fromkeys(BASE.ids, "BCDFGH")
SEED = 5
FIRST = date(2026, 9, 1)
SEARCHED_DAYS = 2_000
FAR = datetime(2030, 1, 1, tzinfo=UTC)
OVER = timedelta(hours=12)


def first_day(true: Callable[[date], bool]) -> date:
    return next(day for day in days_between(FIRST, FIRST + timedelta(days=SEARCHED_DAYS)) if true(day))


def small(day: date, *, cafes: Cafes = BASE) -> SimulatedDay:
    (made,) = simulate(cafes, codes=CODES, first_day=day, last_day=day, until=FAR, seed=SEED)
    return made


def small_events(day: date, *, cafes: Cafes = BASE) -> pl.DataFrame:
    return raw_events(small(day, cafes=cafes).events)


def large_events(day: date, *, cafes: Cafes = BASE) -> pl.DataFrame:
    large = LargeDay(cafes=cafes, day=day, seed=SEED, probe_seconds=60)
    return pl.concat(event_parts(large, crowd(large)))


BOTH = pytest.mark.parametrize("made", [small_events, large_events], ids=["guest by guest", "in columns"])
Made = Callable[..., pl.DataFrame]


def scored_day(raw: pl.DataFrame, day: date, *, cafes: Cafes = BASE) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    visits, said = sessions(raw, as_of=day_bounds(day)[1] + OVER), turns(raw)
    return visits, said, scored_feedback(visits, said, cafes=cafes)


def within(frame: pl.DataFrame, column: str, window: Window) -> pl.DataFrame:
    return frame.filter((pl.col(column) >= window.begins) & (pl.col(column) < window.ends))


def test_happenings_depend_on_the_seed() -> None:
    def rows(seed: int) -> list[Any]:
        days = list(days_between(FIRST, FIRST + timedelta(days=90)))
        return [(outage(seed, day=day), failing(seed, day=day), ring(seed, cafe="aurora", day=day)) for day in days]

    assert rows(1) == rows(1)
    assert rows(1) != rows(2)


def test_happenings_are_as_frequent_as_their_chances() -> None:
    days = list(days_between(FIRST, FIRST + timedelta(days=2_000)))
    for happens, share in (
        (outage, chances.OUTAGE_SHARE),
        (failing, chances.FAILING_SHARE),
        (lambda seed, *, day: ring(seed, cafe="aurora", day=day), chances.RING_SHARE),
    ):
        found = sum(bool(happens(SEED, day=day)) for day in days) / len(days)  # type: ignore[operator]
        assert found == pytest.approx(share, abs=0.02)


@BOTH
def test_in_an_outage_time_is_down_and_nobody_opens_the_page(made: Made) -> None:
    day = first_day(lambda day: outage(SEED, day=day) is not None)
    window = outage(SEED, day=day)
    assert window is not None
    raw = made(day)
    table = uptime(raw, day=day, as_of=day_bounds(day)[1] + OVER, cafes=BASE).filter("simulated")
    down = (window.ends - window.begins).total_seconds()
    assert table["down_s"].to_list() == pytest.approx([down] * len(BASE.ids), abs=60)
    opened = raw.filter(pl.col("event") == "page_opened")
    assert opened.height > 50
    assert within(opened, "at", window).is_empty()


@BOTH
def test_in_a_burst_of_failure_most_voice_turns_fail_and_no_empty_feedback_is_sent(made: Made) -> None:
    def busy(day: date) -> bool:
        window = failing(SEED, day=day)
        return window is not None and 10 <= window.begins.hour < 12 and (window.ends - window.begins).seconds > 2_100

    day = first_day(busy)
    window = failing(SEED, day=day)
    assert window is not None
    visits, said, _ = scored_day(made(day), day)
    lost = said.filter(pl.col("failure") == "recogniser_timeout")
    assert lost.height >= 3
    around = Window(window.begins, window.ends + timedelta(minutes=10))
    assert within(lost, "committed_at", around).height == lost.height
    voice = within(said.filter(pl.col("mode") == "voice"), "committed_at", window)
    assert voice.filter(pl.col("failure").is_not_null()).height > 0.25 * voice.height
    assert lost["within_target"].to_list() == [False] * lost.height
    assert visits.filter(pl.col("outcome") == "completed")["turns"].min() > 0
    assert visits["missing_events"].sum() == 0


def signals_of(raw: pl.DataFrame, day: date) -> pl.DataFrame:
    visits, said, scored = scored_day(raw, day)
    return session_signals(
        day,
        sessions=visits,
        turns=said,
        history=pl.DataFrame(schema={name: schema(SESSIONS)[name] for name in HISTORY_COLUMNS}),
        fingerprints=fingerprints(visits, said, key=b"a test's key"),
        earlier_fingerprints=pl.DataFrame(schema=schema(FINGERPRINTS)),
        scored=scored,
        cafes=BASE,
    )


@BOTH
def test_a_ring_is_found_by_the_signals_and_only_it(made: Made) -> None:
    day = first_day(lambda day: ring(SEED, cafe="aurora", day=day) >= 6 and outage(SEED, day=day) is None)
    others = {cafe for cafe in BASE.ids if ring(SEED, cafe=cafe, day=day)} - {"aurora"}
    members = ring(SEED, cafe="aurora", day=day)
    found = signals_of(made(day), day)
    rings = found.filter(pl.col("signal") == "ring")
    assert rings.filter(pl.col("cafe") == "aurora").height == members - 1  # the first may be whom the others copy
    assert set(rings["cafe"]) <= {"aurora", *others}
    copied = found.filter(pl.col("signal").is_in(["copied_exactly", "copied_nearly"]), pl.col("cafe") == "aurora")
    assert copied["session_id"].n_unique() >= members - 1
    often = found.filter(pl.col("signal") == "device_often", pl.col("cafe") == "aurora")
    assert often.height == members


def test_a_ring_on_a_small_day_is_one_device_without_a_pause() -> None:
    day = first_day(lambda day: ring(SEED, cafe="aurora", day=day) >= 7 and outage(SEED, day=day) is None)
    found = signals_of(small_events(day), day)
    chained = found.filter(pl.col("signal") == "device_chain", pl.col("cafe") == "aurora")
    assert chained.height == ring(SEED, cafe="aurora", day=day) - 5
    assert TURNS == 3


def weeks_of_themes(made: Made) -> tuple[str, list[pl.DataFrame]]:
    """Return what trends at Aurora, and its THEMES from before it rises until after it has."""
    quiet = first_day(
        lambda day: (
            trend(SEED, cafe="aurora", day=day).share == 0
            and trend(SEED, cafe="aurora", day=day - timedelta(days=1)).share > 0
        )
    )
    last = quiet + timedelta(days=chances.TREND_QUIET_DAYS + 2 * chances.TREND_RISING_DAYS - 1)
    tables: list[pl.DataFrame] = []
    for day in days_between(last - timedelta(days=27), last):
        history = pl.concat([table.select(THEME_HISTORY) for table in tables]) if tables else None
        _, _, scored = scored_day(made(day, cafes=AURORA), day, cafes=AURORA)
        empty = pl.DataFrame(schema={name: schema(THEMES)[name] for name in THEME_HISTORY})
        tables.append(themes_of(scored, day=day, history=empty if history is None else history))
    return trend(SEED, cafe="aurora", day=last).topic, tables


@BOTH
def test_only_a_trending_theme_is_reported_as_rising(made: Made) -> None:
    topic, tables = weeks_of_themes(made)
    rows = dict(tables[-1].select("theme", "trend").iter_rows())
    rising = {theme for theme, how in rows.items() if how == "rising"}
    assert rising & set(topics()) == {topic}  # who speaks of cleanliness may name the toilets
    assert tables[0].filter(pl.col("theme") == topic)["trend"].to_list() == ["too_few"]


def test_every_topic_that_can_trend_is_a_theme_of_the_scorer() -> None:
    assert set(topics()) <= set(THEME_NAMES)


def test_without_customer_counts_participation_is_missing_and_not_zero() -> None:
    cafes = many_cafes(BASE, count=60)
    large = LargeDay(cafes=cafes, day=FIRST, seed=SEED, guests=1_200)
    drawn = crowd(large)
    raw, counts = pl.concat(event_parts(large, drawn)), customer_counts(large, drawn)
    without = set(cafes.ids) - set(counts["cafe"])
    assert without
    as_of = day_bounds(FIRST)[1] + OVER
    figures = pilot_kpis(
        day=FIRST,
        as_of=as_of,
        cafes=cafes,
        sessions=sessions(raw, as_of=as_of),
        turns=turns(raw),
        uptime=uptime(raw, day=FIRST, as_of=as_of, cafes=cafes),
        customer_counts=counts,
    )
    rows = figures.filter("simulated", pl.col("kpi") == "participation")
    assert set(rows.filter(pl.col("verdict") == "missing")["cafe"]) == without
    assert rows.filter(pl.col("cafe").is_in(without))["value"].null_count() == len(without)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Home]:
    yield open_home(read_settings({"PILOT_HOME": str(tmp_path)}), kind="demo")


def test_a_trial_is_extended_before_it_is_used_up_and_audited(demo: Home) -> None:
    days = [small(FIRST + timedelta(days=number)) for number in range(3)]
    land(demo, days, on_day=lambda *_: None)
    store = demo.store()
    for cafe in demo.cafes().cafe:
        use = trial_slots.usage(store, cafe)
        changed = cafe_states.find(store, cafe.id).trial_limit
        assert changed is not None
        assert use.limit == changed > cafe.trial_limit
        assert use.used == sum(len(day.sent[cafe.id]) for day in days)
        assert use.unrewarded == 0
    extended = [entry for entry in audit.recent(store, 100) if entry.action == "cafe.trial_limit"]
    assert {entry.subject for entry in extended} == set(demo.cafes().ids)
    assert {entry.actor for entry in extended} == {"simulator"}
    # As of the simulated days: at no moment of them was a trial used up, so nobody is missed on them.
    ended = day_bounds(FIRST + timedelta(days=2))[1]
    for cafe in demo.cafes().cafe:
        assert closed_doors.trial_full(store, cafe, start=day_bounds(FIRST)[0], end=ended) == []
    again = {cafe.id: trial_slots.usage(store, cafe).used for cafe in demo.cafes().cafe}
    for cafe in demo.cafes().cafe:
        trial_slots.use_all(store, cafe=cafe, sent=days[0].sent[cafe.id])
        assert trial_slots.usage(store, cafe).used == again[cafe.id]


def test_days_that_land_after_newer_ones_leave_no_trial_full(demo: Home) -> None:
    days = [small(FIRST + timedelta(days=number)) for number in range(9)]
    for some in (days[7:], days[:4], days[4:7]):
        land(demo, some, on_day=lambda *_: None)
    start, end = day_bounds(FIRST)[0], day_bounds(FIRST + timedelta(days=8))[1]
    for cafe in demo.cafes().cafe:
        assert closed_doors.trial_full(demo.store(), cafe, start=start, end=end) == []
        assert trial_slots.usage(demo.store(), cafe).unrewarded == 0


def test_slots_beyond_the_limit_are_kept_and_earn_nothing(demo: Home) -> None:
    cafe = demo.cafes().get("aurora")
    sent = {f"session-{number:04}": FAR + timedelta(seconds=number) for number in range(cafe.trial_limit + 7)}
    assert trial_slots.use_all(demo.store(), cafe=cafe, sent=sent) == 7
    use = trial_slots.usage(demo.store(), cafe)
    assert (use.used, use.unrewarded) == (cafe.trial_limit, 7)
    last = trial_slots.find(demo.store(), f"session-{cafe.trial_limit + 6:04}")
    assert last is not None
    assert not last.rewarded


def test_a_day_of_ten_thousand_cafes_has_all_of_them_and_enough_rings() -> None:
    cafes = many_cafes(BASE, count=10_000)
    large = LargeDay(cafes=cafes, day=FIRST, seed=SEED, guests=120_000, probe_seconds=43_200)
    drawn = crowd(large)
    opened, rings = 0, 0
    seen: set[str] = set()
    for part in event_parts(large, drawn):
        pages = part.filter(pl.col("event") == "page_opened")
        device = pages["data"].str.json_path_match("$.device_hash")
        rings += (
            pages.select(cafe="cafe", device=device).group_by("cafe", "device").len().filter(pl.col("len") > 1).height
        )
        opened += pages.height
        seen |= set(part["cafe"].unique())
    assert opened == 120_000
    assert seen == set(cafes.ids)
    assert rings / 10_000 == pytest.approx(chances.RING_SHARE, abs=0.015)
    assert dict(customer_counts(large, drawn).schema) == schema(CUSTOMER_COUNTS)
