"""The explanation page: sentences without points or thresholds, and the guest's own words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from payouts.deciding import issuer
from pipelines.scoring import score
from storage.store.privacy import tombstones
from storage.store.rewards import decisions
from tests.voice_edge.http.bank.conftest import GOOD


async def test_the_reasons_and_the_guests_own_words_are_shown(guest, sent, reward, landed, replica, home):
    path, session = sent
    landed()
    assert "inte färdigt genomgånget" in (await guest.get(f"{path}/why")).text
    reward(session_id=session)
    assert f"{path}/why?lang=sv" in (await guest.get(path)).text
    text = (await guest.get(f"{path}/why")).text
    assert "Dina egna ord" in text
    spans = score([GOOD], language="sv", cafe=home.cafes().get("aurora")).spans
    assert spans
    counted = "".join(re.findall("<mark>(.*?)</mark>", text))
    assert all(GOOD[span.start : span.end] in counted for span in spans)
    assert not re.search(r"\b(poäng|points|gräns|threshold|60|score)\b", text)
    assert "What counted" in (await guest.get(f"{path}/why?lang=en")).text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"score": 10, "counted_score": 10}, "referensen"),
        ({"device": "d1"}, "en belöning per dag och kafé"),
        ({"held_until": True, "reasons": ("copied_nearly",)}, "mycket likt ett som redan"),
        ({"held_until": True, "reasons": ("a_signal_of_tomorrow",)}, "behöver ses över av en person"),
        ({"score": 90, "counted_score": 20}, "Samma svar har redan skickats in"),
    ],
)
async def test_each_outcome_is_explained(guest, sent, reward, landed, replica, changes, says):
    path, session = sent
    landed()
    if changes.get("held_until"):
        changes = changes | {"held_until": replica.clock.now() + timedelta(days=2)}
    if "device" in changes:
        reward(session_id="earlier", device="d1")
    reward(session_id=session, **changes)
    assert says in (await guest.get(f"{path}/why")).text


async def test_a_persons_decision_is_explained_first(guest, sent, reward, landed, replica, home):
    path, session = sent
    landed()
    reward(session_id=session, held_until=replica.clock.now() + timedelta(days=2), reasons=("ring",))
    held = (await guest.get(f"{path}/why")).text
    assert "väntar tills en person" in held
    assert "en gång till" not in held
    decisions.rule(home.store(), session, release=False, issuer=issuer(home.secret()), actor="s", reason="r")
    refused = (await guest.get(f"{path}/why")).text
    assert "En person har gått igenom svaret" in refused
    assert "tittar en gång till" in refused


async def test_a_missing_answer_is_reported_as_gone(guest, sent, reward):
    path, session = sent
    reward(session_id=session)
    assert "finns inte kvar hos oss" in (await guest.get(f"{path}/why")).text


async def test_an_erased_answer_is_not_explained(guest, sent, reward, landed, home):
    path, session = sent
    landed()
    reward(session_id=session)
    tombstones.add(home.store(), session_id=session, actor="guest", reason="asked")
    answer = await guest.get(f"{path}/why")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?lang=sv")
    assert "/why" not in (await guest.get(path)).text
