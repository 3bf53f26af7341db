"""Simulated days are believable, the same for a seed, and marked as simulated."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pilot.business_days import business_day, local_time
from pilot.cafes import parse_cafes
from pilot.events import parse_event
from proving.simulator.happenings import outage
from proving.simulator.pilot_days import simulate

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pilot days")]  # A month that the tests share.

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
CODES = dict.fromkeys(CAFES.ids, "BCDFGH")
FAR = datetime(2030, 1, 1, tzinfo=UTC)


def days(first: date, last: date, *, seed: int = 1, until: datetime = FAR):
    return list(simulate(CAFES, codes=CODES, first_day=first, last_day=last, until=until, seed=seed))


@pytest.fixture(scope="module")
def month():
    return days(date(2026, 10, 19), date(2026, 11, 17))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    def lines(seed):
        return [event.line() for day in days(date(2026, 11, 2), date(2026, 11, 2), seed=seed) for event in day.events]

    assert lines(7) == lines(7)
    assert lines(7) != lines(8)


def test_every_event_keeps_the_contract_is_simulated_and_belongs_to_its_day(month):
    for day in month[::9]:
        for event in day.events:
            assert parse_event(event.line()) == event
            assert event.simulated
            assert event.day == day.day


def test_the_marks_of_every_turn_run_forward(month):
    marks = [event.data["marks"] for day in month for event in day.events if event.event == "reply_sent"]
    spoken = [[at for at in each.values() if at is not None] for each in marks]
    assert any(each["recognition_end"] < 245 for each in marks if each["recognition_end"] is not None)
    assert [each for each in spoken if each != sorted(each)] == []


def test_completed_feedback_lies_around_each_cafes_band(month):
    completed = Counter(event.cafe for day in month for event in day.events if event.event == "session_completed")
    for cafe in CAFES.cafe:
        band = cafe.expected_feedbacks_per_day
        assert band.low <= completed[cafe.id] / len(month) <= band.high


def test_guests_come_in_opening_hours_and_most_in_the_peaks(month):
    for cafe in CAFES.cafe:
        inside = total = 0
        for day in month:
            opens, closes = cafe.opening_hours.on(day.day)
            for event in day.events:
                if event.event == "page_opened" and event.cafe == cafe.id:
                    wall = local_time(event.at).time()
                    assert opens <= wall < closes
                    total += 1
                    inside += any(start <= wall < end for start, end in cafe.peaks)
        assert inside / total > 0.5


def test_sequence_numbers_have_no_gaps(month):
    sessions: dict[str, list[int]] = {}
    for event in month[0].events:
        sessions.setdefault(event.session_id, []).append(event.seq)
    assert all(sorted(seqs) == list(range(len(seqs))) for seqs in sessions.values())


def test_some_counts_are_missing_and_probes_fail_only_in_outages(month):
    reported = sum(len(day.customers) for day in month)
    assert 0 < reported < len(month) * len(CAFES.ids)
    (dark,) = days(date(2026, 11, 4), date(2026, 11, 4), seed=2)
    window = outage(2, day=dark.day)
    failed = [event.at for event in dark.events if event.event == "probe" and not event.data["ok"]]
    assert failed
    assert all(window.covers(at) for at in failed)


def test_the_days_of_the_clock_change_have_their_own_number_of_probes(month):
    probes = {day.day: sum(event.event == "probe" for event in day.events) for day in month}
    assert probes[date(2026, 10, 25)] == 25 * 60 * len(CAFES.ids)
    assert probes[date(2026, 10, 26)] == 24 * 60 * len(CAFES.ids)


def test_nothing_is_recorded_after_the_given_moment():
    noon = datetime(2026, 11, 2, 11, tzinfo=UTC)
    (day,) = days(business_day(noon), business_day(noon), until=noon)
    assert max(event.at for event in day.events) <= noon
    assert noon - max(event.at for event in day.events) < timedelta(minutes=5)
    assert day.customers == {}
