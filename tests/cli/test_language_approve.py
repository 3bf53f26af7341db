"""`pilot language fit --with-labels` and `approve`: a version is compared, and a person approves it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pilot.lake_tables.tables import SCORED_FEEDBACK, TURNS
from pilot.settings import Settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.language.fitting import corpus, learning
from pipelines.language.fitting.labels import Correction as RightTheme
from pipelines.language.fitting.labels import LabelledSession
from pipelines.language.model import FILE, Model, named, packed, shipped, unpacked
from storage.home import Home, open_home
from storage.store import audit
from storage.store.cafes.feedback_labels import Correction, add_label
from storage.store.privacy import tombstones
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from tests.cli.conftest import Pilot
from tests.events import MORNING, Story, raw_events
from tests.pipelines.signals.visits import visit

SAID = "Havrelatten var bränd klockan åtta, och kön vid disken var alldeles för lång."
DAY = MORNING.date()
NEXT_MODEL = named(replace(shipped(), danger_from=shipped().danger_from + 1e-9))
NEXT = NEXT_MODEL.version
REASON = "It agrees with more labels"
FEW = 20


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


@pytest.fixture
def candidate(monkeypatch: pytest.MonkeyPatch) -> list[list[LabelledSession]]:
    """Replace the fit by a version like the present one; return the labelled sessions of each call."""
    given: list[list[LabelledSession]] = []
    original = learning.learn

    def learn(labelled: list[LabelledSession], present: Model, **others: object) -> object:
        given.append(labelled)
        return original(labelled, present)

    rows_of = corpus.rows
    rows = [("sessions", row) for row in rows_of("sessions", "w1")[:FEW]]
    monkeypatch.setattr(learning, "learn", learn)
    monkeypatch.setattr(learning, "fit", lambda *_, **__: NEXT_MODEL)
    monkeypatch.setattr(learning, "training_rows", lambda: (rows, {}))
    # So short a corpus knows few of the version's words.
    monkeypatch.setattr(learning, "without_rare_words", lambda model, known: model)
    monkeypatch.setattr(corpus, "rows", lambda kind, author: rows_of(kind, author)[:FEW])
    monkeypatch.setattr(corpus, "authors", lambda kind: ["w1" if kind == "sessions" else "x1"])
    return given


def land(home: Home, *stories: Story) -> None:
    raw = raw_events(*stories)
    said = turns(raw)
    scored = scored_feedback(sessions(raw, as_of=MORNING + timedelta(days=1)), said, cafes=home.cafes())
    home.lake().replace_partition(SCORED_FEEDBACK, DAY, scored, commit={})
    home.lake().replace_partition(TURNS, DAY, said, commit={})
    for each in stories:
        receipts.save(
            home.store(),
            Receipt(
                *(each.session_id, "BCD234", each.session_id, each.cafe, DAY, "sv"),
                *(each.simulated, each.now, 70, True, "2026-11"),
            ),
        )


def label(home: Home, story: Story, *corrections: Correction) -> None:
    add_label(home.store(), story.session_id, useful=True, corrections=corrections, by="Anna", reason="I was there")


def fitted(pilot: Pilot, home: Home, *options: str) -> Path:
    """Fit with one label; return the file in the home."""
    story = visit(SAID)
    land(home, story)
    label(home, story)
    done = pilot("language", "fit", "--with-labels", *options)
    assert done.exit_code == 0, done.stderr
    return home.root / ".language" / f"{NEXT}.npz"


def approvals(home: Home) -> list[audit.Entry]:
    return [each for each in audit.recent(home.store(), 50) if each.action == "language.approve"]


def test_labelled_sessions_are_learned_from_with_their_counted_words(
    pilot: Pilot, home: Home, candidate: list[list[LabelledSession]]
):
    kept, erased, unlabelled, simulated = visit(SAID), visit("Bra."), visit("Gott."), visit("Fint.", simulated=True)
    struck = visit(SAID, "")
    land(home, kept, erased, unlabelled, simulated, struck)
    label(home, kept, Correction("coffee", "service"), Correction("queue", polarity="mixed"))
    for each in (erased, simulated, struck):
        label(home, each)
    tombstones.add(home.store(), session_id=erased.session_id, actor="test", reason="asked")
    done = pilot("language", "fit", "--with-labels")
    assert done.exit_code == 0, done.stderr
    (labelled,) = candidate
    assert {each.session_id: each.turns for each in labelled} == {
        kept.session_id: (SAID,),
        struck.session_id: (SAID,),
    }
    own = next(each for each in labelled if each.session_id == kept.session_id)
    assert (own.cafe, own.useful) == ("aurora", True)
    assert own.themes == {"coffee": "negative", "queue": "negative"}
    assert own.corrections == (RightTheme("coffee", "service", None), RightTheme("queue", "queue", "mixed"))


def test_a_fit_with_labels_shows_the_changes_and_puts_nothing_to_use(
    pilot: Pilot, home: Home, candidate: list[list[LabelledSession]]
):
    before = FILE.read_bytes()
    story = visit(SAID)
    land(home, story)
    label(home, story, Correction("coffee", "service"))
    done = pilot("language", "fit", "--with-labels")
    file = home.root / ".language" / f"{NEXT}.npz"
    assert done.stdout.startswith(f"Version {NEXT} instead of {shipped().version}, fitted to 1 of 1 labelled sessions.")
    assert "themes      0 -> 0 of 1 (0 gained, 0 lost)" in done.stdout
    assert "not measured: it needs labels of two cafés" in done.stdout
    assert f"The corpus's {FEW} sessions" in done.stdout
    assert "0 become eligible, 0 no longer are" in done.stdout
    assert f"pilot language approve {file} --reason WHY" in done.stdout
    assert SAID not in done.stdout + Path(f"{file}.changes.json").read_text(encoding="utf-8")
    assert unpacked(file.read_bytes()).version == NEXT
    assert (file.stat().st_mode & 0o077, file.parent.stat().st_mode & 0o077) == (0, 0)
    assert FILE.read_bytes() == before
    assert approvals(home) == []


def test_a_fit_with_labels_writes_where_it_is_sent_but_not_over_the_model_in_use(
    pilot: Pilot, home: Home, candidate: list[list[LabelledSession]], tmp_path: Path
):
    default = fitted(pilot, home, "--to", str(tmp_path / "next.npz"))
    assert unpacked((tmp_path / "next.npz").read_bytes()).version == NEXT
    assert not default.exists()
    refused = pilot("language", "fit", "--with-labels", "--to", str(FILE))
    assert (refused.exit_code, "the model that ships is not replaced" in refused.stderr) == (2, True)


def test_a_fit_without_a_label_is_refused(pilot: Pilot, home: Home, candidate: list[list[LabelledSession]]):
    none = pilot("language", "fit", "--with-labels")
    assert (none.exit_code, "No feedback of a real guest is labelled yet." in none.stderr) == (1, True)
    story = visit(SAID)
    land(home, story)
    label(home, story)
    home.lake().replace_partition(TURNS, DAY, turns(raw_events(visit(SAID))), commit={})
    gone = pilot("language", "fit", "--with-labels")
    assert (gone.exit_code, "None of the 1 labelled sessions is scored and has words." in gone.stderr) == (1, True)
    assert candidate == []


def test_a_fit_to_reports_of_danger_alone_is_refused(pilot: Pilot, home: Home, candidate: list[list[LabelledSession]]):
    story = visit("Min son kan inte andas")
    land(home, story)
    label(home, story)
    refused = pilot("language", "fit", "--with-labels")
    assert refused.exit_code == 1
    assert "None of the 1 labelled sessions can be used: they report dangers, or have no words." in refused.stderr


def test_an_approval_records_who_why_and_what_changes(
    pilot: Pilot, home: Home, candidate: list[list[LabelledSession]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("getpass.getuser", lambda: "siv")
    file = fitted(pilot, home)
    done = pilot("language", "approve", str(file), "--reason", f" {REASON} ")
    assert done.exit_code == 0, done.stderr
    (entry,) = approvals(home)
    assert (entry.actor, entry.subject, entry.reason) == ("cli:siv", NEXT, REASON)
    assert entry.details["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert entry.details["changes"]["present"] == shipped().version
    assert entry.details["changes"]["verdicts"]["of"] == 1
    assert SAID not in json.dumps(entry.details, ensure_ascii=False)
    assert f"Version {NEXT} instead of {shipped().version}" in done.stdout
    assert f"Version {NEXT} is approved by cli:siv: {REASON}" in done.stdout
    assert f"cp {file} {FILE}" in done.stdout
    assert f'set MODEL_VERSION = "{NEXT}"' in done.stdout


def test_an_approval_needs_a_reason(pilot: Pilot, home: Home, candidate: list[list[LabelledSession]]):
    file = fitted(pilot, home)
    absent = pilot("language", "approve", str(file))
    assert (absent.exit_code, "--reason" in absent.stderr) == (2, True)
    blank = pilot("language", "approve", str(file), "--reason", "  ")
    assert (blank.exit_code, "An approval needs a reason." in blank.stderr) == (1, True)
    assert approvals(home) == []


def test_only_a_model_other_than_the_present_one_is_approved(pilot: Pilot, home: Home, tmp_path: Path):
    (tmp_path / "text.npz").write_text("no model", encoding="utf-8")
    for name, fault in (
        ("missing.npz", "missing.npz cannot be read: No such file"),
        (str(tmp_path), "cannot be read: Is a directory"),
        ("text.npz", "no language model that this version reads"),
        (str(FILE), f"Version {shipped().version} is the present one."),
    ):
        refused = pilot("language", "approve", name, "--reason", REASON)
        assert (refused.exit_code, fault in refused.stderr) == (1, True), refused.stderr
    assert approvals(home) == []


def test_a_version_without_its_comparison_with_the_present_one_is_not_approved(
    pilot: Pilot, home: Home, candidate: list[list[LabelledSession]]
):
    file = fitted(pilot, home)
    beside = Path(f"{file}.changes.json")
    compared = beside.read_text(encoding="utf-8")

    def refused(fault: str) -> bool:
        done = pilot("language", "approve", str(file), "--reason", REASON)
        return done.exit_code == 1 and fault in done.stderr

    beside.unlink()
    assert refused("There is no comparison")
    beside.write_text("{}", encoding="utf-8")
    assert refused("cannot be read")
    beside.write_text(compared.replace(shipped().version, "an older one"), encoding="utf-8")
    assert refused(f"compares with version an older one; the present one is {shipped().version}.")
    beside.write_text(compared.replace(NEXT, "another one"), encoding="utf-8")
    assert refused(f"The comparison is of version another one, the file of {NEXT}.")
    beside.write_text(compared, encoding="utf-8")
    file.write_bytes(packed(replace(shipped(), version="other")))
    assert refused("is about another file: the checksums differ.")
    assert approvals(home) == []
