"""The till's forms: bounded fields, composed letters, and nothing is read above the limit."""

from __future__ import annotations

import pytest

from voice_edge.http.till import routes

WIFI = {"X-Forwarded-For": "203.0.113.9"}
MARKS = "%CC%81" * 600 + "%CC%96" * 600
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_a_field_full_of_marks_is_cut_before_it_is_composed(till, monkeypatch):
    lengths = []
    monkeypatch.setattr(routes, "composed", lambda text: lengths.append(len(text)) or text)
    await till.get(f"/till/aurora?code=a{MARKS}")
    for action in ("sign-in", "redeem", "undo"):
        await till.post(f"/till/aurora/{action}", content=f"code=a{MARKS}&pin=1{MARKS}", headers=FORM)
    assert len(lengths) == 10
    assert max(lengths) == routes.MOST_TYPED


@pytest.mark.parametrize("action", ["sign-in", "redeem", "undo"])
async def test_a_form_above_the_limit_is_not_read(till, replica, monkeypatch, action):
    rates = replica.edge.doors.rates
    while await rates.hit("till", "203.0.113.9") is None:
        pass
    read = []
    monkeypatch.setattr(routes, "parse_qs", lambda *args, **options: read.append(args) or {})
    assert (await till.post(f"/till/aurora/{action}", data={"code": "K7M2QP"}, headers=WIFI)).status_code == 429
    assert read == []


async def test_a_decomposed_code_is_shown_composed(signed_in):
    answer = await signed_in.get("/till/aurora?code=ka%CC%8A")
    assert 'value="kå"' in answer.text
