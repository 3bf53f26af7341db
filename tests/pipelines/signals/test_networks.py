"""Networks: one script behind one address is held; twenty guests on one Wi-Fi are paid."""

from __future__ import annotations

import random
from datetime import timedelta

import polars as pl
import pytest

from pipelines.signals.networks import FEW_AN_HOUR, MANY_AN_HOUR, OTHERS_OPEN, ROW_SESSIONS
from tests.events import MORNING, Story
from tests.pipelines.signals.visits import answers, named, signals_of, typed_visit

SEEDS = range(10)


def paid(frame: pl.DataFrame, stories: list[Story]) -> int:
    """Return how many stories nothing holds or caps."""
    stopped = set(frame.filter(pl.col("severity") != "note")["session_id"])
    return sum(story.session_id not in stopped for story in stories)


def guests(seed: int, *, count: int, minutes: float, devices: int, network: str = "wifi") -> list[Story]:
    """People who come by chance and type like people; fewer telephones than guests are of the same model."""
    rng = random.Random(seed)
    begins = sorted(rng.uniform(0, minutes * 60) for _ in range(count))
    return [
        typed_visit(
            answers()[seed * count + number],
            at=MORNING + timedelta(seconds=second),
            network=network,
            device=f"model {rng.randrange(devices)}" if devices < count else "",
            characters_per_second=rng.uniform(2.5, 7),
        )
        for number, second in enumerate(begins)
    ]


@pytest.mark.parametrize("devices", [1, 4, 20])
@pytest.mark.parametrize("seed", SEEDS)
def test_twenty_guests_on_one_wifi_who_type_like_people_are_all_paid(seed: int, devices: int) -> None:
    stories = guests(seed, count=20, minutes=60, devices=devices)
    frame = signals_of(*stories)
    assert paid(frame, stories) == 20, frame.filter(pl.col("severity") != "note").to_dicts()


def test_a_table_of_six_that_writes_at_the_same_time_is_paid() -> None:
    stories = [typed_visit(answers()[n], at=MORNING + timedelta(seconds=3 * n)) for n in range(6)]
    assert paid(signals_of(*stories), stories) == 6


def row(count: int, *, pause_s: float, networks: int = 1, device: str = "") -> list[Story]:
    """A script at a person's speed, one session after another, each with a browser of its own."""
    stories, at = [], MORNING
    for number in range(count):
        where = f"address {number % networks}"
        stories.append(typed_visit(answers()[number], at=at, network=where, device=device))
        at = stories[-1].events[-1].at + timedelta(seconds=pause_s)
    return stories


def test_a_script_that_changes_its_browser_is_held_by_its_network() -> None:
    stories = row(60, pause_s=3)
    assert paid(signals_of(*stories), stories) <= ROW_SESSIONS - 1


def test_a_script_that_overlaps_its_sessions_is_held_by_its_network() -> None:
    stories = [typed_visit(answers()[n], at=MORNING + timedelta(seconds=n)) for n in range(60)]
    frame = signals_of(*stories)
    assert paid(frame, stories) <= FEW_AN_HOUR + OTHERS_OPEN
    assert "network_often" in named(frame, stories[30])


@pytest.mark.parametrize("at_once", [2, 3, 5])
def test_a_script_in_waves_is_held_beyond_the_rate_of_a_full_wifi(at_once: int) -> None:
    stories, at = [], MORNING
    while at < MORNING + timedelta(minutes=57) and len(stories) < len(answers()):
        wave = [typed_visit(answers()[len(stories) + n], at=at + timedelta(seconds=n)) for n in range(at_once)]
        stories += wave
        at = max(story.events[-1].at for story in wave) + timedelta(seconds=61)
    assert paid(signals_of(*stories), stories) <= MANY_AN_HOUR


def test_a_rate_falls_free_again_after_an_hour() -> None:
    early = row(12, pause_s=3)
    late = typed_visit(answers()[50], at=MORNING + timedelta(hours=2))
    frame = signals_of(*early, late)
    assert "network_often" in named(frame, early[-1])
    assert named(frame, late) == set()


def test_networks_do_not_hold_one_another() -> None:
    script = row(20, pause_s=3)
    stories = guests(3, count=10, minutes=15, devices=10, network="another")
    assert paid(signals_of(*script, *stories), stories) == 10


