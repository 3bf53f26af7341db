"""Devices, hours and bursts: what one device does in a row is seen, and a full café is not fraud."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pilot.events import CONSENT_VERSION, ConsentDecided
from pilot.opening_hours import hours_on
from pipelines.signals.devices import CHAIN_CODES, CHAIN_SESSIONS, OVERLAP_OTHERS, PATH_SESSIONS, PATTERN_DAYS
from pipelines.signals.session_signals import reward_effects
from pipelines.signals.velocity import BURST_LEAST
from tests.events import MORNING, Story
from tests.pipelines.signals.visits import CAFES, answers, named, signals_of, typed_visit, visit

HOLDS = {"device_chain", "code_hopping", "burst", "outside_hours_pattern", "copied_nearly", "ring"}


def in_a_row(count: int, *, pause_s: float, codes: int = 1) -> list[Story]:
    """One telephone, one visit after the other."""
    stories: list[Story] = []
    at = MORNING
    for n in range(count):
        stories.append(visit(answers()[n], at=at, device="phone", code=f"BCD23{4 + n % codes}"))
        at = stories[-1].now - timedelta(seconds=5) + timedelta(seconds=pause_s)
    return stories


def test_one_device_in_a_row_is_held_from_the_sixth_on() -> None:
    stories = in_a_row(CHAIN_SESSIONS + 1, pause_s=20)
    frame = signals_of(*stories)
    for story in stories[: CHAIN_SESSIONS - 1]:
        assert named(frame, story) == {"device_often"}
    for story in stories[CHAIN_SESSIONS - 1 :]:
        assert named(frame, story) == {"device_often", "device_chain"}


def test_a_pause_between_visits_breaks_the_chain() -> None:
    frame = signals_of(*in_a_row(20, pause_s=90))
    assert set(frame["signal"]) == {"device_often"}


def test_one_device_at_four_codes_in_a_row_is_held() -> None:
    stories = in_a_row(CHAIN_CODES, pause_s=20, codes=CHAIN_CODES)
    frame = signals_of(*stories)
    assert [("code_hopping" in named(frame, story)) for story in stories] == [False, False, False, True]


@pytest.mark.parametrize("worthless", [True, False])
def test_pages_only_opened_and_worthless_answers_hold_no_guest(worthless: bool) -> None:
    """On one Wi-Fi, equal telephones are one device: what others did before is not this guest's."""
    others: list[Story] = []
    at = MORNING
    for n in range(PATH_SESSIONS):
        others.append(visit("Hej.", at=at, device="phone", code=f"BCD23{4 + n % 5}"))
        if not worthless:
            others[-1].events = others[-1].events[:1]  # the page was opened and left
        at = others[-1].now + timedelta(seconds=5)
    guest = visit(answers()[0], at=at, device="phone", code="BCD239")
    assert named(signals_of(*others, guest), guest) == set()


@pytest.mark.parametrize("seed", range(5))
def test_twenty_honest_guests_on_one_wifi_are_not_held(seed: int) -> None:
    rng = random.Random(seed)
    starts = sorted(rng.uniform(0, 90 * 60) for _ in range(20))
    stories = [
        visit(answers()[n], at=MORNING + timedelta(seconds=start), device="wifi", code=f"BCD23{rng.randint(4, 9)}")
        for n, start in enumerate(starts)
    ]
    frame = signals_of(*stories)
    assert set(frame["signal"]) == {"device_often"}
    assert reward_effects(frame)["held_until"].null_count() == 20


def test_a_visit_in_the_opening_hours_or_soon_after_is_not_noted_and_one_at_night_is() -> None:
    local = datetime.fromisoformat
    usual = [visit("Hej.", at=local(f"2026-11-23T{wall}:00+01:00")) for wall in ("06:50", "07:10", "18:59", "19:40")]
    night = [visit("Hej.", at=local(f"2026-11-23T{wall}:00+01:00")) for wall in ("05:30", "21:15")]
    frame = signals_of(*usual, *night)
    assert [named(frame, story) for story in usual] == [set()] * 4
    assert [named(frame, story) for story in night] == [{"outside_hours"}] * 2
    assert frame["held_until"].null_count() == 2


def token_visit(at: datetime, *, token: str | None) -> Story:
    consent = ConsentDecided(granted=True, version=CONSENT_VERSION, scope=("transcript",), device_token_hash=token)
    return Story("aurora", at=at.astimezone(UTC)).opens().records(consent).says("Hej.").completes()


