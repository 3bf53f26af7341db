"""`pilot ask` over a file with good and bad lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Pilot
from tests.voice_edge.interviewer.talks import danger, reading, turn
from voice_edge.interviewer import Conversation, scripted

GOOD = {
    "id": "a",
    "cafe": "aurora",
    "language": "sv",
    "history": [{"question": "Hur var det?", "answer": "Sådär."}],
    "question": "Vad var det som inte var bra?",
    "answer": "Kaffet var kallt.",
}


@pytest.fixture
def asked(pilot: Pilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PILOT_CAFES_FILE", str(Path(__file__).parents[2] / "cafes.toml"))

    def read(talk: Conversation):
        now = danger("allergy") if "kliar" in talk.exchanges[-1].answer else None
        earlier = [turn("neutral_report") for _ in talk.exchanges[:-1]]
        return reading(*earlier, turn("complaint", details={"thing"}, danger=now), themes={"coffee": "negative"})

    monkeypatch.setattr(scripted, "read_conversation", read)

    def run(*lines: str):
        file = tmp_path / "talks.jsonl"
        file.write_text("\n".join(lines), encoding="utf-8")
        return pilot("ask", str(file))

    return run


def test_a_line_gets_a_reply_with_its_tone_question_act_and_danger(asked) -> None:
    first = GOOD | {"history": [], "question": "Hur har du det?"}
    result = asked(json.dumps(first, ensure_ascii=False))
    assert result.exit_code == 0, result.output
    (row,) = (json.loads(line) for line in result.stdout.splitlines())
    assert row.keys() == {"id", "reply", "tone", "asks", "act", "danger"}
    assert (row["id"], row["tone"], row["act"], row["danger"]) == ("a", "sorry", "complaint", "")
    assert "kaffet" in row["reply"] and row["reply"].endswith("?")
    assert row["asks"] == "consequence"


def test_a_danger_is_named(asked) -> None:
    result = asked(json.dumps(GOOD | {"answer": "Det kliar i halsen."}))
    row = json.loads(result.stdout)
    assert (row["danger"], row["tone"], row["asks"]) == ("allergy", "urgent", "nothing")
    assert "112" in row["reply"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "the line: expected a JSON object"),
        ("[1]", "the line: expected an object, found list"),
        (json.dumps({key: value for key, value in GOOD.items() if key != "answer"}), "answer: is missing"),
        (json.dumps(GOOD | {"answer": 5}), "answer: expected a text, found int"),
        (json.dumps(GOOD | {"id": ""}), "id: expected a text that is not empty"),
        (json.dumps(GOOD | {"language": "fi"}), "language: expected sv or en"),
        (json.dumps(GOOD | {"cafe": "nowhere"}), "cafe: expected one of aurora, malmohuset, goteborg"),
        (json.dumps(GOOD | {"history": "none"}), "history: expected a list, found str"),
        (json.dumps(GOOD | {"history": [{"question": "Hur var det?"}]}), "history.0.answer: is missing"),
    ],
)
def test_a_bad_line_is_reported_by_number_and_field_and_the_rest_is_answered(asked, line, said) -> None:
    result = asked(json.dumps(GOOD), line, "", json.dumps(GOOD | {"id": "b"}))
    assert result.exit_code == 1
    assert [json.loads(row)["id"] for row in result.stdout.splitlines()] == ["a", "b"]
    assert f"line 2: {said}" in result.stderr
    assert "not json" not in result.output and "nowhere" not in result.output


def test_a_missing_file_is_an_error_with_a_remedy(pilot: Pilot) -> None:
    result = pilot("ask", "nowhere.jsonl")
    assert result.exit_code != 0
    assert "There is no file nowhere.jsonl" in result.output
