"""A small edge that is strict about the protocol's order, and stores the session in its snapshot.

The test plays the recogniser and the interviewer: it pushes `state`, `partial`, `heard`, `reply`
and `review` itself. Everything about the session's life (hello, start, consent, microphone, text, edit, finish, resume)
is answered here, in the order that docs/protocol.md gives.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from pilot.cafes import Cafe, parse_cafes
from storage.store.rewards.receipts import Receipt
from tests.waiting import DEADLINE_SECONDS
from voice_edge.http.page.customer import customer_page
from voice_edge.http.page.notice import notice_page
from voice_edge.http.page.privacy import PrivacyFacts, privacy_page
from voice_edge.http.page.receipt import receipt_page
from voice_edge.http.static_files import STATIC_FOLDER, VersionedFiles
from voice_edge.protocol import UnknownMessage, decode_frame, parse_message, unknown_fields

CSP = "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
QUESTION = {"sv": "Vad minns du bäst från ditt besök i dag?", "en": "What do you remember best from your visit today?"}
FOLLOW_UP = {"sv": "Vad var det som gjorde bullen så god?", "en": "What made the bun so good?"}
THANKS = {"sv": "Tack, det hjälper oss mycket.", "en": "Thank you, that helps us a lot."}
FACTS = PrivacyFacts("Svenska kafépiloten", "", 90, 30, 30, bank=False)
ALLOWED = {
    "start": {"greeted"},
    "consent": {"started"},
    "microphone": {"talking", "review"},
    "mode": {"started", "talking", "review"},
    "text": {"talking"},
    "edit": {"talking", "review"},
    "finish": {"talking", "review"},
}


def cafes() -> tuple[Cafe, ...]:
    return parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").cafe


def sent_receipt(*, eligible: bool | None) -> Receipt:
    """Return the receipt of a sent feedback."""
    return Receipt(
        receipt_hash="hash", reference="K7F3QX", session_id="session", cafe="aurora", day=date(2026, 11, 23), language="sv",
        simulated=False, created_at=datetime(2026, 11, 23, 12, tzinfo=UTC), preliminary_score=87,
        preliminary_eligible=eligible, rubric_version="1",
    )  # fmt: skip


# Notified when a message reaches the edge; changes only in the page are polled every POLL_SECONDS.
NEWS = threading.Condition()
POLL_SECONDS = 0.05


def until(condition: Callable[[], Any], *, what: str) -> Any:
    """Return the condition's result once it is true."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        if found := condition():
            return found
        with NEWS:
            NEWS.wait(POLL_SECONDS)
    raise AssertionError(f"never: {what}")


