"""Every active code is decoded and opened; a code that cannot be used is named with its remedy."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.codes import proof
from operations.codes.proof import decoded, prove_codes
from storage.cafes_file import read_cafes
from storage.store.cafes.codes import Code
from tests.answering import Answer, answering

CAFES = read_cafes(Path("cafes.toml"))
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
CODES = [Code(code, cafe, "table", AT) for code, cafe in zip(("AAA222", "BBB333", "CCC444"), CAFES.ids, strict=True)]


def page(name: str, status: int = 200) -> Answer:
    return Answer(status, f"<h1>{name}</h1>".encode())


def test_the_drawing_of_a_code_decodes_to_its_address() -> None:
    address = "https://goteborg.feedbackai.se/c/G3QWJ9"
    assert decoded(address) == address


def test_every_code_opens_the_page_of_its_cafe() -> None:
    pages = {f"/c/{code.code}": page(CAFES.get(code.cafe).name) for code in CODES}
    with answering(pages) as server:
        found = prove_codes(CODES, cafes=CAFES, public_url=server.url)
    assert [finding.state for finding in found] == ["ok"] * 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [(page("Café Aurora", 503), "status 503"), (page("Another café"), "another page"), (Answer(404), "status 404")],
)
def test_a_code_that_opens_another_page_fails(answer: Answer, said: str) -> None:
    with answering({"/c/AAA222": answer}) as server:
        finding = prove_codes(CODES[:1], cafes=CAFES, public_url=server.url)[0]
    assert finding.state == "not_ok"
    assert said in finding.found


def test_a_cafe_without_a_code_and_a_code_without_a_cafe_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Code("DDD555", "lund", "table", AT)
    found = prove_codes([lost], cafes=CAFES, public_url="http://127.0.0.1:9")
    assert [finding.found for finding in found] == ["its café is not in the file"] + ["has no active code"] * 3
    monkeypatch.setattr(proof, "decoded", lambda _: "")
    (unreadable, *_) = prove_codes(CODES[:1], cafes=CAFES, public_url="http://127.0.0.1:9")
    assert "does not decode" in unreadable.found


def test_an_address_that_does_not_answer_is_a_finding() -> None:
    found = prove_codes(CODES[:1], cafes=CAFES, public_url="http://127.0.0.1:9")
    assert "does not answer (ConnectError)" in found[0].found
