"""The model behind its deadline: an Ollama that behaves as Ollama does, and that misbehaves as it does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilot.cafes import Cafe, parse_cafes
from pilot.settings import Settings
from voice_edge.interviewer import (
    Conversation,
    Exchange,
    OllamaInterviewer,
    ReplyPart,
    ScriptedInterviewer,
    choose_interviewer,
    opening_question,
)
from voice_edge.interviewer.errors import ModelAway
from voice_edge.interviewer.prompt import system_text

ROOT = Path(__file__).parents[3]
PATIENT = 30.0
SHORT = 0.05


class Lines(httpx.AsyncByteStream):
    """A streamed body; an event in the list is waited for before the rest is sent."""

    def __init__(self, lines: Sequence[dict[str, Any] | asyncio.Event]) -> None:
        self.lines = lines
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for line in self.lines:
            if isinstance(line, asyncio.Event):
                await line.wait()
            else:
                yield json.dumps(line).encode() + b"\n"

    async def aclose(self) -> None:
        self.closed = True


class FakeOllama:
    """Answers /api/chat with what it was given, and remembers what it was asked."""

    def __init__(
        self, *lines: dict[str, Any] | asyncio.Event, status: int = 200, loads: asyncio.Event | None = None
    ) -> None:
        self.body = Lines(lines)
        self.status = status
        self.loads = loads
        self.preloads: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if not body["messages"]:
            self.preloads.append(body)
            if self.loads is not None:
                await self.loads.wait()
            return httpx.Response(200, json={"model": "m", "done": True, "done_reason": "load"})
        self.asked.append(body)
        if self.status != httpx.codes.OK:
            return httpx.Response(self.status, json={"error": "server busy, please try again."})
        return httpx.Response(200, stream=self.body)


def word(text: str, *, done: bool = False) -> dict[str, Any]:
    return {"model": "m", "message": {"role": "assistant", "content": text}, "done": done}


def cafe() -> Cafe:
    return parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").get("aurora")


def conversation(*answers: str, language: str = "en", follow_ups: int = 0) -> Conversation:
    said = answers or ("The coffee was cold.",)
    return Conversation(
        cafe(), language, tuple(Exchange(opening_question(cafe(), language), answer) for answer in said), follow_ups
    )


def interviewer(ollama: FakeOllama, *, patience: float = PATIENT) -> OllamaInterviewer:
    return OllamaInterviewer(
        url="http://ollama.test", model="m", transport=httpx.MockTransport(ollama), first_token_seconds=patience
    )


async def said(asked: OllamaInterviewer, talk: Conversation) -> list[ReplyPart]:
    """Return the reply of a model that is loaded."""
    with contextlib.suppress(ModelAway):
        await asked.preload()
    return await said_as_it_is(asked, talk)


async def said_as_it_is(asked: OllamaInterviewer, talk: Conversation) -> list[ReplyPart]:
    return [part async for part in asked.reply(talk)]


async def test_the_reply_grows_word_by_word_and_ends_final() -> None:
    ollama = FakeOllama(word("Sorry"), word(" to hear that."), word(" When was it?"), word("", done=True))
    parts = await said(interviewer(ollama), conversation())
    assert [part.text for part in parts][:2] == ["Sorry", "Sorry to hear that."]
    assert parts[-1] == ReplyPart("Sorry to hear that. When was it?", final=True, author="ollama", purpose="follow_up")
    assert [part.final for part in parts].count(True) == 1
    assert all(later.text.startswith(part.text) for part, later in pairwise(parts))
    assert ollama.body.closed


async def test_every_request_is_kept_loaded_without_thinking_and_with_the_same_options() -> None:
    ollama = FakeOllama(word("When?", done=True))
    await said(interviewer(ollama), conversation())
    (preload,), (chat,) = ollama.preloads, ollama.asked
    assert preload["messages"] == []
    assert preload["keep_alive"] == chat["keep_alive"] == -1
    assert preload["options"] == chat["options"]
    assert chat["think"] is False
    assert chat["stream"] is True


async def test_the_talk_is_appended_to_a_prefix_that_stays_the_same() -> None:
    ollama = FakeOllama(word("When?", done=True))
    asked = interviewer(ollama)
    await said(asked, conversation("The coffee was cold."))
    await said(asked, conversation("The coffee was cold.", "At nine."))
    first, second = (request["messages"] for request in ollama.asked)
    assert second[: len(first)] == first
    assert first[0]["content"] == system_text(cafe(), "en")
    assert "Elin" in first[0]["content"]


async def test_a_model_that_is_late_is_replaced_by_the_script() -> None:
    never = asyncio.Event()
    ollama = FakeOllama(never, word("too late", done=True))
    parts = await said(interviewer(ollama, patience=SHORT), conversation())
    assert [part.author for part in parts] == ["scripted"]
    assert ollama.body.closed


async def test_after_a_failure_the_next_guest_does_not_wait() -> None:
    ollama = FakeOllama(status=503)
    asked = interviewer(ollama)
    await said(asked, conversation())
    assert [part.author for part in await said_as_it_is(asked, conversation())] == ["scripted"]
    assert len(ollama.asked) == 1
    assert len(ollama.preloads) == 1


async def test_the_first_turn_begins_to_load_the_model_and_does_not_wait_for_it() -> None:
    loads = asyncio.Event()
    ollama = FakeOllama(word("When was it?", done=True), loads=loads)
    asked = interviewer(ollama)
    for _ in range(2):
        assert [part.author for part in await said_as_it_is(asked, conversation())] == ["scripted"]
    loads.set()
    assert asked._loading is not None
    await asked._loading
    assert len(ollama.preloads) == 1
    assert (await said_as_it_is(asked, conversation()))[-1].author == "ollama"
    await asked.close()


@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_a_refusal_is_answered_by_the_script(status: int) -> None:
    parts = await said(interviewer(FakeOllama(status=status)), conversation())
    assert [(part.author, part.final) for part in parts] == [("scripted", True)]


async def test_an_error_line_before_any_word_is_answered_by_the_script() -> None:
    parts = await said(interviewer(FakeOllama({"error": "model runner has crashed"})), conversation())
    assert [part.author for part in parts] == ["scripted"]


async def test_an_error_line_in_the_middle_lets_what_was_shown_stand() -> None:
    parts = await said(interviewer(FakeOllama(word("Sorry. When"), {"error": "crashed"})), conversation())
    assert parts[-1] == ReplyPart("Sorry. When", final=True, author="ollama", purpose="follow_up")


async def test_a_line_that_is_no_json_is_answered_by_the_script() -> None:
    async def garbage(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"<html>not ollama</html>\n")

    asked = OllamaInterviewer(url="http://ollama.test", model="m", transport=httpx.MockTransport(garbage))
    assert [part.author for part in await said(asked, conversation())] == ["scripted"]


async def test_an_ollama_that_is_not_there_is_answered_by_the_script() -> None:
    async def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    asked = OllamaInterviewer(url="http://ollama.test", model="m", transport=httpx.MockTransport(away))
    assert [part.author for part in await said(asked, conversation())] == ["scripted"]
    with pytest.raises(ModelAway, match="ollama serve"):
        await asked.preload()


async def test_a_missing_model_is_named_with_the_command_that_fetches_it() -> None:
    async def unknown(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"error": "model 'm' not found"})

    asked = OllamaInterviewer(url="http://ollama.test", model="m", transport=httpx.MockTransport(unknown))
    with pytest.raises(ModelAway, match="ollama pull m"):
        await asked.preload()


async def test_a_reply_without_end_is_cut() -> None:
    ollama = FakeOllama(*(word(" and so on") for _ in range(1000)))
    parts = await said(interviewer(ollama), conversation())
    assert parts[-1].final
    assert len(parts[-1].text) < 400


@pytest.mark.parametrize(
    "talk",
    [
        conversation("I had an allergic reaction to the cake."),
        conversation("The coffee was cold.", "No, that's all.", follow_ups=1),
        conversation("The coffee was cold.", "At nine.", "Yes.", follow_ups=2),
    ],
    ids=["an accident", "nothing to add", "after two follow-ups"],
)
async def test_what_must_be_certain_is_the_scripts(talk: Conversation) -> None:
    ollama = FakeOllama(word("Anything", done=True))
    assert {part.author for part in await said(interviewer(ollama), talk)} == {"scripted"}
    assert not ollama.asked


async def test_whoever_stops_reading_closes_the_stream() -> None:
    ollama = FakeOllama(word("Sorry"), asyncio.Event(), word(" never", done=True))
    asked = interviewer(ollama)
    await asked.preload()
    reply = asked.reply(conversation())
    assert (await anext(reply)).text == "Sorry"
    await reply.aclose()
    assert ollama.body.closed


async def test_auto_lets_the_model_speak_only_its_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    ollama = FakeOllama(word("When?", done=True))
    chosen = choose_interviewer(Settings(interviewer="auto", model_speaks="en"))
    monkeypatch.setattr(chosen._model, "_client", interviewer(ollama)._client)
    await chosen.preload()
    assert {part.author async for part in chosen.reply(conversation("Kaffet var kallt.", language="sv"))} == {
        "scripted"
    }
    assert not ollama.asked
    assert {part.author async for part in chosen.reply(conversation())} == {"ollama"}


def test_the_setting_names_who_asks() -> None:
    assert isinstance(choose_interviewer(Settings(interviewer="scripted")), ScriptedInterviewer)
    assert isinstance(choose_interviewer(Settings(interviewer="ollama")), OllamaInterviewer)
