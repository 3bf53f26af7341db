"""One connection from its first message to its close: greeting, messages, limits."""

from __future__ import annotations

import asyncio

import structlog

from pilot.events import PageOpened
from pilot.words import say
from voice_edge.clock import within
from voice_edge.conversation.connection import LOST, Connection, ConnectionLost
from voice_edge.conversation.dispatch import Dispatch
from voice_edge.conversation.finish import end_erased, send_completed
from voice_edge.conversation.greeting import TurnedAway, Visitor, greet, welcome
from voice_edge.conversation.live import AbandonReason, Ending, Live
from voice_edge.conversation.recorder import Recorder
from voice_edge.conversation.voice_offer import keep_voice_offer
from voice_edge.doors.limits import MAX_HELLO_BYTES, Allowance
from voice_edge.doors.rates import counted_address
from voice_edge.edge import Edge
from voice_edge.errors import CodesUnknown, NotNow, ProtocolFault, SessionErased, TooLarge
from voice_edge.protocol import (
    CloseCode,
    ErrorMessage,
    Hello,
    UnknownMessage,
    decode_frame,
    parse_message,
    unknown_fields,
)

WATCH_SECONDS = 5.0
# Reasons to record if only the connection ended: the session may be resumed.
ENDED_BY: dict[CloseCode | None, AbandonReason] = {
    None: "connection_lost",
    CloseCode.GOING_AWAY: "edge_stopped",
}

log = structlog.get_logger("voice_edge.conversation.session")