def test_sessions_held_for_their_speed_do_not_hold_the_guests() -> None:
    flood = [
        typed_visit(answers()[100 + n], at=MORNING + timedelta(seconds=n), characters_per_second=900) for n in range(90)
    ]
    stories = guests(4, count=4, minutes=10, devices=4)
    frame = signals_of(*flood, *stories)
    assert paid(frame, flood) == 0
    assert paid(frame, stories) == 4


def test_a_test_client_and_an_unknown_network_are_not_counted() -> None:
    simulated = [typed_visit(answers()[n], at=MORNING + timedelta(seconds=n), simulated=True) for n in range(40)]
    unknown = [typed_visit(answers()[50 + n], at=MORNING + timedelta(seconds=n), network="") for n in range(15)]
    frame = signals_of(*simulated, *unknown)
    assert frame.filter(pl.col("signal") == "network_often").height == 0


def left_open(count: int, *, at: timedelta, minutes: float, until: str = "left") -> list[Story]:
    """Visits of the Wi-Fi that are begun at once and sit there: left after consent, or sent with little."""
    stories = [typed_visit("Kaffet var gott.", at=MORNING + at + timedelta(seconds=n)) for n in range(count)]
    for story in stories:
        if until == "left":
            story.events = story.events[:3]
        last = story.events[-1]
        story.events[-1] = last.model_copy(update={"at": last.at + timedelta(minutes=minutes)})
    return stories


@pytest.mark.parametrize("until", ["left", "sent"])
@pytest.mark.parametrize("seed", range(3))
def test_visits_that_sit_on_a_wifi_hold_nobody_there(seed: int, until: str) -> None:
    stories = guests(seed, count=20, minutes=60, devices=20)
    idle = [each for at in range(0, 60, 15) for each in left_open(7, at=timedelta(minutes=at), minutes=14, until=until)]
    frame = signals_of(*idle, *stories)
    assert paid(frame, stories) == 20, frame.filter(pl.col("severity") != "note").to_dicts()


def test_sessions_still_under_way_on_a_wifi_hold_nobody_there() -> None:
    stories = guests(3, count=20, minutes=60, devices=20)
    idle = left_open(7, at=timedelta(0), minutes=60)
    frame = signals_of(*idle, *stories, as_of=MORNING + timedelta(minutes=70))
    assert paid(frame, stories) == 20


@pytest.mark.parametrize("text", ["Kaffet var gott.", "Allt var bra som vanligt här i dag, tack."])
@pytest.mark.parametrize("seed", range(3))
def test_worthless_answers_in_a_row_on_a_wifi_hold_nobody_there(seed: int, text: str) -> None:
    stories = guests(seed, count=20, minutes=60, devices=20)
    worthless = [typed_visit(text, at=MORNING + timedelta(seconds=30 * n)) for n in range(120)]
    assert paid(signals_of(*worthless, *stories), stories) == 20


def test_worthless_answers_between_a_scripts_rewards_do_not_hide_it() -> None:
    stories = row(60, pause_s=10)
    between = [typed_visit("Gott.", at=story.events[-1].at + timedelta(seconds=2)) for story in stories]
    assert paid(signals_of(*between, *stories), stories) <= ROW_SESSIONS - 1


def test_a_script_in_a_row_is_held_the_same_with_pages_left_open() -> None:
    stories = row(60, pause_s=3)
    idle = left_open(20, at=timedelta(0), minutes=60)
    assert paid(signals_of(*idle, *stories), stories) <= ROW_SESSIONS - 1


@pytest.mark.parametrize("known", [8, 17, 25, 36])
def test_later_visits_change_no_finding_that_a_reward_was_decided_on(known: int) -> None:
    stories, at = [], MORNING
    for wave in range(4):
        stories += [typed_visit(answers()[10 * wave + n], at=at + timedelta(seconds=n / 10)) for n in range(10)]
        at = max(story.events[-1].at for story in stories) + timedelta(seconds=1)
    completed = sorted(stories, key=lambda story: (story.events[-1].at, story.session_id))
    whole = signals_of(*stories)
    assert paid(whole, stories) <= MANY_AN_HOUR
    now = completed[known - 1].events[-1].at
    for story in completed:
        story.events = [event for event in story.events if event.at <= now]
    then = signals_of(*(story for story in completed if story.events), as_of=now)
    decided = completed[:known]
    assert [named(then, story) for story in decided] == [named(whole, story) for story in decided]
