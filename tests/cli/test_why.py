"""`pilot why`: from a spoken reference to the reason, without the guest's words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payouts.deciding import decide_sessions, issuer
from pilot.lake_tables.tables import FINGERPRINTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS
from pilot.settings import Settings
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.signals.fingerprints import fingerprints
from pipelines.signals.session_signals import session_signals
from pipelines.signals.velocity import HISTORY_COLUMNS
from storage.home import Home, open_home
from storage.store import audit
from storage.store.privacy import tombstones
from storage.store.rewards import decisions, receipts
from storage.store.rewards.receipts import Receipt
from storage.store.rewards.reward_cases import Candidate, Judgement, Outcome
from tests.cli.conftest import Pilot
from tests.events import MORNING, Story, raw_events
from tests.pipelines.signals.visits import visit

GOOD = (
    "Havrelatten var bränd klockan åtta, Siv ångar mjölken för länge i rusningen så den smakar papper. "
    "Sätt ett lock på kannan och låt henne slippa kassan samtidigt."
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


def receipt(home: Home, story: Story, *, reference: str = "BCD234", at: datetime | None = None) -> None:
    receipts.save(
        home.store(),
        Receipt(
            receipt_hash=story.session_id,
            reference=reference,
            session_id=story.session_id,
            cafe=story.cafe,
            day=MORNING.date(),
            language="sv",
            simulated=False,
            created_at=at or story.now,
            preliminary_score=70,
            preliminary_eligible=True,
            rubric_version="2026-11",
        ),
    )


def build(home: Home, *stories: Story) -> None:
    """Write the lake's tables of the day as the assets do."""
    raw, cafes, day = raw_events(*stories), home.cafes(), MORNING.date()
    visits, said = sessions(raw, as_of=MORNING + timedelta(days=1)), turns(raw)
    scored = scored_feedback(visits, said, cafes=cafes)
    prints = fingerprints(visits, said, key=home.secret())
    signals = session_signals(
        day,
        sessions=visits,
        turns=said,
        history=visits.select(HISTORY_COLUMNS).head(0),
        fingerprints=prints,
        earlier_fingerprints=prints.head(0),
        scored=scored,
        cafes=cafes,
    )
    written: list[tuple] = [(SESSIONS, visits), (TURNS, said), (SCORED_FEEDBACK, scored)]
    for table, frame in [*written, (FINGERPRINTS, prints), (SESSION_SIGNALS, signals)]:
        home.lake().replace_partition(table, day, frame, commit={})


def test_a_good_answer_is_explained_in_swedish_without_its_words_or_points(pilot: Pilot, home: Home) -> None:
    story = visit(GOOD)
    build(home, story)
    receipt(home, story)
    result = pilot("why", "bcd 234")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[:2] == [
        "Café Aurora, 23 november, kl. 08:30",
        "Svaret är så konkret att det ger en belöning.",
    ]
    assert result.stdout.splitlines()[2].startswith("Svaret berättar vad det gäller")
    assert "Havrelatten" not in result.stdout
    assert "bränd" not in result.stdout


def test_a_thin_answer_gets_what_was_missing_of_it(pilot: Pilot, home: Home) -> None:
    story = visit("Kön var alldeles för lång.")
    build(home, story)
    receipt(home, story)
    assert "Det hade hjälpt kaféet att veta hur länge det dröjde" in pilot("why", "BCD234").stdout