class Session:
    """Runs one WebSocket connection; `run` returns when all of its tasks have ended."""

    def __init__(self, connection: Connection, *, edge: Edge, visitor: Visitor) -> None:
        self._connection = connection
        self._edge = edge
        self._visitor = visitor
        self._live: Live | None = None
        self._hung_up: CloseCode | None = None
        self._closing: asyncio.Task[None] | None = None
        self._faults = 0
        limits, clock = edge.limits, edge.clock
        self._messages = Allowance(rate=limits.messages_per_second, burst=limits.messages_burst, clock=clock)
        self._frames = Allowance(rate=limits.frames_per_second, burst=limits.frames_burst, clock=clock)
        self.ended = asyncio.Event()

    @property
    def started(self) -> bool:
        """Return whether the guest has pressed start."""
        return self._live is not None and self._live.state.phase != "greeted"

    def hang_up(self, code: CloseCode) -> None:
        """End the connection; the session may be resumed."""
        self._hung_up = code
        if self._live is not None:
            self._live.end(code)
        else:
            self._closing = asyncio.create_task(self._connection.close(code), name="closing")

    async def run(self) -> None:
        """Serve the connection to its end."""
        edge = self._edge
        try:
            if edge.sessions.draining:
                await self._connection.close(CloseCode.GOING_AWAY)
            elif not self._admitted():
                await self._refuse("too_many", close=CloseCode.TOO_MANY, retryable=True)
            else:
                await self._serve()
        finally:
            session_id = self._live.state.session_id if self._live else None
            edge.arrivals.leave(self)
            edge.sessions.leave(self, session_id=session_id)
            if session_id is not None:
                edge.doors.unregister(session_id)
            self.ended.set()
            code = self._connection.closed_with or LOST
            await self._connection.end()
            edge.metrics.count_close(code, cut_off=self._connection.cut_off)
            log.info("connection closed", session_id=session_id, code=code, cut_off=self._connection.cut_off)
            if self._live is not None:
                await self._live.dangers.settle()  # Last: no page waits for the store.

    def _admitted(self) -> bool:
        address = counted_address(self._visitor.address)
        return self._edge.arrivals.admit(self, address=address) and self._edge.sessions.admit(self)

    async def _serve(self) -> None:
        try:
            hello = await within(self._edge.limits.hello_seconds, self._read_hello(), clock=self._edge.clock)
        except TimeoutError:
            await self._connection.close(CloseCode.TIME_LIMIT)
            return
        except ConnectionLost:
            return
        except ProtocolFault as fault:
            self._edge.metrics.count_fault()
            close = CloseCode.TOO_LARGE if isinstance(fault, TooLarge) else CloseCode.PROTOCOL
            await self._refuse(fault.code, close=close, retryable=False)
            return
        self._edge.arrivals.greet(self)
        try:
            opened = await greet(hello, edge=self._edge, visitor=self._visitor)
        except TurnedAway as turned:
            self._edge.metrics.count_refusal(turned.code)
            await self._refuse(
                turned.code,
                close=turned.close,
                retryable=turned.retryable,
                hello=hello,
                opens_at=turned.opens_at,
                retry_after_s=turned.retry_after_s,
            )
            return
        except CodesUnknown as away:
            await self._refuse(away.code, close=CloseCode.MAINTENANCE, retryable=True, hello=hello)
            return
        state = opened.state
        if opened.resumed:
            state.epoch = await self._edge.sessions.claim(self, session_id=state.session_id, epoch=state.epoch)
        else:
            await self._edge.sessions.claim(self, session_id=state.session_id, epoch=1)
        recorder = Recorder(
            log=self._edge.log,
            state=state,
            replica=self._edge.settings.replica,
            clock=self._edge.clock,
            metrics=self._edge.metrics,
            budgets=self._edge.budgets,
        )
        live = Live(edge=self._edge, connection=self._connection, state=state, recorder=recorder, cafe=opened.cafe)
        self._live = live
        if self._hung_up is not None:
            live.end(self._hung_up)
        ending = Ending(code=CloseCode.MAINTENANCE)
        try:
            live.touch()
            await live.send(welcome(opened, edge=self._edge))
            if opened.refused is not None:
                await live.send_error(opened.refused.code, retryable=False)
            live.spawn(self._converse(live, resumed=opened.resumed, token=hello.device_token), name="reading")
            live.spawn(self._watch(live), name="watching limits")
            live.spawn(keep_voice_offer(live), name="watching the voice offer")
            log.info("session opened", session_id=state.session_id, cafe=state.cafe, epoch=state.epoch)
            ending = await live.ending
        finally:
            await self._wind_up(live, ending)

    async def _wind_up(self, live: Live, ending: Ending) -> None:
        """End the session, whatever the reason."""
        await live.stop()
        if self._edge.recogniser is not None:
            self._edge.recogniser.forget(live.state.session_id)
        reason = ending.abandoned or ENDED_BY.get(ending.code)
        if reason is not None:
            await live.abandon(reason)
        await live.recorder.settle()
        if ending.code is not None:
            await self._connection.close(ending.code)
        self._edge.log.publish_soon()

    async def _converse(self, live: Live, *, resumed: bool, token: str | None) -> None:
        dispatch = Dispatch(live, device_token=token)
        state = live.state
        if resumed and state.phase == "completed":
            await send_completed(live)
            return
        if resumed:
            await live.acknowledge()
            await dispatch.resume()
        else:
            await live.record(PageOpened(code=state.code, language=state.language, device_hash=state.device_hash))
        while True:
            await self._take(await self._connection.receive(), live=live, dispatch=dispatch)

    async def _take(self, received: str | bytes, *, live: Live, dispatch: Dispatch) -> None:
        try:
            if isinstance(received, bytes):
                if len(received) > live.edge.limits.frame_bytes:
                    raise TooLarge("The frame is too large.")
                if not self._frames.take():
                    await live.send_error("too_many", retryable=False)
                    live.end(CloseCode.TOO_MANY, abandoned="protocol_error")
                    return
                await dispatch.frame(decode_frame(received))
                return
            if len(received.encode()) > live.edge.limits.message_bytes:
                raise TooLarge("The message is too large.")
            if not self._messages.take():
                await live.send_error("too_many", retryable=False)
                live.end(CloseCode.TOO_MANY, abandoned="protocol_error")
                return
            message = parse_message(received)
            if isinstance(message, UnknownMessage):
                live.edge.metrics.count_ignored("unknown_type")
                return
            if fields := unknown_fields(message):
                live.edge.metrics.count_ignored("unknown_field", number=fields)
            await dispatch.message(message)
        except TooLarge as fault:
            live.edge.metrics.count_fault()
            await live.send_error(fault.code, retryable=False)
            live.end(CloseCode.TOO_LARGE, abandoned="protocol_error")
        except ProtocolFault as fault:
            self._faults += 1
            live.edge.metrics.count_fault()
            await live.send_error(fault.code, retryable=False)
            if self._faults >= live.edge.limits.faults:
                live.end(CloseCode.PROTOCOL, abandoned="protocol_error")
        except NotNow as later:
            await live.send_error(later.code, retryable=later.retryable)
        except SessionErased:
            await end_erased(live)

    async def _read_hello(self) -> Hello:
        while True:
            received = await self._connection.receive()
            if isinstance(received, bytes):
                raise ProtocolFault("Audio before hello.", code="out_of_order")
            if len(received.encode()) > MAX_HELLO_BYTES:
                raise TooLarge("The hello is too large.")
            if not self._messages.take():
                raise ProtocolFault("There were too many messages before hello.", code="too_many")
            message = parse_message(received)
            if isinstance(message, UnknownMessage):
                self._edge.metrics.count_ignored("unknown_type")
                continue
            if not isinstance(message, Hello):
                raise ProtocolFault("The first message is not hello.", code="out_of_order")
            return message

    async def _watch(self, live: Live) -> None:
        """End a session that is idle or exceeds the total limit."""
        limits, clock = live.edge.limits, live.edge.clock
        while True:
            await clock.sleep(WATCH_SECONDS)
            now = clock.monotonic()
            if now - live.began_at > limits.total_seconds:
                await live.send_error("total_limit", retryable=False)
                live.end(CloseCode.TIME_LIMIT, abandoned="total_limit")
                return
            if now - live.active_at > limits.idle_seconds and not live.busy:
                await live.send_error("idle", retryable=True)
                live.end(CloseCode.TIME_LIMIT, abandoned="idle")
                return

    async def _refuse(
        self,
        code: str,
        *,
        close: CloseCode,
        retryable: bool,
        hello: Hello | None = None,
        opens_at: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        message = say("edge", f"errors.{code}", hello.language if hello else "sv")
        await self._connection.send(
            ErrorMessage(
                code=code, message=message, retryable=retryable, opens_at=opens_at, retry_after_s=retry_after_s
            )
        )
        await self._connection.close(close)