def test_a_token_often_sent_before_opening_is_held_and_a_morning_regular_is_not() -> None:
    before = datetime.fromisoformat("2026-11-23T06:00:00+01:00")
    open_ = datetime.fromisoformat("2026-11-23T07:05:00+01:00")
    days = [timedelta(days=back) for back in range(PATTERN_DAYS)]
    staff = [token_visit(before - back, token="staff") for back in days]
    regular = [token_visit(open_ - back, token="regular") for back in days]
    unknown = [token_visit(before - back, token=None) for back in days]
    frame = signals_of(*staff, *regular, *unknown)
    assert named(frame, staff[0]) == {"outside_hours", "outside_hours_pattern"}
    assert named(frame, regular[0]) == set()
    assert named(frame, unknown[0]) == {"outside_hours"}


RUSH_AT = timedelta(minutes=30)  # 09:00 in Stockholm


def rush(guests: int, *, day: int = 0, at: timedelta = RUSH_AT, seconds: float = 20, skip: int = 0) -> list[Story]:
    """Return guests whose answers earn a reward, by default all within one of Stockholm's clock hours."""
    begins = MORNING + timedelta(days=day) + at
    return [
        visit(answers()[skip + n], at=begins + timedelta(seconds=seconds * n), code=f"BCD2{n % 9}3")
        for n in range(guests)
    ]


def quiet_days(guests: int, *, at: timedelta = RUSH_AT, seconds: float = 20) -> list[Story]:
    """Return six earlier days on which so many came; what they said plays no part."""
    begins = [MORNING + timedelta(days=day, seconds=seconds * n) + at for day in range(-6, 0) for n in range(guests)]
    return [visit("Kort.", at=moment, code=f"BCD2{n % 9}3") for n, moment in enumerate(begins)]


def expected_limit() -> int:
    window = hours_on(CAFES.get("aurora"), MORNING.date()).window
    assert window is not None
    return math.ceil(4 * CAFES.get("aurora").expected_feedbacks_per_day.high / (window[1].hour - window[0].hour))


def burst(frame: pl.DataFrame) -> set[str]:
    return set(frame.filter(pl.col("signal") == "burst")["session_id"])


def test_a_rush_that_the_hour_is_used_to_is_no_burst() -> None:
    assert signals_of(*quiet_days(30), *rush(60)).height == 0


def test_a_burst_is_held_beyond_its_limit_and_not_before() -> None:
    today = rush(30)
    frame = signals_of(*quiet_days(6), *today)
    beyond = today[4 * 6 :]
    assert set(frame["session_id"]) == {story.session_id for story in beyond}
    assert json.loads(frame["counts"][0]) == {"limit": 24, "paid_this_hour": 24}
    assert BURST_LEAST < 4 * 6


def test_on_the_first_days_four_times_the_expected_hour_is_the_limit() -> None:
    limit = expected_limit()
    assert 20 < limit < 50
    assert len(burst(signals_of(*rush(50)))) == 50 - limit


@pytest.mark.parametrize("minutes", [15, 20, 29])  # 08:45, 08:50 and 08:59 in Stockholm
def test_the_turn_of_the_clock_hour_opens_no_second_burst(minutes: float) -> None:
    today = rush(65, at=timedelta(minutes=minutes), seconds=25)
    held = burst(signals_of(*today))
    assert held == {story.session_id for story in today[expected_limit() :]}


def test_a_burst_falls_free_again_after_an_hour_although_held_ones_go_on() -> None:
    limit = expected_limit()
    today = rush(limit + 20, seconds=10)
    late = rush(10, at=RUSH_AT + timedelta(minutes=66), skip=limit + 20)
    assert burst(signals_of(*today, *late)) == {story.session_id for story in today[limit:]}


@pytest.mark.parametrize("minutes", [15, 25, 29.5])
def test_a_daily_rush_across_the_turn_of_the_hour_is_no_burst(minutes: float) -> None:
    at = timedelta(minutes=minutes)
    assert signals_of(*quiet_days(20, at=at, seconds=60), *rush(60, at=at)).height == 0


def test_the_first_guests_after_a_daily_rush_are_paid() -> None:
    guests = rush(45, at=timedelta(minutes=10), seconds=20)  # until 08:55
    after = rush(5, at=timedelta(minutes=31), skip=45)
    assert signals_of(*quiet_days(15, at=timedelta(minutes=0)), *guests, *after).height == 0


