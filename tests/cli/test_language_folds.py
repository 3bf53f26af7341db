"""The summary of an evaluation: means, intervals and counts; and how replies are compared with labels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.language.folds import line, summary
from cli.language.replies import reply_figures
from pilot.cafes import parse_cafes
from pipelines.language.fitting.agreement import Agreement
from pipelines.language.fitting.evaluate import Evaluation
from pipelines.language.fitting.figures import Reported, Shares
from pipelines.language.reader import measurer

ROOT = Path(__file__).parents[2]
SCORE = Agreement("ta1", 150, rank=0.9, rank_of_genuine=0.8, eligible_f1=0.88, error=8.0, unusable_eligible=0.0)
FOLD = Evaluation(
    authors=("ta1", "c1", "e1"),
    sealed=False,
    score=(SCORE, replace(SCORE, rank=0.8)),
    by_group={"sv": 0.9, "typed": 0.91},
    themes=(Shares(0.75, 0.6), Shares(0.65, 0.5)),
    false_alarms=(1, 150),
    acts=(0.8, 0.7),
    dangers=(Reported((65, 70), (99, 110), (1, 190)), Reported((60, 70), (90, 110), (5, 190))),
    replies={"tone fits": 0.9},
)


def test_an_interval_covers_what_authors_differ_by() -> None:
    # Mean 0.9, standard error 0.02 / sqrt(3); t of two degrees of freedom: 4.303.
    assert line("rank", [0.88, 0.9, 0.92], [0.8, 0.8, 0.8]).split() == "rank 0.900 ± 0.050; baseline 0.800".split()
    assert line("rank", [0.5]).split() == ["rank", "0.500"]


def test_a_summary_means_over_folds_and_adds_up_counts() -> None:
    other = replace(FOLD, score=(replace(SCORE, rank=0.94), SCORE), acts=None, dangers=None, replies={})
    lines = {text[:42].strip(): text[42:] for text in summary([FOLD, other])}
    assert lines["rank correlation"].startswith("0.920 ±") and lines["rank correlation"].endswith("baseline 0.850")
    assert lines["themes with polarity"].startswith("0.600 ± 0.000")
    assert lines["rank correlation, sv"].startswith("0.900")
    assert lines["acts"] == "0.800; baseline 0.700"
    assert lines["replies: tone fits"] == "0.900"
    assert lines["dangers reported, now"] == "65 of 70; baseline 60"
    assert lines["ordinary sessions reported as a danger"] == "2 of 300"


def test_replies_are_compared_with_each_label() -> None:
    row = {
        "cafe": "a café that is not in the file",
        "language": "en",
        "history": [],
        "question": "How is your visit?",
        "answer": "Are you a robot?",
        "act": "asks_if_ai",
        "tone": ["neutral"],
        "asks": ["thing", "what_happened"],
        "has": [],
    }
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
    fits = reply_figures(measurer(), [row], cafes=cafes)
    assert fits["tone fits"] == fits["question fits"] == fits["says that it is an AI"] == 1.0
    assert fits["asks for what was given"] == fits["joy at blame or regret at praise"] == 0.0
    unfit = reply_figures(
        measurer(), [row | {"tone": ["sorry"], "asks": ["place"], "has": ["thing", "place"]}], cafes=cafes
    )
    assert unfit["tone fits"] == unfit["question fits"] == 0.0


@pytest.mark.parametrize(
    ("act", "answer"), [("praise", "The soup was cold and the staff rude."), ("complaint", "Lovely!")]
)
def test_a_wrong_feeling_is_counted(act: str, answer: str) -> None:
    row = json.loads(
        '{"cafe": "aurora", "language": "en", "history": [], "question": "Well?", "tone": [], "asks": [], "has": []}'
    )
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
    fits = reply_figures(measurer(), [row | {"act": act, "answer": answer}], cafes=cafes)
    assert fits["joy at blame or regret at praise"] == 1.0