def test_an_answer_that_another_version_judged_gets_no_reasons_of_this_one(
    pilot: Pilot, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = visit("Kön var alldeles för lång.")
    build(home, story)
    receipt(home, story)
    monkeypatch.setattr("pipelines.scoring.SCORER_VERSION", "a later one")
    output = pilot("why", "BCD234").stdout
    assert "Några fler detaljer" in output
    assert "hur länge" not in output


def test_a_copy_is_explained_in_english(pilot: Pilot, home: Home) -> None:
    story, copy = visit(GOOD), visit(GOOD, at=MORNING + timedelta(minutes=30))
    build(home, story, copy)
    receipt(home, copy)
    result = pilot("why", "BCD234", "--language", "en").stdout
    assert "The same answer has been sent once before. It is rewarded only the first time." in result
    assert "There is no reward for this answer." in result


def test_json_has_the_figures_and_the_evidence_without_words(pilot: Pilot, home: Home) -> None:
    story, copy = visit(GOOD), visit(GOOD, at=MORNING + timedelta(minutes=30))
    build(home, story, copy)
    receipt(home, copy)
    output = pilot("why", "BCD234", "--json").stdout
    result = json.loads(output)
    assert result["outcome"] == "not_rewarded"
    assert result["score"] > 60
    assert result["raised"][0]["signal"] == "copied_exactly"
    assert result["raised"][0]["related"] == [story.session_id]
    assert "Havrelatten" not in output


def test_quotes_require_a_reason_and_are_recorded_in_the_audit_log(pilot: Pilot, home: Home) -> None:
    story = visit(GOOD)
    build(home, story)
    receipt(home, story)
    refused = pilot("why", "BCD234", "--quotes")
    assert refused.exit_code == 1
    assert "only for a reason" in refused.stderr
    shown = pilot("why", "BCD234", "--quotes", "--reason", "the guest asked")
    assert "Havrelatten" in shown.stdout
    entries = [entry for entry in audit.recent(home.store(), 10) if entry.action == "session.quotes"]
    assert [(entry.subject, entry.reason) for entry in entries] == [(story.session_id, "the guest asked")]


def test_two_sessions_with_one_reference_require_a_cafe_or_day(pilot: Pilot, home: Home) -> None:
    aurora, malmo = visit(GOOD), visit("Fint.", cafe="malmohuset", at=MORNING + timedelta(minutes=3))
    build(home, aurora, malmo)
    receipt(home, aurora)
    receipt(home, malmo)
    several = pilot("why", "BCD234")
    assert several.exit_code == 1
    assert "Malmö Huset, 23 november, kl. 08:33 (--cafe malmohuset --day 2026-11-23)" in several.stderr
    assert "Café Aurora" in pilot("why", "BCD234", "--cafe", "aurora", "--day", "2026-11-23").stdout


def test_each_kind_of_missing_result_has_its_own_message(pilot: Pilot, home: Home) -> None:
    assert "”hej” är ingen referens." in pilot("why", "hej").stderr
    assert "Det finns inget svar med referensen QRSTWX." in pilot("why", "QRSTWX").stderr
    fresh, old, gone = visit(GOOD), visit(GOOD), visit(GOOD)
    receipt(home, fresh, reference="BBBBBB", at=datetime.now(UTC))
    receipt(home, old, reference="CCCCCC")
    receipt(home, gone, reference="DDDDDD")
    tombstones.add(home.store(), session_id=gone.session_id, actor="test", reason="asked")
    build(home, gone)  # erased, and its day not rebuilt yet
    assert "inte genomgånget än" in pilot("why", "BBBBBB").stderr
    answers = {code: pilot("why", code) for code in ("CCCCCC", "DDDDDD")}
    assert "raderat på gästens begäran" in answers["DDDDDD"].stderr
    assert all(answer.exit_code == 1 and not answer.stdout for answer in answers.values())


def test_an_expired_result_is_reported_as_gone(pilot: Pilot, home: Home) -> None:
    receipt(home, visit(GOOD), at=datetime.now(UTC) - timedelta(days=400))
    assert "finns inte kvar i underlaget" in pilot("why", "BCD234").stderr


def test_an_unknown_language_is_refused(pilot: Pilot) -> None:
    assert "'fi' is not a language of the pilot." in pilot("why", "BCD234", "--language", "fi").stderr


def test_the_explanation_is_lean_enough_for_the_receipts_page(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = "import sys, pipelines.feedback.explanation; sys.exit(any(n in sys.modules for n in ('polars', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("verb", "ruling"), [("refuse", "inte blir någon belöning"), ("release", "bestämt att du får belöningen")]
)
def test_a_persons_ruling_on_a_held_reward_comes_first(pilot: Pilot, home: Home, verb: str, ruling: str) -> None:
    story = visit(GOOD)
    build(home, story)
    receipt(home, story)
    held = Candidate(
        session_id=story.session_id,
        day=MORNING.date(),
        cafe=story.cafe,
        simulated=True,
        consent=True,
        score=80,
        counted_score=80,
        clear=True,
        held_until=MORNING + timedelta(days=7),
        reasons=("copied_nearly",),
        device=None,
        rubric_version="1",
        scorer_version="1",
    )
    decide_sessions(home.store(), [held], cafes=home.cafes(), secret=home.secret(), decided_by="watch")
    ruled = pilot("payout", verb, "BCD234", "--reason", "looked through")
    assert ruled.exit_code == 0, ruled.stderr
    lines = pilot("why", "BCD234").stdout.splitlines()
    assert ruling in lines[1]
    assert any("BCD234" in line for line in lines[2:]) == (verb == "refuse")


@pytest.mark.parametrize(
    ("reason", "outcome", "first"),
    [
        ("device_had_reward", "declined", "Svaret var bra nog, men du kan få en belöning per dag och kafé."),
        ("beyond_trial", "declined", "Svaret var bra nog, men provperiodens belöningar var slut."),
        (
            "daily_budget",
            "held",
            "Ovanligt många belöningar delades ut samma dag, så en person tittar på den här först.",
        ),
    ],
)
def test_a_decision_that_the_lake_does_not_explain_comes_first(
    pilot: Pilot, home: Home, reason: str, outcome: Outcome, first: str
) -> None:
    story = visit(GOOD)
    build(home, story)
    receipt(home, story)
    candidate = Candidate(
        session_id=story.session_id, day=MORNING.date(), cafe=story.cafe, simulated=False, consent=True, score=90,
        counted_score=90, clear=True, held_until=None, reasons=(), device=None, rubric_version="2026-11",
        scorer_version="1",
    )  # fmt: skip
    decisions.decide(
        home.store(),
        [candidate],
        decision_rule=lambda *_: Judgement(outcome, reason, 4000 if outcome == "held" else 0),
        issuer=issuer(home.secret()),
        decided_by="assets",
    )
    output = pilot("why", "BCD234").stdout
    assert output.splitlines()[1] == first
    assert "ger en belöning." not in output
