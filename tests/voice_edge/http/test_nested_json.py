"""Deeply nested JSON is refused like any invalid JSON, at every door that reads JSON."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilot.counts import InvalidCount
from pilot.errors import InvalidEvent, PilotError
from pilot.events import parse_event
from pilot.settings import Settings
from proving.stripe_fake.faults import FaultPlanError, apply_plan
from storage.home import open_home
from tests.proving.stripe_fake.fake_client import FakeClient
from voice_edge.errors import ProtocolFault
from voice_edge.http.counts_service import CountsService
from voice_edge.interviewer.model.ollama_chat import ModelAway, _read
from voice_edge.protocol import parse_message

DEPTHS = [500, 100_000]


def nested(kind: str, depth: int) -> str:
    return "[" * depth + "]" * depth if kind == "list" else '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("kind", ["list", "object"])
def test_a_deeply_nested_document_is_refused_in_words(kind: str, depth: int, tmp_path) -> None:
    text = nested(kind, depth)
    with pytest.raises(ProtocolFault):
        parse_message(f'{{"type": "start", "consent": {text}}}')
    with pytest.raises(InvalidEvent):
        parse_event(f'{{"event": "start", "data": {text}}}')
    if depth > 1000:  # Python's own parser gives up later.
        with pytest.raises(ModelAway):
            _read(f'{{"message": {text}}}')
    with pytest.raises(FaultPlanError):
        apply_plan(text.encode(), fake=FakeClient(url="").fake, webhooks=None)
    home = open_home(Settings(home=tmp_path / "home"))
    service = CountsService(home, tokens={}, clock=lambda: datetime.now(UTC))
    with pytest.raises(InvalidCount) as refused:
        service.report("aurora", "2026-11-23", f'{{"customers": {text}}}'.encode())
    assert isinstance(refused.value, PilotError)