def test_sessions_that_are_held_for_something_else_make_no_burst() -> None:
    held = [
        typed_visit("Kort.", at=MORNING + timedelta(minutes=30, seconds=n), characters_per_second=1e5)
        for n in range(90)
    ]
    frame = signals_of(*held, *rush(20))
    assert set(frame["signal"]) == {"inhuman_speed"}


WORTHLESS = ("Kaffet var gott.", "Jaha, det var väl helt okej här i dag, tack och hej så länge.", "")


@pytest.mark.parametrize("text", WORTHLESS)
@pytest.mark.parametrize("one_code", [True, False])
def test_worthless_answers_use_up_no_burst(text: str, one_code: bool) -> None:
    begins = MORNING + RUSH_AT
    worthless = [
        visit(*filter(None, [text]), at=begins + timedelta(seconds=n), code="BCD203" if one_code else f"BCD2{n % 9}3")
        for n in range(60)
    ]
    guests = rush(20, at=RUSH_AT + timedelta(minutes=3), seconds=120)
    frame = signals_of(*worthless, *guests)
    assert burst(frame) == set()
    assert all(named(frame, story) == set() for story in guests)


def test_copies_of_a_paid_answer_use_up_no_burst() -> None:
    copied = [visit(answers()[100], at=MORNING + RUSH_AT + timedelta(seconds=n)) for n in range(60)]
    guests = rush(20, at=RUSH_AT + timedelta(minutes=3), seconds=120)
    frame = signals_of(*copied, *guests)
    assert all(named(frame, story) == set() for story in guests)


def beside(stories: list[Story], *, seconds: float) -> list[Story]:
    """Return pages that the same telephone opens during each visit, and leaves some seconds after it."""
    found = []
    for story in stories:
        decoy = visit(at=story.now - timedelta(seconds=7), device="phone")
        decoy.events = decoy.events[:2]
        decoy.events[-1] = decoy.events[-1].model_copy(update={"at": story.now + timedelta(seconds=seconds)})
        found.append(decoy)
    return found


@pytest.mark.parametrize("seconds", [0, 30, 600])
def test_pages_opened_beside_a_chain_do_not_break_it(seconds: float) -> None:
    stories = in_a_row(PATH_SESSIONS + 2, pause_s=20)
    frame = signals_of(*stories, *beside(stories, seconds=seconds))
    held = ["device_chain" in named(frame, story) for story in stories]
    assert held == [False] * (PATH_SESSIONS - 1) + [True] * 3


def test_two_chains_beside_each_other_are_both_found() -> None:
    stories = in_a_row(PATH_SESSIONS + 1, pause_s=20)
    beside_them = [
        visit(answers()[10 + n], at=story.events[0].at + timedelta(seconds=9), device="phone")
        for n, story in enumerate(stories)
    ]
    frame = signals_of(*stories, *beside_them)
    assert "device_chain" in named(frame, stories[-1])
    assert "device_chain" in named(frame, beside_them[-1])


def test_pages_opened_in_advance_do_not_hide_a_chain() -> None:
    stories = []
    for number in range(PATH_SESSIONS + 1):
        at = MORNING + timedelta(seconds=40 * number)
        story = typed_visit(answers()[number], at=at, device="phone", network="", characters_per_second=20)
        story.events[0] = story.events[0].model_copy(update={"at": MORNING})
        stories.append(story)
    assert "device_chain" in named(signals_of(*stories), stories[-1])


def test_sessions_of_one_telephone_at_the_same_time_are_noted_and_not_held() -> None:
    stories = [
        visit(answers()[n], at=MORNING + timedelta(seconds=n), device="phone") for n in range(OVERLAP_OTHERS + 1)
    ]
    frame = signals_of(*stories)
    assert "device_overlap" in named(frame, stories[0])
    assert frame["held_until"].null_count() == frame.height


def test_a_day_with_nothing_in_it_has_no_signals() -> None:
    frame = signals_of()
    assert frame.height == 0
    assert reward_effects(frame).height == 0


def test_an_urgent_word_is_noted_with_its_kind_and_holds_nothing() -> None:
    story = visit("Jag är allergisk mot nötter och fick en allergisk reaktion, det stod inget om nötter på skylten.")
    frame = signals_of(story)
    (row,) = frame.filter(pl.col("signal") == "urgent").to_dicts()
    assert (row["severity"], row["held_until"], json.loads(row["counts"])) == ("note", None, {"urgent_allergy": 1})
