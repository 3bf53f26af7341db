"""Chooses the interviewer: the script, the model, or with `auto` the model in its languages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import get_args

from pilot.cafes import Language
from pilot.settings import Settings
from voice_edge.interviewer.conversation import Conversation, Interviewer, ReplyPart
from voice_edge.interviewer.model.ollama import OllamaInterviewer
from voice_edge.interviewer.scripted import ScriptedInterviewer
from voice_edge.interviewer.tally import SCRIPT, Tally

_LANGUAGES: tuple[Language, ...] = get_args(Language)


class ByLanguage:
    """Replies by the model in some languages and by the script in the others."""

    def __init__(self, *, model: OllamaInterviewer, script: Interviewer, model_speaks: frozenset[Language]) -> None:
        self._model = model
        self._script = script
        self._model_speaks = model_speaks

    @property
    def tally(self) -> Tally:
        """Return the counts of both."""
        return self._model.tally

    @property
    def on_load(self) -> Callable[[float | None], None] | None:
        """Return what is called with the duration of each load of the model."""
        return self._model.on_load

    @on_load.setter
    def on_load(self, count: Callable[[float | None], None] | None) -> None:
        self._model.on_load = count

    async def preload(self) -> None:
        """Load the model, see `OllamaInterviewer.preload`."""
        await self._model.preload()

    async def close(self) -> None:
        """Close the model's connections."""
        await self._model.close()

    async def reply(
        self, conversation: Conversation, *, committed: asyncio.Event | None = None
    ) -> AsyncIterator[ReplyPart]:
        """Yield the reply of the interviewer for the talk's language."""
        asked: Interviewer = self._model if conversation.language in self._model_speaks else self._script
        async for part in asked.reply(conversation, committed=committed):
            if part.final and asked is self._script:
                self.tally.add(SCRIPT, reason="language")
            yield part


def choose_interviewer(settings: Settings) -> Interviewer:
    """Return the interviewer that the settings name.

    A model that does not respond costs one guest at most the first-token deadline; then the script replies until the
    model is loaded again.
    """
    script = ScriptedInterviewer()
    if settings.interviewer == "scripted":
        return script
    named = {name.strip() for name in settings.model_speaks.split(",")}
    speaks = frozenset(language for language in _LANGUAGES if language in named or settings.interviewer == "ollama")
    model = OllamaInterviewer(url=settings.ollama_url, model=settings.ollama_model, speaks=speaks)
    if settings.interviewer == "ollama":
        return model
    return ByLanguage(model=model, script=script, model_speaks=speaks)
