"""Finishes a session over its connection: completes it, notifies the page, closes."""

from __future__ import annotations

from voice_edge.conversation.completion import complete, completed_message
from voice_edge.conversation.live import Live
from voice_edge.errors import NotNow
from voice_edge.protocol import CloseCode


async def finish(live: Live) -> None:
    """Complete the session and notify its page.

    Raises:
        NotNow: no turn has words.
    """
    await complete(live.state, edge=live.edge, cafe=live.cafe, record=live.record)
    await send_completed(live)


async def finish_if_requested(live: Live) -> None:
    """Complete the session now if the customer pressed send while a reply was in progress."""
    if live.finish_requested and live.state.phase in ("talking", "review"):
        live.finish_requested = False
        try:
            await finish(live)
        except NotNow as error:
            await live.send_error(error.code, retryable=error.retryable)


async def send_completed(live: Live) -> None:
    """Send `completed` and close; also to a page that reconnects to a completed session."""
    await live.send(completed_message(live.state, edge=live.edge))
    await live.show("ended")
    live.end(CloseCode.DONE)
