"""Requests a recognition for a session and waits for it with a deadline."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import structlog

from voice_edge.clock import within
from voice_edge.edge import Edge
from voice_edge.hearing.errors import RecogniserBusy

if TYPE_CHECKING:
    from voice_edge.hearing.transcript import Transcript

log = structlog.get_logger("voice_edge.conversation.recognition")


class RecogniserAway(Exception):
    """The replica has no recogniser, or it dropped the request; reported as `recogniser_error`."""


class RecognitionRefused(Exception):
    """A turn was not recognised.

    Attributes:
        reason: `busy`, `recogniser_timeout` or `recogniser_error`.
        retry_after_s: Seconds until a retry may succeed; None unless `busy`.
    """

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


async def recognise(
    edge: Edge,
    audio: npt.NDArray[np.float32],
    *,
    language: str,
    session_id: str,
    final: bool = True,
    part: bool = False,
) -> Transcript:
    """Return the transcript of `audio`; cancellation abandons the recognition.

    Raises:
        RecogniserAway: there is no recogniser, or it dropped the request.
        RecogniserBusy: its queue is full.
        PilotError: the recognition failed.
    """
    if edge.recogniser is None:
        raise RecogniserAway
    future = edge.recogniser.recognise(audio, language=language, session_id=session_id, final=final, part=part)
    try:
        heard = await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if future.cancelled() and task is not None and not task.cancelling():
            raise RecogniserAway from None  # The recogniser dropped it as stale; this task was not cancelled.
        raise
    if final:
        edge.metrics.time_recognition(heard.seconds)
    return heard


async def recognised_within(
    seconds: float, recognition: asyncio.Task[Transcript], *, edge: Edge, session_id: str
) -> Transcript:
    """Return the result of `recognition` within `seconds`.

    Raises:
        RecognitionRefused: it failed, was refused or took too long.
    """
    try:
        return await within(seconds, recognition, clock=edge.clock)
    except RecogniserBusy as busy:
        edge.metrics.count_refusal("turn")
        raise RecognitionRefused("busy", retry_after_s=float(busy.retry_after_s)) from None
    except TimeoutError:
        raise RecognitionRefused("recogniser_timeout") from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise RecognitionRefused("recogniser_error") from None
    except Exception as error:
        log.warning("recognition failed", session_id=session_id, kind=type(error).__name__)
        raise RecognitionRefused("recogniser_error") from None
