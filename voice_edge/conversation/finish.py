"""Finishing a session over its connection: complete it, tell the page, close."""

from __future__ import annotations

from voice_edge.conversation.completion import complete, completed
from voice_edge.conversation.live import Live
from voice_edge.errors import NotNow
from voice_edge.protocol import CloseCode


async def finish(live: Live) -> None:
    """Send the feedback.

    Raises:
        NotNow: nothing has been said.
    """
    await complete(live.state, edge=live.edge, cafe=live.cafe, record=live.record)
    await send_completed(live)


async def finish_if_wanted(live: Live) -> None:
    """Send the feedback now if the customer pressed send while a turn was being answered."""
    if live.finish_wanted and live.state.phase in ("talking", "review"):
        live.finish_wanted = False
        try:
            await finish(live)
        except NotNow as error:
            await live.tell(error.code, retryable=error.retryable)


async def send_completed(live: Live) -> None:
    """Send `completed` for a session that is, and close; also when its page comes back."""
    await live.send(completed(live.state, edge=live.edge))
    await live.show("ended")
    live.end(CloseCode.DONE)
