"""A strict stand-in for Ollama's server, over a plan or a small real model.

It has one model, serves one request at a time with a short queue, blocks while loading, aborts a load when the client
disconnects, reloads the model if the runner's options change, and reports errors in mid-stream as a line with HTTP 200.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from pydantic import ValidationError

from tests.ollama_server import wire
from tests.ollama_server.speakers import BUSY, Crash, HangUp, Refuse, Speaker, Stall, Token

VERSION = "0.0.0-stand-in"


class StandIn:
    """An ASGI application that answers as Ollama does.

    Attributes:
        requests: All well-formed chat requests, in order.
        loads: Number of loads of the model.
        left: Number of clients that disconnected before their answer was complete.
        asked: Set at the first request with messages.
    """

    def __init__(self, speaker: Speaker, *, model: str = "stand-in", most_waiting: int = 512) -> None:
        self._speaker = speaker
        self._model = model
        self._most_waiting = most_waiting
        self._one = asyncio.Lock()
        self._waiting = 0
        self._loaded: wire.Runner | None = None
        self.requests: list[wire.ChatRequest] = []
        self.loads = 0
        self.left = 0
        self.asked = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _body(receive)
        work = asyncio.create_task(self._answer(scope["method"], scope["path"], body, _Out(send)))
        gone = asyncio.create_task(_disconnected(receive))
        done, _ = await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if work not in done:
            self.left += 1
            work.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)
        if work in done:
            work.result()

    async def _answer(self, method: str, path: str, body: bytes, out: _Out) -> None:
        if (method, path) == ("GET", "/api/version"):
            await out.json({"version": VERSION})
        elif (method, path) == ("GET", "/api/tags"):
            await out.json({"models": [{"name": self._model, "model": self._model}]})
        elif (method, path) == ("POST", "/api/chat"):
            await self._chat(body, out)
        else:
            await out.json({"error": "404 page not found"}, status=404)

    async def _chat(self, body: bytes, out: _Out) -> None:
        try:
            request = wire.ChatRequest.model_validate_json(body)
        except ValidationError as error:
            faults = ", ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors())
            await out.json({"error": f"the stand-in refuses what Ollama would ignore: {faults}"}, status=400)
            return
        if request.model != self._model:
            await out.json({"error": f"model '{request.model}' not found"}, status=404)
            return
        if self._waiting >= self._most_waiting:
            await out.json({"error": BUSY.error}, status=BUSY.status)
            return
        self.requests.append(request)
        if request.messages:
            self.asked.set()
        began = time.monotonic()
        self._waiting += 1
        try:
            async with self._one:
                await self._load(request)
                await self._speak(request, out, began=began, loaded=time.monotonic())
        finally:
            self._waiting -= 1

    async def _load(self, request: wire.ChatRequest) -> None:
        if self._loaded != request.options.runner():
            self._loaded = None
            self.loads += 1
            await self._speaker.load()
            self._loaded = request.options.runner()

    async def _speak(self, request: wire.ChatRequest, out: _Out, *, began: float, loaded: float) -> None:
        if not request.messages:
            unload = request.keep_alive == 0
            if unload:
                self._loaded = None
            await out.json(wire.nothing_to_say(self._model, "unload" if unload else "load"))
            return
        text, tokens, first = "", 0, loaded
        async with contextlib.aclosing(_steps(self._speaker, request)) as steps:
            async for step in steps:
                if isinstance(step, Token):
                    first = first if tokens else time.monotonic()
                    tokens, text = tokens + 1, text + step.text
                    if request.stream:
                        await out.line(wire.word(self._model, step.text))
                    if 0 < request.options.num_predict <= tokens:
                        break
                elif isinstance(step, Stall):
                    await asyncio.Event().wait()
                elif isinstance(step, Refuse):
                    await out.json({"error": step.error}, status=step.status)
                    return
                elif isinstance(step, Crash):
                    if request.stream:
                        await out.line({"error": step.text})
                        await out.end()
                    else:
                        await out.json({"error": step.text}, status=500)
                    return
                elif isinstance(step, HangUp):
                    await out.end()
                    return
        now = time.monotonic()
        closing = wire.last(
            self._model,
            content="" if request.stream else text,
            reason="length" if tokens == request.options.num_predict else "stop",
            total=now - began,
            load=loaded - began,
            prompt_tokens=sum(len(message.content.split()) for message in request.messages),
            prompt_seconds=first - loaded,
            tokens=tokens,
            seconds=now - first,
        )
        if request.stream:
            await out.line(closing)
            await out.end()
        else:
            await out.json(closing)


async def _steps(speaker: Speaker, request: wire.ChatRequest) -> AsyncIterator[Any]:
    async for step in speaker.speak(request.messages, request.options):
        yield step


class _Out:
    """The response: JSON whole, or NDJSON line by line."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._begun = False

    async def json(self, body: dict[str, Any], *, status: int = 200) -> None:
        await self._begin(status, b"application/json; charset=utf-8")
        await self._send({"type": "http.response.body", "body": json.dumps(body).encode()})

    async def line(self, body: dict[str, Any]) -> None:
        await self._begin(200, b"application/x-ndjson")
        await self._send({"type": "http.response.body", "body": json.dumps(body).encode() + b"\n", "more_body": True})

    async def end(self) -> None:
        await self._begin(200, b"application/x-ndjson")
        await self._send({"type": "http.response.body", "body": b""})

    async def _begin(self, status: int, kind: bytes) -> None:
        if not self._begun:
            self._begun = True
            await self._send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
