"""A guest against an edge that is played by the test: what it says, and what it calls a failure."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from proving.journey.connection import connected
from proving.journey.speech import Speech
from proving.load import guest as guest_module
from proving.load.guest import Guest, Manner
from proving.load.making import Plan, generate_load
from proving.load.records import Conversation
from proving.load.utterances import Utterance
from tests.waiting import DEADLINE_SECONDS
from voice_edge.protocol import decode_frame

VOICED_SAMPLES = 2000


def utterance() -> Utterance:
    samples = np.zeros(3000, dtype=np.int16)
    samples[:VOICED_SAMPLES] = 9000
    return Utterance(name="one", text="it was cold", speech=Speech(samples=samples, last_voiced=VOICED_SAMPLES - 1))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_module, "FIRST_BREATH_SECONDS", (0.0, 0.0))


class Edge:
    """One connection, from the edge's side."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.received: list[dict[str, Any]] = []
        self.last_voiced_ms: float | None = None

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def hear(self, kind: str) -> dict[str, Any]:
        """Return the guest's next message of a kind; take note of the voice on the way."""
        async for raw in self.socket:
            if isinstance(raw, bytes):
                self._listen(raw)
                continue
            self.received.append(json.loads(raw))
            if self.received[-1]["type"] == kind:
                return self.received[-1]
        raise AssertionError(f"no {kind} came")

    async def hear_the_voice(self) -> float:
        """Return when the voice ended, on the guest's clock."""
        quiet = 0
        self.last_voiced_ms = None
        async for raw in self.socket:
            if isinstance(raw, bytes):
                quiet = 0 if self._listen(raw) else quiet + 1
                if self.last_voiced_ms is not None and quiet > 1:
                    return self.last_voiced_ms
        raise AssertionError("the guest never spoke")

    def _listen(self, raw: bytes) -> bool:
        frame = decode_frame(raw)
        loud = np.flatnonzero(np.abs(np.frombuffer(frame.pcm, dtype="<i2").astype(int)) > 1000)
        if loud.size:
            self.last_voiced_ms = frame.captured_ms + (int(loud[-1]) + 1) / 16
        return bool(loud.size)

    async def greet(self) -> None:
        await self.hear("hello")
        await self.send("welcome", session_id="s1", voice={"qualified": True})
        await self.hear("consent")
        await self.send("question", turn=1, text="How was it?")
        await self.hear("microphone")
        await self.send("state", state="listening")

    async def reply(self, turn: int, *, purpose: str = "follow_up", end: float | None = None) -> None:
        for text, final in (("And", False), ("And why?", True)):
            await self.send(
                "reply", turn=turn, text=text, final=final, author="scripted", purpose=purpose, speech_end_page_ms=end
            )


async def converse(play: Callable[[Edge], Awaitable[None]]) -> Conversation:
    async def serve_one(socket: ServerConnection) -> None:
        await play(Edge(socket))

    async with serve(serve_one, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connected(f"http://127.0.0.1:{port}") as connection:
            guest = Guest(
                connection,
                code="X",
                number=0,
                manner=Manner(shortest_thought=0.0, longest_thought=0.0),
                utterances=cycle([utterance()]),
                chance=random.Random(1),
            )
            async with asyncio.timeout(DEADLINE_SECONDS):
                await guest.converse()
            return guest.conversation


async def test_a_whole_conversation_is_timed_from_the_recordings_own_end() -> None:
    ends: list[float] = []

    async def play(edge: Edge) -> None:
        await edge.greet()
        ends.append(await edge.hear_the_voice())
        await edge.send("heard", turn=1, text="it was cold")
        await edge.reply(1, end=ends[0] + 30.0)
        shown = await edge.hear("shown")
        assert shown["turn"] == 1
        await edge.send("review", turns=[])
        await edge.hear("finish")
        await edge.send("completed", receipt="/r/x", reference="ABC")

    conversation = await converse(play)
    assert (conversation.completed, conversation.failures, conversation.session_id) == (True, [], "s1")
    (turn,) = conversation.turns
    assert turn.last_voiced_ms == pytest.approx(ends[0], abs=0.1)
    assert turn.end_error_ms == pytest.approx(30.0, abs=0.1)
    assert turn.heard == "it was cold"
    # The edge heard two frames of silence before it replied.
    assert turn.response_ms is not None and turn.response_ms > 40.0
    assert (turn.purpose, turn.author, turn.cut_early) == ("follow_up", "scripted", False)


async def test_an_answer_before_the_end_of_speech_is_cut_early_and_not_timed() -> None:
    async def play(edge: Edge) -> None:
        await edge.greet()
        async for raw in edge.socket:
            if isinstance(raw, bytes) and edge._listen(raw):
                break
        await edge.reply(1)
        await edge.send("review", turns=[])
        await edge.hear("finish")
        await edge.send("completed", receipt="/r/x", reference="ABC")

    (turn,) = (await converse(play)).turns
    assert turn.cut_early
    assert turn.response_ms is None


async def test_an_answer_that_never_comes_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_module, "ANSWER_SECONDS", 0.3)

    async def play(edge: Edge) -> None:
        await edge.greet()
        await edge.socket.wait_closed()

    conversation = await converse(play)
    assert [(one.kind, one.detail) for one in conversation.failures] == [("no_answer", "an answer")]


