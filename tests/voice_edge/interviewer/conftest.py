"""No test of the interviewer hangs on how soon a busy machine opens a connection or reads a model from its disk."""

from __future__ import annotations

import pytest

from voice_edge.interviewer import ollama_chat


@pytest.fixture(autouse=True)
def no_connection_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave each test the timeout of pytest only."""
    for name in ("CONNECT_SECONDS", "LOAD_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(ollama_chat, name, None)
