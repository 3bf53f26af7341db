"""A customer who writes as the page does: what is not acknowledged is sent again."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from pilot.events import CONSENT_VERSION

# As connection.js.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0
SILENT_SECONDS = 18.0
STEADY_SECONDS = 5.0
FINAL_CLOSES = (1000, 1003, 1007, 1009, 4400, 4403, 4404, 4408, 4409, 4413, 4429)
OPEN_SECONDS = 10.0
GIVE_UP_SECONDS = 180.0


@dataclass
class Pending:
    """A message that no acknowledgement covers yet."""

    message: dict[str, Any]
    after: tuple[int, int]
    heard: bool = False

    def is_covered(self, epoch: int, seq: int) -> bool:
        """Return whether an acknowledgement covers it."""
        match self.message["type"]:
            case "text":
                return self.heard
            case "finish":
                return False
        return (epoch, seq) > self.after


@dataclass
class Written:
    """One visit over all its connections.

    Attributes:
        began_at: Its begin, by `time.monotonic()`.
        sessions: Its sessions; more than one if one was begun anew instead of resumed.
        acknowledged: Epoch and number of every acknowledged event.
        words: The texts that were acknowledged.
        connections: Connections that got a welcome.
        resumed: Resumed connections.
        seen: Moment, kind and detail of everything that a customer would notice as a fault.
        waits: Seconds from a text to the next question, by the moment of the text.
        completed: When the receipt came; None if it did not.
        receipt: The receipt's path.
        gave_up: Whether nothing answered for three minutes.
        stopped: Whether the run ended first.
    """

    began_at: float
    sessions: list[str] = field(default_factory=list)
    acknowledged: set[tuple[int, int]] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    connections: int = 0
    resumed: int = 0
    seen: list[tuple[float, str, str]] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)
    completed: float | None = None
    receipt: str = ""
    gave_up: bool = False
    stopped: bool = False

    def kinds(self, *, since: float = 0.0, until: float = float("inf")) -> Counter[str]:
        """Count what was noticed in a time, by kind and detail."""
        return Counter(f"{kind} {detail}".strip() for at, kind, detail in self.seen if since <= at < until)


class Writer:
    """Holds one visit."""

    def __init__(
        self, *, url: str, code: str, texts: tuple[str, ...], thought: Callable[[], float], device: str
    ) -> None:
        self._url = url.replace("http", "ws", 1) + "/ws/v1"
        self._code, self._texts, self._thought, self._device = code, list(texts), thought, device
        self._snapshot: str | None = None
        self._acked = (1, 0)
        self._pending: list[Pending] = []
        self._answered: set[int] = set()
        self._dropped = ""
        self._asked_at: float | None = None
        self._thinking: asyncio.Task[None] | None = None
        self._socket: ClientConnection | None = None
        self._up = False  # A message goes out after the welcome only, as the page's; what is pending goes out at it.
        self.visit = Written(time.monotonic())

    async def hold(self) -> Written:
        """Visit until the feedback is sent, the edge refuses, or nothing answers."""
        failures, answered_at = 0, time.monotonic()
        try:
            while self.visit.completed is None:
                welcomes, opened_at = self.visit.connections, time.monotonic()
                code = await self._connection()
                if self.visit.completed is not None or code in FINAL_CLOSES:
                    break
                now = time.monotonic()
                if self.visit.connections > welcomes:
                    answered_at, failures = now, 0 if now - opened_at > STEADY_SECONDS else failures + 1
                else:
                    failures += 1
                if now - answered_at > GIVE_UP_SECONDS:
                    self.visit.gave_up = True
                    break
                pause = 0.0 if code == 1001 else min(FIRST_PAUSE_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS)
                await asyncio.sleep(pause)
        except asyncio.CancelledError:
            self.visit.stopped = self.visit.completed is None
            raise
        finally:
            if self._thinking is not None:
                self._thinking.cancel()
        return self.visit

    def _note(self, kind: str, detail: object = "") -> None:
        self.visit.seen.append((time.monotonic(), kind, str(detail)))

    async def _connection(self) -> int | None:
        """Hold one connection; return its close code, None if there was none."""
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                socket = await connect(self._url, proxy=None, ping_interval=None, user_agent_header=self._device)
        except InvalidStatus as refused:
            self._note("refused", refused.response.status_code)
            return None
        except (OSError, TimeoutError, InvalidHandshake) as error:
            self._note("no connection", type(error).__name__)
            return None
        self._socket = socket
        try:
            await self._send(
                "hello", v=1, code=self._code, language="sv", client={"browser": "benchmark"}, simulated=True,
                resume=self._snapshot,
            )  # fmt: skip
            while True:
                async with asyncio.timeout(SILENT_SECONDS):
                    raw = await self._received(socket)
                if not await self._take(json.loads(raw)):
                    break
        except ConnectionClosed:
            pass
        except TimeoutError:
            self._note("silent line", f"{SILENT_SECONDS:g} s")
        finally:
            self._socket, self._up = None, False
            socket.transport.abort()
        code = socket.close_code
        if self.visit.completed is None:
            self._note("closed", code)
        return code

    async def _received(self, socket: ClientConnection) -> str | bytes:
        """Return the next message; ask for a sign of life when it has been quiet, as the page does."""
        while True:
            try:
                async with asyncio.timeout(SILENT_SECONDS / 2):
                    return await socket.recv()
            except TimeoutError:
                await self._send("ping", at_ms=0.0)

    async def _take(self, fields: dict[str, Any]) -> bool:
        """Act on a message; return whether the connection goes on."""
        match fields["type"]:
            case "welcome":
                return await self._welcome(fields)
            case "ack":
                self._acknowledge(fields)
            case "heard":
                for each in self._pending:
                    each.heard = each.heard or each.message["type"] == "text"
            case "question":
                self._answer(fields["turn"])
            case "review" if not any(each.message["type"] == "finish" for each in self._pending):
                self._waited()
                await self._keep("finish")
            case "completed":
                self.visit.completed = time.monotonic()
                self.visit.receipt = fields["receipt"]
                return False
            case "error":
                self._note(f"error {fields['code']}", fields["message"])
                if fields["code"] == "wait":  # As the page, which asks again then.
                    dropped = [each for each in self._pending if each.message["type"] == "text" and not each.heard]
                    self._dropped = dropped[0].message["text"] if dropped else self._dropped
                    self._pending = [each for each in self._pending if each.message["type"] not in ("text", "finish")]
        return True

    async def _welcome(self, fields: dict[str, Any]) -> bool:
        self.visit.connections += 1
        self._up = True
        if self._snapshot is None:  # Nothing of an earlier session was acknowledged.
            self.visit.sessions = [fields["session_id"]]
        elif fields["session_id"] not in self.visit.sessions:
            self.visit.sessions.append(fields["session_id"])
        if fields["resumed"]:
            self.visit.resumed += 1
        elif self._snapshot is not None:
            self._note("begun anew")
            return False
        if not self._pending and self._snapshot is None:
            await self._keep("start", mode="text", language="sv")
            await self._keep("consent", granted=True, version=CONSENT_VERSION, scope=["transcript"])
            return True
        for each in list(self._pending):
            await self._send(**each.message)
        if self._snapshot is not None:
            await self._send("mode", mode="text")
        return True

    def _acknowledge(self, fields: dict[str, Any]) -> None:
        epoch, seq = self._acked = fields["epoch"], fields["seq"]
        self._snapshot = fields["snapshot"]
        self.visit.acknowledged |= {(epoch, each) for each in range(seq + 1)}
        covered = [each for each in self._pending if each.is_covered(epoch, seq)]
        self.visit.words += [each.message["text"] for each in covered if each.message["type"] == "text"]
        self._pending = [each for each in self._pending if each not in covered]

    def _answer(self, turn: int) -> None:
        if turn in self._answered and self._dropped and not self._pending:
            self._texts.insert(0, self._dropped)  # It was not kept.
        elif turn in self._answered or not self._texts:
            return
        self._dropped = ""
        self._waited()
        self._answered.add(turn)
        self._thinking = asyncio.create_task(self._write(self._texts.pop(0)))

    async def _write(self, text: str) -> None:
        await asyncio.sleep(self._thought())
        self._asked_at = time.monotonic()
        await self._keep("text", text=text)

    def _waited(self) -> None:
        if self._asked_at is not None:
            self.visit.waits.append((self._asked_at, time.monotonic() - self._asked_at))
            self._asked_at = None

    async def _keep(self, type: str, **fields: Any) -> None:  # noqa: A002
        self._pending.append(Pending({"type": type, **fields}, self._acked))
        if self._up:
            await self._send(type, **fields)

    async def _send(self, type: str, **fields: Any) -> None:  # noqa: A002
        if self._socket is not None:
            try:
                await self._socket.send(json.dumps({"type": type, **fields}))
            except ConnectionClosed:
                return  # The reader notices; what is pending is sent on the next connection.
