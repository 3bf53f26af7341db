"""The cafés' file: the pilot's own three, and words for every mistake in it."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from pilot.cafes import parse_cafes
from pilot.errors import InvalidCafes

TEXT = (Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8")


def test_the_three_cafes_match_the_runbook():
    cafes = parse_cafes(TEXT, source="cafes.toml")
    facts = {
        cafe.id: (
            cafe.name,
            cafe.city,
            cafe.domain,
            cafe.expected_feedbacks_per_day.low,
            cafe.expected_feedbacks_per_day.high,
        )
        for cafe in cafes.cafe
    }
    assert facts == {
        "aurora": ("Café Aurora", "Stockholm", "aurora.feedbackai.se", 50, 100),
        "malmohuset": ("Malmö Huset", "Malmö", "malmohuset.feedbackai.se", 30, 60),
        "goteborg": ("Göteborg Café", "Göteborg", "goteborg.feedbackai.se", 40, 80),
    }
    assert cafes.get("goteborg").peaks == ((time(7, 30), time(9, 30)), (time(13), time(15)))
    assert cafes.get("aurora").staff == ("Elin", "Omar", "Siv")
    assert all(cafe.trial_limit == 100 for cafe in cafes.cafe)


def test_a_cafe_may_give_its_guests_wifi():
    wifi = '[cafe.wifi]\nnetwork = "Aurora Gäst"\npassword = "kanel42"\n[[cafe.areas]]\nid = "counter"'
    with_it = parse_cafes(TEXT.replace('[[cafe.areas]]\nid = "counter"', wifi), source="cafes.toml")
    found = with_it.get("aurora").wifi
    assert found is not None
    assert (found.network, found.password) == ("Aurora Gäst", "kanel42")
    assert with_it.get("goteborg").wifi is None


@pytest.mark.parametrize(
    ("wifi", "said"),
    [
        ('network = "Aurora Gäst"', 'café "aurora" -> wifi -> password: is missing'),
        ('network = "Aurora Gäst"\npassword = ""', "wifi -> password"),
        ('network = "Aurora Gäst"\npassword = "x"\nband = "5"', "wifi -> band: is not a known field"),
    ],
)
def test_an_incomplete_wifi_is_refused(wifi, said):
    areas = '[[cafe.areas]]\nid = "counter"'
    with pytest.raises(InvalidCafes) as error:
        parse_cafes(TEXT.replace(areas, f"[cafe.wifi]\n{wifi}\n{areas}"), source="cafes.toml")
    assert said in str(error.value)


def test_every_peak_lies_in_the_opening_hours():
    for cafe in parse_cafes(TEXT, source="cafes.toml").cafe:
        opens, closes = cafe.opening_hours.on(date(2026, 11, 23))
        assert all(opens <= start < end <= closes for start, end in cafe.peaks)


@pytest.mark.parametrize(
    ("score", "ore"), [(0, 0), (60, 0), (61, 2000), (75, 2000), (76, 3000), (91, 4000), (100, 4000)]
)
def test_a_score_earns_its_tiers_reward(score, ore):
    assert parse_cafes(TEXT, source="cafes.toml").pilot.reward_ore(score) == ore


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('city = "Malmö"', "", 'café "malmohuset" -> city: is missing'),
        ('["08:00", "10:00"]', '["8", "10:00"]', "found '8'"),
        ('id = "goteborg"', 'id = "aurora"', "share the id aurora"),
        ("trial_limit = 100", "trial_limit = 0", "trial_limit"),
        ('languages = ["sv", "en"]', 'languages = ["fi"]', "languages"),
        ("amount_ore = 2000", "amount_ore = 1000", "amount_ore"),
        ("low = 50, high = 100", "low = 150, high = 100", "low (150) is above high (100)"),
        ('weekdays = ["07:30", "18:00"]', 'weekdays = ["18:00", "07:30"]', "closing must come later"),
        ('name = "Café Aurora"', 'name = "Café Aurora"\ncolour = "blue"', "colour: is not a known field"),
        ("[pilot]", "[pilot", "not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place(old, new, said):
    assert old in TEXT
    with pytest.raises(InvalidCafes) as error:
        parse_cafes(TEXT.replace(old, new, 1), source="cafes.toml")
    assert said in str(error.value)


def test_an_unknown_cafe_is_refused_with_the_known_ones():
    with pytest.raises(InvalidCafes, match="aurora, malmohuset, goteborg"):
        parse_cafes(TEXT, source="cafes.toml").get("uppsala")
