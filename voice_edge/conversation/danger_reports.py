"""Reports a danger in a turn to the store, beside the reply.

The café's manager must hear of it at once: a guest in danger may never send the feedback.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from pilot.business_days import session_day
from pilot.errors import PilotError
from storage.store.cafes.danger_reports import DangerReport, add_report
from voice_edge.conversation.state import SessionState
from voice_edge.edge import Edge

if TYPE_CHECKING:
    from pipelines.language.reading import Danger

RETRY_SECONDS = (1.0, 4.0, 15.0)  # While the store is away; afterwards the feedback itself can still report it.

log = structlog.get_logger("voice_edge.conversation.danger_reports")


def read_danger(text: str) -> Danger | None:
    """Return the danger that a turn's words report; None for none."""
    # Loaded late: the model's weights are needed only once a guest has answered.
    from pipelines.language.reader import read

    return read([unicodedata.normalize("NFC", text)]).turns[0].danger


class DangerReports:
    """Reports the dangers of one session, each turn at most once.

    Neither the end of the connection nor the caller's cancellation cancels a report, and its failure is only logged.

    Args:
        edge: The replica.
        state: The session.
        read: Reads the danger in a turn's words.
    """

    def __init__(self, edge: Edge, state: SessionState, *, read: Callable[[str], Danger | None] = read_danger) -> None:
        self._edge = edge
        self._state = state
        self._read = read
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, turn: int, text: str) -> None:
        """Read a turn in the background, and save the danger that it reports."""
        task = asyncio.create_task(self._report(turn, text), name=f"reporting {self._state.session_id}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def settle(self) -> None:
        """Return once no report is in progress."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _report(self, turn: int, text: str) -> None:
        state = self._state
        reported_at = self._edge.clock.now()
        try:
            danger = await asyncio.to_thread(self._read, text)
            if danger is None:
                return
            report = DangerReport(
                session_id=state.session_id,
                turn=turn,
                cafe=state.cafe,
                day=session_day(state.session_id),
                simulated=state.simulated,
                kind=danger.kind,
                happens=danger.when,
                who=danger.who,
                reported_at=reported_at,
            )
            await self._save(report)
        except Exception as error:  # any error: the talk goes on
            log.error("danger not reported", session_id=state.session_id, turn=turn, kind=type(error).__name__)

    async def _save(self, report: DangerReport) -> None:
        for pause in (*RETRY_SECONDS, None):
            try:
                await asyncio.to_thread(lambda: add_report(self._edge.codes.open_store(), report))
                return
            except (PilotError, OSError):
                if pause is None:
                    raise
                await self._edge.clock.sleep(pause)
