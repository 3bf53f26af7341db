"""`pilot language label`: a manager labels one feedback, and corrects only what was read in it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from pilot.lake_tables.tables import SCORED_FEEDBACK
from pilot.settings import Settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from storage.home import Home, open_home
from storage.store.cafes.feedback_labels import Correction, history, labels
from storage.store.privacy import expirations, tombstones
from storage.store.privacy.expirations import Expiration
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from tests.cli.conftest import Pilot
from tests.events import MORNING, Story, raw_events
from tests.pipelines.signals.visits import visit

SAID = "Havrelatten var bränd klockan åtta, och kön vid disken var alldeles för lång."
BY = ("--by", "Anna", "--reason", "I was there")
DAY = MORNING.date()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


@pytest.fixture
def story(home: Home) -> Story:
    """A scored session about coffee and the queue, with the reference BCD234."""
    story = visit(SAID)
    raw = raw_events(story)
    visits = sessions(raw, as_of=MORNING + timedelta(days=1))
    scored = scored_feedback(visits, turns(raw), cafes=home.cafes())
    assert json.loads(scored["themes"][0]) == {"coffee": "negative", "queue": "negative"}
    home.lake().replace_partition(SCORED_FEEDBACK, DAY, scored, commit={})
    receipt(home, story)
    return story


def receipt(home: Home, story: Story, *, reference: str = "BCD234") -> None:
    receipts.save(
        home.store(),
        Receipt(
            story.session_id, reference, story.session_id, story.cafe, DAY, "sv", False, story.now, 70, True, "2026-11"
        ),
    )


def test_a_label_is_saved_and_printed_without_the_guests_words(pilot: Pilot, home: Home, story: Story) -> None:
    done = pilot(
        *("language", "label", "bcd-234", "--useful", "--theme", "coffee=service"),
        *("--polarity", "coffee=mixed", "--polarity", "queue=positive", *BY),
    )
    assert done.exit_code == 0, done.stderr
    assert done.stdout == (
        f"{story.session_id} aurora 2026-11-23: useful, coffee is service mixed, queue is positive.\n"
    )
    (saved,) = labels(home.store())
    assert (saved.session_id, saved.useful, saved.actor, saved.reason) == (
        story.session_id,
        True,
        "Anna",
        "I was there",
    )
    assert saved.corrections == (Correction("coffee", "service", "mixed"), Correction("queue", None, "positive"))


def test_a_session_is_labelled_by_its_identifier_and_as_json(pilot: Pilot, home: Home, story: Story) -> None:
    done = pilot("language", "label", story.session_id, "--not-useful", *BY, "--json")
    printed = json.loads(done.stdout)
    assert (printed["session_id"], printed["useful"], printed["corrections"]) == (story.session_id, False, [])
    assert [each.useful for each in labels(home.store())] == [False]


def test_a_later_label_names_the_one_that_it_replaces(pilot: Pilot, home: Home, story: Story) -> None:
    assert "replaces" not in pilot("language", "label", "BCD234", "--useful", *BY).stdout
    again = pilot("language", "label", "BCD234", "--theme", "coffee=food", "--by", "Siv", "--reason", "read again")
    assert "coffee is food." in again.stdout
    assert "It replaces the label of Anna, " in again.stdout
    assert again.stdout.endswith(": useful.\n")
    assert [each.useful for each in labels(home.store())] == [None]


def test_a_label_is_withdrawn(pilot: Pilot, home: Home, story: Story) -> None:
    refused = pilot("language", "label", "BCD234", "--withdraw", *BY)
    assert (refused.exit_code, "There is no label to withdraw." in refused.stderr) == (1, True)
    pilot("language", "label", "BCD234", "--useful", *BY)
    assert "withdrawn." in pilot("language", "label", "BCD234", "--withdraw", *BY).stdout
    assert labels(home.store()) == []
    assert len(history(home.store(), story.session_id)) == 2


@pytest.mark.parametrize(
    ("arguments", "exit_code", "fault"),
    [
        (("BCD234",), 1, "either says something or withdraws"),
        (("BCD234", "--useful", "--withdraw"), 1, "either says something or withdraws"),
        (("QRSTWX", "--useful"), 1, "No receipt has the reference 'QRSTWX'."),
        (("hej", "--useful"), 1, "There is no feedback with that session."),
        (("hej", "--theme", "coffee=food"), 1, "neither a reference nor a session's identifier"),
        (("BCD234", "--theme", "coffee"), 2, "'coffee' is not of the form THEME=VALUE"),
        (("BCD234", "--theme", "coffee="), 2, "'coffee=' is not of the form THEME=VALUE"),
        (("BCD234", "--theme", "coffee=food", "--theme", "coffee=queue"), 2, "coffee is given twice"),
        (("BCD234", "--theme", "wifi=food"), 1, "'wifi' was not read in this feedback; these were: coffee, queue."),
        (("BCD234", "--theme", "coffee=tea"), 1, "'tea' is not a theme."),
        (("BCD234", "--theme", "coffee=coffee"), 1, "The correction of coffee changes nothing."),
        (("BCD234", "--polarity", "coffee=bad"), 1, "The polarity of coffee is unknown."),
        (("BCD234", "--polarity", "food=negative"), 1, "'food' was not read in this feedback"),
    ],
)
def test_a_faulty_label_is_refused_with_its_fault(
    pilot: Pilot, home: Home, story: Story, arguments: tuple[str, ...], exit_code: int, fault: str
) -> None:
    refused = pilot("language", "label", *arguments, *BY)
    assert refused.exit_code == exit_code
    assert fault in refused.stderr
    assert history(home.store(), story.session_id) == []


@pytest.mark.parametrize("missing", ["--by", "--reason"])
def test_a_label_needs_a_name_and_a_reason(pilot: Pilot, home: Home, story: Story, missing: str) -> None:
    given = {"--by": "Anna", "--reason": "I was there"}
    without = [part for name, value in given.items() if name != missing for part in (name, value)]
    absent = pilot("language", "label", "BCD234", "--useful", *without)
    assert (absent.exit_code, missing in absent.stderr) == (2, True)
    blank = pilot("language", "label", "BCD234", "--useful", *without, missing, "  ")
    assert (blank.exit_code, "A label needs" in blank.stderr) == (1, True)
    assert labels(home.store()) == []


def test_several_feedbacks_with_one_reference_are_listed(pilot: Pilot, home: Home, story: Story) -> None:
    other = visit(SAID, cafe="malmohuset")
    receipt(home, other)
    refused = pilot("language", "label", "BCD234", "--useful", *BY)
    assert refused.exit_code == 1
    assert f"{other.session_id}  malmohuset  2026-11-23" in refused.stderr
    assert pilot("language", "label", other.session_id, "--useful", *BY).exit_code == 0


def test_feedback_that_is_not_scored_can_be_useful_but_not_corrected(pilot: Pilot, home: Home, story: Story) -> None:
    fresh = visit(SAID)
    receipt(home, fresh, reference="CCCCCC")
    refused = pilot("language", "label", "CCCCCC", "--theme", "coffee=food", *BY)
    assert (refused.exit_code, "not scored yet, or is gone" in refused.stderr) == (1, True)
    assert pilot("language", "label", "CCCCCC", "--useful", *BY).exit_code == 0


def test_erased_and_expired_feedback_is_refused(pilot: Pilot, home: Home, story: Story) -> None:
    tombstones.add(home.store(), session_id=story.session_id, actor="test", reason="asked")
    erased = pilot("language", "label", "BCD234", "--useful", *BY)
    assert (erased.exit_code, "The feedback is erased." in erased.stderr) == (1, True)
    other = visit(SAID)
    receipt(home, other, reference="CCCCCC")
    expirations.record(home.store(), Expiration(day=DAY, kind="words", kept_days=90, removed_at=MORNING))
    expired = pilot("language", "label", "CCCCCC", "--useful", *BY)
    assert (expired.exit_code, "The words of 2026-11-23 have expired" in expired.stderr) == (1, True)
