"""Finishes a session over its connection: completes it, notifies the page, closes."""

from __future__ import annotations

from voice_edge.conversation.completion import complete, completed_message, sent_before
from voice_edge.conversation.live import Live
from voice_edge.errors import NotNow, SessionErased
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
        except SessionErased:
            await end_erased(live)


async def ended_before(live: Live) -> bool:
    """End the connection if its session was sent or erased meanwhile; return whether it was."""
    try:
        if not await sent_before(live.state, edge=live.edge):
            return False
        await send_completed(live)
    except SessionErased:
        await end_erased(live)
    return True


async def end_erased(live: Live) -> None:
    """Notify the page that its session was erased, and close; nothing more is recorded."""
    live.state.phase = "left"
    await live.send_error("erased", retryable=False)
    live.end(CloseCode.DONE)


async def send_completed(live: Live) -> None:
    """Send `completed` and close; also to a page that reconnects to a completed session."""
    await live.send(completed_message(live.state, edge=live.edge))
    await live.show("ended")
    live.end(CloseCode.DONE)
