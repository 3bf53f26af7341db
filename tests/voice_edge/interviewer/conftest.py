"""Removes the client's deadlines: a busy machine may be slow to connect or to load a model."""

from __future__ import annotations

import pytest

from voice_edge.interviewer.model import ollama_chat


@pytest.fixture(autouse=True)
def no_connection_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only the timeout of pytest."""
    for name in ("CONNECT_SECONDS", "LOAD_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(ollama_chat, name, None)
