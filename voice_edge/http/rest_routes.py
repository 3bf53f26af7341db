"""`POST /v1/rest`: a page without a WebSocket sends the rest of its session; see docs/protocol.md."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from pilot.cafes import Language
from pilot.composed import composed
from pilot.words import say
from voice_edge.clock import within
from voice_edge.conversation.greeting import resumed_session
from voice_edge.conversation.recognition import RecognitionRefused
from voice_edge.conversation.rest import BYTES_PER_SAMPLE, MOST_SOUND_BYTES, RestOfSession, UnsentTurn
from voice_edge.doors.limits import MAX_HELLO_BYTES
from voice_edge.doors.rates import counted_address
from voice_edge.edge import Edge
from voice_edge.errors import (
    BudgetSpent,
    EdgeError,
    NotNow,
    NotRecorded,
    ProtocolFault,
    SessionErased,
    SnapshotRefused,
    TooLarge,
)
from voice_edge.http.security import origin_allowed
from voice_edge.protocol import ErrorMessage

SNAPSHOT_HEADER = "X-Pilot-Resume"
SOUND_TYPE = "audio/l16"
TEXT_TYPE = "text/plain"
UPLOAD_SECONDS = 30.0
MOST_TEXT_BYTES = 16 * 1024
UNKNOWN_RETRY_SECONDS = 10.0
HEADERS = {"Cache-Control": "no-store"}
STATUS = {
    "invalid_message": 400,
    "out_of_order": 403,
    "snapshot_refused": 410,
    "erased": 410,
    "too_large": 413,
    "too_long": 413,
    "nothing_said": 422,
    "too_many": 429,
}
UNAVAILABLE = 503

log = structlog.get_logger("voice_edge.conversation.rest")


@dataclass(frozen=True, slots=True)
class RestRefusal:
    """Why a request was refused."""

    code: str
    status: int
    retryable: bool = False
    retry_after_s: float | None = None


def rest_routes(edge: Edge) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.post("/v1/rest")
    async def rest(request: Request) -> Response:
        answer = await _answer(request, edge=edge)
        if not isinstance(answer, RestRefusal):
            edge.metrics.count_rest("completed")
            return Response(answer, media_type="application/json", headers=HEADERS)
        edge.metrics.count_rest(answer.code)
        message = ErrorMessage(
            code=answer.code,
            message=say("edge", f"errors.{answer.code}", _language(request)),
            retryable=answer.retryable,
            retry_after_s=answer.retry_after_s,
        )
        headers = dict(HEADERS)
        if answer.retryable:
            headers["Retry-After"] = str(round(answer.retry_after_s or UNKNOWN_RETRY_SECONDS))
        return Response(message.wire(), status_code=answer.status, media_type="application/json", headers=headers)

    return router


async def _answer(request: Request, *, edge: Edge) -> str | RestRefusal:
    """Return the answer as JSON, or the refusal."""
    allowed = origin_allowed(
        request.headers.get("origin"),
        host=request.headers.get("host", ""),
        public_url=edge.settings.public_url,
        cafes=edge.cafes,
    )
    if not allowed:
        return RestRefusal("out_of_order", 403)
    wait = await edge.doors.rates.hit("upload", counted_address(request.client.host if request.client else ""))
    if wait is not None:
        return RestRefusal("too_many", STATUS["too_many"], retryable=True, retry_after_s=wait)
    session = RestOfSession(edge=edge)
    if edge.sessions.draining:
        return RestRefusal("maintenance", UNAVAILABLE, retryable=True)
    if not edge.sessions.admit(session):
        return RestRefusal("too_many", STATUS["too_many"], retryable=True)
    session_id: str | None = None
    try:
        snapshot = request.headers.get(SNAPSHOT_HEADER, "")
        if not snapshot or len(snapshot) > MAX_HELLO_BYTES:
            raise ProtocolFault("There is no snapshot.")
        greeted = await resumed_session(snapshot, edge=edge)
        session_id = greeted.state.session_id
        request.state.language = greeted.state.language
        rest = await within(UPLOAD_SECONDS, _read(request), clock=edge.clock)
        answer = await session.send(greeted.state, rest, cafe=greeted.cafe)
        log.info("session sent without a connection", session_id=session_id, bytes=len(rest.sound))
        return answer.wire()
    except _WrongType:
        return RestRefusal("invalid_message", 415)
    except RecognitionRefused as reason:
        return RestRefusal(reason.reason, UNAVAILABLE, retryable=True, retry_after_s=reason.retry_after_s)
    except NotRecorded as error:
        return RestRefusal(error.code, UNAVAILABLE, retryable=True)
    except (ProtocolFault, SnapshotRefused, SessionErased, NotNow, BudgetSpent) as error:
        return RestRefusal(error.code, STATUS[error.code], retryable=error.code == "nothing_said")
    except (TimeoutError, ClientDisconnect):
        return RestRefusal("invalid_message", 400, retryable=True)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        kind = error.code if isinstance(error, EdgeError) else type(error).__name__
        log.error("a session's rest failed", session_id=session_id, kind=kind, exc_info=error)
        return RestRefusal("internal", UNAVAILABLE, retryable=True)
    finally:
        edge.sessions.leave(session, session_id=session_id)
        session.ended.set()


class _WrongType(Exception):
    """The body has an unsupported content type."""


async def _read(request: Request) -> UnsentTurn:
    """Read the body, up to its limit.

    Raises:
        TooLarge: it is longer.
        ProtocolFault: it ends in half a sample, or is not UTF-8.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    most = MOST_SOUND_BYTES if kind == SOUND_TYPE else MOST_TEXT_BYTES
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise TooLarge("The rest is too long.")
    if not body:
        return UnsentTurn()
    if kind == SOUND_TYPE:
        if len(body) % BYTES_PER_SAMPLE:
            raise ProtocolFault("The sound ends in half a sample.")
        return UnsentTurn(sound=bytes(body))
    if kind != TEXT_TYPE:
        raise _WrongType
    try:
        return UnsentTurn(text=composed(body.decode()))
    except UnicodeDecodeError:
        raise ProtocolFault("The text is not UTF-8.") from None


def _language(request: Request) -> Language:
    """Return the session's language; without a session, the browser's first, sv or en."""
    language: Language | None = getattr(request.state, "language", None)
    if language is not None:
        return language
    return "en" if request.headers.get("accept-language", "sv").lower().startswith("en") else "sv"
