"""A client of Ollama's `/api/chat`: loading, streaming and all of its errors."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import httpx

from pilot.model_calls import chat_request
from voice_edge.interviewer.errors import ModelAway

CONNECT_SECONDS = 0.25
LOAD_SECONDS = 120.0  # a model is read from the disk once
READ_SECONDS = 60.0  # the rules are read once, on a machine that may be busy

_RUNNING = "Is `ollama serve` running?"
_LOG = "Its log says why."


class OllamaChat:
    """One model behind one address.

    Args:
        url: Ollama's address.
        model: The model's name there.
        transport: The HTTP transport; for tests.
    """

    def __init__(self, *, url: str, model: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._model = model
        self._client = httpx.AsyncClient(
            base_url=url, transport=transport, timeout=httpx.Timeout(None, connect=CONNECT_SECONDS)
        )

    async def load(self) -> None:
        """Load the model and keep it loaded: a request without messages.

        Raises:
            ModelAway: it cannot be loaded.
        """
        body = chat_request(model=self._model, messages=[], stream=False)
        try:
            answer = await self._client.post("/api/chat", json=body, timeout=LOAD_SECONDS)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        if answer.status_code != httpx.codes.OK:
            raise self._refused(answer.status_code)

    async def read(self, messages: Sequence[Mapping[str, str]]) -> None:
        """Let the model process the beginning of a chat, so that later requests reuse it.

        Raises:
            ModelAway: it failed.
        """
        body = chat_request(model=self._model, messages=messages, stream=True)
        try:
            async with self._client.stream("POST", "/api/chat", json=body, timeout=READ_SECONDS) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise self._refused(answer.status_code)
                async for line in answer.aiter_lines():
                    _read(line)
                    return
        except httpx.HTTPError as error:
            raise _unreachable(error) from error

    async def say(self, messages: Sequence[Mapping[str, str]]) -> AsyncGenerator[str]:
        """Yield the model's words as they come; closing the generator ends its work.

        Raises:
            ModelAway: it did not respond, or broke off. There is no time limit here.
        """
        body = chat_request(model=self._model, messages=messages, stream=True)
        try:
            async with self._client.stream("POST", "/api/chat", json=body) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise self._refused(answer.status_code)
                async for line in answer.aiter_lines():
                    words, done = _read(line)
                    if words:
                        yield words
                    if done:
                        return
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        raise ModelAway("Ollama ended its answer too early.", remedy=_LOG)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _refused(self, status: int) -> ModelAway:
        if status == httpx.codes.NOT_FOUND:
            remedy = f"`ollama pull {self._model}` fetches it."
            return ModelAway(f"Ollama has no model {self._model!r}.", remedy=remedy, reason="refused")
        if status == httpx.codes.SERVICE_UNAVAILABLE:
            return ModelAway("Ollama has too many requests waiting.", remedy="The script answers.", reason="refused")
        return ModelAway(f"Ollama answered with status {status}.", remedy=_LOG, reason="refused")


def _unreachable(error: httpx.HTTPError) -> ModelAway:
    return ModelAway(f"Ollama does not answer ({type(error).__name__}).", remedy=_RUNNING, reason="refused")


def _read(line: str) -> tuple[str, bool]:
    """Return a stream line's words and whether it is the last; errors are lines with status 200 too."""
    try:
        parsed: Any = json.loads(line) if line.strip() else {}
    except (ValueError, RecursionError):
        raise ModelAway("Ollama sent a line that is not JSON.", remedy="Is it Ollama that answers there?") from None
    if not isinstance(parsed, dict) or "error" in parsed:
        raise ModelAway("Ollama broke off with an error.", remedy=_LOG)
    message = parsed.get("message")
    content = message.get("content") if isinstance(message, dict) else ""
    return (content if isinstance(content, str) else ""), bool(parsed.get("done"))
