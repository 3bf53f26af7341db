"""Sends the page of a session under way that guests can only write from now on, or can talk again."""

from __future__ import annotations

from voice_edge.conversation.live import Live
from voice_edge.protocol import VoiceChange

POLL_SECONDS = 2.0


async def keep_voice_offer(live: Live) -> None:
    """Send each change of the offer that `welcome` made; the page follows."""
    doors, clock = live.edge.doors, live.edge.clock
    offered = doors.voice_offered
    while True:
        await clock.sleep(POLL_SECONDS)
        if doors.voice_offered != offered:
            offered = doors.voice_offered
            await live.send(VoiceChange(offered=offered))