@dataclass
class FakeEdge:
    """An edge with settings to change before a test and records to check after it."""

    cafe: Cafe
    simulated: bool = False
    qualified: tuple[str, ...] = ("sv", "en")
    receipt_status: int = 200
    silent_after: str = ""  # one message of this type is dropped and the connection cut
    reached: list[dict[str, Any]] = field(default_factory=list)
    frames: list[tuple[int, float, bytes, float]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    hellos: list[dict[str, Any]] = field(default_factory=list)
    sockets: int = 0
    limits: dict[str, float] = field(default_factory=dict)
    device_token: str = "known"
    closes_at: str | None = None
    refuses: tuple[str, int] | None = None  # the error and close code for every hello
    rest_status: int = 200
    rests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.live: WebSocket | None = None
        self.state: dict[str, Any] = {}
        self.seq = -1
        self.up = True

    def types(self) -> list[str]:
        return [message["type"] for message in self.reached]

    def last(self, kind: str) -> dict[str, Any]:
        return until(
            lambda: next((each for each in reversed(self.reached) if each["type"] == kind), None), what=f"a {kind}"
        )

    def count(self, kind: str) -> int:
        return self.types().count(kind)

    # What a test pushes

    def push(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            asyncio.run_coroutine_threadsafe(self._send(message), self.loop).result(DEADLINE_SECONDS)

    def cut(self, code: int = 1012) -> None:
        asyncio.run_coroutine_threadsafe(self.live.close(code), self.loop).result(DEADLINE_SECONDS)

    def turn_away(self, error: str, *, code: int, **fields: Any) -> None:
        message = {"type": "error", "code": error, "message": "Nej.", "retryable": False, **fields}
        asyncio.run_coroutine_threadsafe(self._turn_away(message, code), self.loop).result(DEADLINE_SECONDS)

    async def _turn_away(self, message: dict[str, Any], code: int) -> None:
        # The page hangs up on its own once it has read the error: the close below may find the connection gone.
        live = self.live
        await self._quietly(live.send_text(json.dumps(message)))
        await self._quietly(live.close(code))

    def heard(self, text: str, *, mode: str = "voice", low_confidence: bool = False) -> int:
        turn = self.state["next_turn"]
        self.state["next_turn"] += 1
        self.state["turns"].append(
            {
                "turn": turn,
                "text": text,
                "mode": mode,
                "low_confidence": low_confidence,
                "question": self.state["question"],
            }
        )
        self.push(
            {"type": "heard", "turn": turn, "revision": 1, "text": text, "mode": mode, "low_confidence": low_confidence}
        )
        asyncio.run_coroutine_threadsafe(self._ack(), self.loop).result(DEADLINE_SECONDS)
        return turn

    def reply(self, turn: int, text: str, *, purpose: str = "follow_up", final: bool = True) -> None:
        self.push(
            {"type": "state", "state": "replying"},
            {"type": "reply", "turn": turn, "text": text, "final": final, "author": "scripted", "purpose": purpose},
        )
        if final and purpose == "follow_up":
            self.state["question"] = text
        asyncio.run_coroutine_threadsafe(self._ack(), self.loop).result(DEADLINE_SECONDS)
        if final and purpose != "thanks":
            self.push(self._question())

    def review(self) -> None:
        self.state["phase"] = "review"
        asyncio.run_coroutine_threadsafe(self._ack(), self.loop).result(DEADLINE_SECONDS)
        turns = [{"turn": each["turn"], "text": each["text"]} for each in self.state["turns"]]
        self.push({"type": "review", "turns": turns}, {"type": "state", "state": "review"})

    def _question(self) -> dict[str, Any]:
        asked = {each["question"] for each in self.state["turns"]} | {self.state["question"]}
        turn, text = self.state["next_turn"], self.state["question"]
        return {"type": "question", "turn": turn, "text": text, "number": len(asked), "most": 3}

    # The socket

    async def serve(self, socket: WebSocket) -> None:
        await socket.accept()
        if not self.up:
            await socket.close(1012)
            return
        self.sockets += 1
        try:
            hello = json.loads(await socket.receive_text())
            self._check(hello)
            self.hellos.append(hello)
            if self.refuses:
                error, code = self.refuses
                refusal = {"type": "error", "code": error, "message": "Nej.", "retryable": True}
                await socket.send_text(json.dumps(refusal))
                await socket.close(code)
                return
            if self.live is not None and hello.get("resume"):
                await self._quietly(self.live.close(4409))
            self.live = socket
            await self._greet(hello)
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if message.get("bytes") is not None:
                    await self._frame(message["bytes"])
                else:
                    await self._message(json.loads(message["text"]))
                with NEWS:
                    NEWS.notify_all()
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            if self.live is socket:
                self.live = None

    async def _greet(self, hello: dict[str, Any]) -> None:
        if hello.get("resume"):
            self.state = json.loads(hello["resume"])
            self.state["epoch"] += 1
            resumed = True
        else:
            self.state = {
                "epoch": 1, "phase": "greeted", "language": hello["language"], "mode": "", "turns": [], "next_turn": 1,
                "question": "", "granted": False,
            }  # fmt: skip
            resumed = False
        self.seq = -1
        state = self.state
        await self._send(
            {
                "type": "welcome",
                "session_id": "0190a000-0000-7000-8000-000000000000",
                "cafe": {"id": self.cafe.id, "name": self.cafe.name},
                "language": state["language"],
                "voice": {"qualified": state["language"] in self.qualified},
                "limits": self.limits,
                "device_token": self.device_token,
                "closes_at": self.closes_at,
                "resumed": resumed,
                "turns": state["turns"],
            }
        )
        await self._ack()
        if resumed and state["phase"] == "talking":
            await self._send(self._question())
            await self._ready()
        if resumed and state["phase"] == "review":
            await self._send({"type": "review", "turns": state["turns"]})

    async def _message(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == self.silent_after:
            self.silent_after = ""
            await self._quietly(self.live.close(1012))
            raise WebSocketDisconnect(1012)
        self.reached.append(message)
        self._check(message)
        state = self.state
        if state["phase"] not in ALLOWED.get(kind, {state["phase"]}):
            self.faults.append(f"{kind} in {state['phase']}")
            return
        if kind == "ping":
            await self._send({"type": "pong", "at_ms": message["at_ms"]})
        elif kind == "start":
            state.update(phase="started", mode=message["mode"], language=message["language"])
            await self._ack()
        elif kind == "consent":
            if not message["granted"]:
                await self._send({"type": "state", "state": "ended"})
                await self.live.close(1000)
                return
            state.update(phase="talking", question=QUESTION[state["language"]])
            await self._ack()
            if "device_token" in message["scope"]:
                token = {"type": "device_token", "token": "a-token", "expires_at": "2099-01-01T00:00:00+00:00"}
                await self._send(token)
            await self._send(self._question())
            await self._send({"type": "state", "state": "ready"})
        elif kind == "microphone":
            state["granted"] = message["result"] == "granted"
            await self._ack()
            await self._ready()
        elif kind == "mode":
            state["mode"] = message["mode"]
            if state["phase"] == "talking":
                await self._ready()
        elif kind == "edit":
            next(each for each in state["turns"] if each["turn"] == message["turn"])["text"] = message["text"]
            await self._ack()
        elif kind == "finish":
            await self._send({"type": "completed", "receipt": "/r/token", "reference": "K7F3QX", "preliminary": {}})
            await self._send({"type": "state", "state": "ended"})
            await self.live.close(1000)

    async def _frame(self, body: bytes) -> None:
        frame = decode_frame(body)
        if self.state["phase"] != "talking" or not self.state["granted"]:
            self.faults.append("audio before consent and microphone")
        self.frames.append((frame.number, frame.captured_ms, frame.pcm, time.monotonic()))

    async def _ready(self) -> None:
        listening = self.state["mode"] == "voice" and self.state["granted"]
        await self._send({"type": "state", "state": "listening" if listening else "ready"})

    async def _ack(self) -> None:
        self.seq += 1
        await self._send(
            {
                "type": "ack",
                "epoch": self.state["epoch"],
                "seq": self.seq,
                "frame": -1,
                "snapshot": json.dumps(self.state),
            }
        )

    async def _send(self, message: dict[str, Any]) -> None:
        if self.live is not None:
            await self._quietly(self.live.send_text(json.dumps(message)))

    async def _quietly(self, work: Any) -> None:
        try:
            await work
        except (RuntimeError, WebSocketDisconnect):
            return

    def _check(self, message: dict[str, Any]) -> None:
        model = parse_message(json.dumps({key: value for key, value in message.items() if value is not None}))
        if isinstance(model, UnknownMessage) or unknown_fields(model):
            self.faults.append(f"unknown parts in {message['type']}")

    # The pages

    def _page(self, request: Request) -> HTMLResponse:
        if request.path_params["code"] != "ABC234":
            return HTMLResponse(
                notice_page(kind="unknown_code"), status_code=404, headers={"Content-Security-Policy": CSP}
            )
        language = "en" if request.query_params.get("lang") == "en" else "sv"
        text = customer_page(
            cafe=self.cafe,
            code="ABC234",
            language=language,
            reward_ore=2000,
            simulated=self.simulated,
            facts=FACTS,
            voice_trial=language not in self.qualified,
        )
        return HTMLResponse(text, headers={"Content-Security-Policy": CSP})

    async def _rest(self, request: Request) -> Response:
        self.rests.append((dict(request.headers), await request.body()))
        if self.rest_status != 200:
            error = {"type": "error", "code": "busy", "message": "Det går inte just nu.", "retryable": True}
            return JSONResponse(error, status_code=self.rest_status)
        self.rests = self.rests[-1:]
        done = {"type": "completed", "receipt": "/r/token", "reference": "K7F3QX", "preliminary": {}, "turns": []}
        return JSONResponse(done)

    def _receipt(self, request: Request) -> HTMLResponse:
        outcome = {"yes": True, "no": False}.get(request.query_params.get("outcome", "yes"))
        receipt = sent_receipt(eligible=outcome)
        language = request.query_params.get("lang") or self.state.get("language", "sv")
        text = receipt_page(
            receipt=receipt, cafe=self.cafe, language=language, reward_ore=2000, simulated=self.simulated
        )
        return HTMLResponse(text, status_code=self.receipt_status, headers={"Content-Security-Policy": CSP})

    def _notice(self, request: Request) -> HTMLResponse:
        text = notice_page(kind=request.path_params["kind"], cafe=self.cafe, link="/c/ABC234")
        return HTMLResponse(text, headers={"Content-Security-Policy": CSP})

    def _privacy(self, request: Request) -> HTMLResponse:
        language = "en" if request.query_params.get("lang") == "en" else "sv"
        listed = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
        text = privacy_page(FACTS, cafes=listed, language=language)
        return HTMLResponse(text, headers={"Content-Security-Policy": CSP})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/c/{code}", self._page),
                Route("/r/{token}", self._receipt),
                Route("/v1/rest", self._rest, methods=["POST"]),
                Route("/notice/{kind}", self._notice),
                Route("/privacy", self._privacy),
                WebSocketRoute("/ws/v1", self.serve),
                Mount("/static", VersionedFiles(directory=STATIC_FOLDER)),
            ]
        )

    def run(self) -> None:
        """Serve on a free port until `stop`, in a thread."""
        config = uvicorn.Config(self.app(), port=0, log_level="warning", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.loop = asyncio.new_event_loop()

        def serve() -> None:
            asyncio.set_event_loop(self.loop)
            self.loop.run_until_complete(self.server.serve())

        self.thread = threading.Thread(target=serve, daemon=True)
        self.thread.start()
        until(lambda: self.server.started, what="the fake edge is up")
        self.address = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(DEADLINE_SECONDS)
        self.loop.close()
