"""An interviewer that lets a language model speak through Ollama, and never lets the guest wait for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
import structlog

from pilot.model_calls import chat_request
from voice_edge.interviewer.conversation import MOST_FOLLOW_UPS, Conversation, Interviewer, ReplyPart
from voice_edge.interviewer.errors import ModelAway
from voice_edge.interviewer.prompt import messages
from voice_edge.interviewer.scripted import ScriptedInterviewer
from voice_edge.interviewer.understanding import understand

FIRST_TOKEN_SECONDS = 0.5  # then the script speaks
NEXT_TOKEN_SECONDS = 2.0  # a stream that stalls is ended where it stands
CONNECT_SECONDS = 0.25
PRELOAD_SECONDS = 120.0  # a model is read from the disk once
AWAY_SECONDS = 15.0  # after a failure nobody waits for the model again this long
LONGEST_REPLY_CHARACTERS = 320

_RUNNING = "Is `ollama serve` running?"

log = structlog.get_logger(__name__)


class OllamaInterviewer:
    """Streams a model's reply; the scripted interviewer answers while the model is not loaded, late or away.

    The first turn that could use the model begins to load it; so does the first one some time after a failure.

    Args:
        url: Ollama's address.
        model: The model's name there.
        fallback: Who answers instead.
        transport: How HTTP is done; given by tests.
        first_token_seconds: How long a guest waits for the model's first words.
    """

    def __init__(
        self,
        *,
        url: str,
        model: str,
        fallback: Interviewer | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        first_token_seconds: float = FIRST_TOKEN_SECONDS,
    ) -> None:
        self._model = model
        self._fallback = fallback or ScriptedInterviewer()
        self._first_token_seconds = first_token_seconds
        self._client = httpx.AsyncClient(
            base_url=url, transport=transport, timeout=httpx.Timeout(None, connect=CONNECT_SECONDS)
        )
        self._loaded = False
        self._loading: asyncio.Task[None] | None = None
        self._away_until = 0.0

    async def preload(self) -> None:
        """Load the model and keep it loaded.

        Raises:
            ModelAway: Ollama does not answer, or does not have the model.
        """
        body = chat_request(model=self._model, messages=[], stream=False)
        try:
            answer = await self._client.post("/api/chat", json=body, timeout=PRELOAD_SECONDS)
        except httpx.HTTPError as error:
            raise _away(f"Ollama does not answer ({type(error).__name__}).", remedy=_RUNNING) from error
        if answer.status_code != httpx.codes.OK:
            raise self._refused(answer.status_code)
        self._loaded = True

    async def close(self) -> None:
        """Close the connections."""
        if self._loading is not None:
            self._loading.cancel()
        await self._client.aclose()

    async def reply(
        self, conversation: Conversation, *, committed: asyncio.Event | None = None
    ) -> AsyncIterator[ReplyPart]:
        """Yield the model's reply as it grows, or the fallback's when the model gives no first words in time."""
        if committed is not None:
            await committed.wait()
        text = ""
        if self._may_speak(conversation):
            try:
                async with aclosing(self._tokens(conversation)) as tokens:
                    async for token in tokens:
                        text += token
                        yield ReplyPart(text, final=False, author="ollama", purpose="follow_up")
            except ModelAway as error:
                self._leave_alone()
                log.warning("the model did not finish its reply", reason=error.what, begun=bool(text))
        if text.strip():
            # Of a reply that broke off the guest has seen the beginning: it stands.
            yield ReplyPart(text, final=True, author="ollama", purpose="follow_up")
            return
        async for part in self._fallback.reply(conversation):
            yield part

    def _may_speak(self, conversation: Conversation) -> bool:
        """Tell whether the model answers this turn; thanks and what must be met decently are the script's."""
        if conversation.follow_ups_asked >= MOST_FOLLOW_UPS:
            return False
        if not self._loaded:
            self._load_soon()
            return False
        answers = [exchange.answer for exchange in conversation.exchanges]
        heard = understand(answers, cafe=conversation.cafe, language=conversation.language)
        return heard.concern is None and not (conversation.follow_ups_asked and heard.nothing_more)

    def _load_soon(self) -> None:
        """Begin to load the model beside the talk: Ollama gives up a load when the request that asked for it leaves."""
        busy = self._loading is not None and not self._loading.done()
        if not busy and asyncio.get_running_loop().time() >= self._away_until:
            self._loading = asyncio.create_task(self._load(), name="loading the model")

    async def _load(self) -> None:
        try:
            await self.preload()
        except ModelAway as error:
            self._leave_alone()
            log.warning("the model cannot be loaded", reason=error.what)

    def _leave_alone(self) -> None:
        self._loaded = False
        self._away_until = asyncio.get_running_loop().time() + AWAY_SECONDS

    async def _tokens(self, conversation: Conversation) -> AsyncGenerator[str]:
        body = chat_request(model=self._model, messages=messages(conversation), stream=True)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._first_token_seconds
        written = 0
        request = self._client.build_request("POST", "/api/chat", json=body)
        # Waits are bounded one by one: a timeout around a `yield` would strike whoever reads.
        answer: httpx.Response | None = None
        try:
            answer = await asyncio.wait_for(self._client.send(request, stream=True), deadline - loop.time())
            if answer.status_code != httpx.codes.OK:
                raise self._refused(answer.status_code)
            lines = answer.aiter_lines()
            done = False
            while not done and written <= LONGEST_REPLY_CHARACTERS:
                line = await asyncio.wait_for(anext(lines, None), deadline - loop.time())
                if line is None:
                    raise _away("Ollama ended its answer too early.", remedy="Its log says why.")
                token, done = _read(line)
                token = token if written else token.lstrip()
                if token:
                    written += len(token)
                    deadline = loop.time() + NEXT_TOKEN_SECONDS
                    yield token
        except TimeoutError:
            raise _away("The model was not in time.", remedy="The script answers.") from None
        except httpx.HTTPError as error:
            raise _away(f"Ollama does not answer ({type(error).__name__}).", remedy=_RUNNING) from error
        finally:
            if answer is not None:
                await answer.aclose()

    def _refused(self, status: int) -> ModelAway:
        if status == httpx.codes.NOT_FOUND:
            return _away(f"Ollama has no model {self._model!r}.", remedy=f"`ollama pull {self._model}` fetches it.")
        if status == httpx.codes.SERVICE_UNAVAILABLE:
            return _away("Ollama has too many requests waiting.", remedy="The script answers.")
        return _away(f"Ollama answered with status {status}.", remedy="Its log says why.")


def _read(line: str) -> tuple[str, bool]:
    """Return a stream line's words and whether it is the last; errors come as lines too, under status 200."""
    try:
        parsed: Any = json.loads(line) if line.strip() else {}
    except ValueError:
        raise _away("Ollama sent a line that is not JSON.", remedy="Is it Ollama that answers there?") from None
    if not isinstance(parsed, dict) or "error" in parsed:
        raise _away("Ollama broke off with an error.", remedy="Its log says why.")
    message = parsed.get("message")
    content = message.get("content") if isinstance(message, dict) else ""
    return (content if isinstance(content, str) else ""), bool(parsed.get("done"))


def _away(what: str, *, remedy: str) -> ModelAway:
    return ModelAway(what, remedy=remedy, retryable=True)
