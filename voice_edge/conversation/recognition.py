"""One recognition for a session: asked for, waited for at most so long, and a reason where there is none."""

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
    """There is no recogniser on this replica, or it dropped the work; met as `recogniser_error`."""


class NotHeard(Exception):
    """A turn could not be heard.

    Attributes:
        reason: `busy`, `recogniser_timeout` or `recogniser_error`.
        retry_after_s: When speaking again makes sense, where it is busy.
    """

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


async def recognise(
    edge: Edge, audio: npt.NDArray[np.float32], *, language: str, session_id: str, final: bool = True
) -> Transcript:
    """Return what `audio` says; cancelling this gives the recognition up.

    Raises:
        RecogniserAway: there is no recogniser, or it dropped the work.
        RecogniserBusy: it takes no more now.
        PilotError: the recognition failed.
    """
    if edge.hearing is None:
        raise RecogniserAway
    future = edge.hearing.recognise(audio, language=language, session_id=session_id, final=final)
    try:
        heard = await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if future.cancelled() and task is not None and not task.cancelling():
            raise RecogniserAway from None  # Dropped as stale by the recogniser, not by us.
        raise
    if final:
        edge.metrics.recognised(heard.seconds)
    return heard


async def heard_within(
    seconds: float, recognition: asyncio.Task[Transcript], *, edge: Edge, session_id: str
) -> Transcript:
    """Return what was recognised, within `seconds`.

    Raises:
        NotHeard: nothing was, and why.
    """
    try:
        return await within(seconds, recognition, clock=edge.clock)
    except RecogniserBusy as busy:
        edge.metrics.refused("turn")
        raise NotHeard("busy", retry_after_s=float(busy.retry_after_s)) from None
    except TimeoutError:
        raise NotHeard("recogniser_timeout") from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise NotHeard("recogniser_error") from None
    except Exception as error:
        log.warning("recognition failed", session_id=session_id, kind=type(error).__name__)
        raise NotHeard("recogniser_error") from None
