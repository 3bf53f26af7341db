"""The model is loaded at the edge's start and closed at its stop; without one the edge starts too."""

from __future__ import annotations

import asyncio

import pytest

from voice_edge.interviewer.errors import ModelAway


class Model:
    """A model that loads and closes, or is away."""

    def __init__(self, *, away: bool) -> None:
        self.away = away
        self.loaded = asyncio.Event()
        self.closed = False

    async def preload(self) -> None:
        self.loaded.set()
        if self.away:
            raise ModelAway("Ollama does not answer.", remedy="Start it.")

    async def close(self) -> None:
        self.closed = True

    def reply(self, conversation):
        raise AssertionError("nobody asked")


@pytest.mark.parametrize("away", [False, True])
async def test_the_model_is_loaded_at_the_start_and_closed_at_the_end(home, running, away):
    model = Model(away=away)
    async with running(interviewer=model) as replica:
        await asyncio.wait_for(model.loaded.wait(), 5)
        assert replica.url
    assert model.closed