async def test_a_silent_edge_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_module, "STEP_SECONDS", 0.2)

    async def play(edge: Edge) -> None:
        await edge.socket.wait_closed()

    assert [one.kind for one in (await converse(play)).failures] == ["timeout"]


async def test_a_guest_leaves_when_voice_is_full_and_that_is_one_failure() -> None:
    async def play(edge: Edge) -> None:
        await edge.greet()
        await edge.send("busy", retry_after_s=3)
        await edge.hear("leave")

    conversation = await converse(play)
    assert [(one.kind, one.detail) for one in conversation.failures] == [("busy", "voice is full")]
    assert not conversation.completed


async def test_an_error_and_a_close_are_failures_of_their_kind() -> None:
    async def play(edge: Edge) -> None:
        await edge.greet()
        await edge.send("error", code="recogniser_error", message="x")
        await edge.socket.close(4503)

    conversation = await converse(play)
    assert (conversation.failures[0].kind, conversation.failures[0].detail) == ("error", "recogniser_error")
    assert conversation.failures[1].kind == "close"
    assert conversation.failures[1].detail.startswith("4503")
    assert not conversation.completed


async def test_guests_follow_one_another_until_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proving.load.making.ARRIVAL_SPREAD_SECONDS", 0.0)
    monkeypatch.setattr("proving.load.making.BETWEEN_VISITS_SECONDS", 0.0)
    agents: list[str] = []
    left = asyncio.Event()

    async def play(socket: ServerConnection) -> None:
        edge = Edge(socket)
        agents.append(socket.request.headers["User-Agent"])
        await edge.hear("hello")
        await edge.send("welcome", session_id=f"s{len(agents)}", voice={"qualified": True})
        if len(agents) < 4:
            await socket.close(4503)
            return
        await edge.hear("leave")
        left.set()

    async with serve(play, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        load = await generate_load(Plan(url=url, code="X", guests=1, seconds=0.5, utterances=[utterance()]))
        await asyncio.wait_for(left.wait(), DEADLINE_SECONDS)
    assert len(set(agents)) == len(agents) == 4, "every visit is a device of its own"
    assert [bool(each.failures) for each in load.conversations] == [True, True, True, False]
    assert [each.stopped for each in load.conversations] == [False, False, False, True]


async def test_an_unreachable_edge_is_a_refusal_and_does_not_end_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proving.load.making.ARRIVAL_SPREAD_SECONDS", 0.0)
    monkeypatch.setattr("proving.load.making.REFUSED_PAUSE_SECONDS", 0.05)
    load = await generate_load(
        Plan(url="http://127.0.0.1:1", code="X", guests=1, seconds=0.2, utterances=[utterance()])
    )
    assert load.conversations
    assert {one.kind for each in load.conversations for one in each.failures} == {"refused"}
