"""The model's interviewer and its deadlines, against a stand-in with Ollama's behaviour and faults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from pilot.cafes import Cafe, Language, parse_cafes
from pilot.model_calls import KEEP_ALIVE, OPTIONS, chat_request
from pilot.settings import Settings
from pipelines.language.reading import Reading, TurnReading
from tests.ollama_server.running import running
from tests.ollama_server.server import StandIn
from tests.ollama_server.speakers import BUSY, Crash, HangUp, Planned, Refuse, Stall, Step, Token, said
from tests.voice_edge.interviewer.talks import danger, reading, turn
from voice_edge.interviewer import (
    Conversation,
    Exchange,
    OllamaInterviewer,
    ReplyPart,
    ScriptedInterviewer,
    Tallied,
    TimedLoads,
    choose_interviewer,
    opening_question,
)
from voice_edge.interviewer.errors import ModelAway
from voice_edge.interviewer.model.prompt import rules, system_text
from voice_edge.interviewer.scripted import ScriptedReply, scripted_reply
from voice_edge.metrics import Metrics

ROOT = Path(__file__).parents[3]
PATIENT = 1e6  # seconds: pytest's own timeout ends a test that hangs
AT_ONCE = 0.05
GOOD = "How long had it been standing?"
WARM = said("Yes")  # the answer to the rules


def read(talk: Conversation) -> Reading:
    """Return the reading of these tests' guests: all complain of the coffee, or say something plain."""
    return reading(*(_turn(exchange.answer) for exchange in talk.exchanges), themes={"coffee": "negative"})


def _turn(answer: str) -> TurnReading:
    if "allergic" in answer:
        return turn("emergency", danger=danger("allergy"))
    if answer.startswith(("No,", "Yes.")):
        return turn("nothing_to_say")
    if "real person" in answer:
        return turn("asks_if_ai")
    return turn("complaint", details={"thing", "time"} if "nine" in answer else {"thing"})


def script(talk: Conversation) -> ScriptedReply:
    return scripted_reply(talk, reading=read(talk))


def cafe() -> Cafe:
    return parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").get("aurora")


def conversation(*answers: str, language: Language = "en", follow_ups: int = 0) -> Conversation:
    given = answers or ("The coffee was cold.",)
    return Conversation(
        cafe(), language, tuple(Exchange(opening_question(cafe(), language), answer) for answer in given), follow_ups
    )


@contextlib.asynccontextmanager
async def model(
    *plans: Sequence[Step],
    first: float = PATIENT,
    whole: float = PATIENT,
    loaded: bool = True,
    speaks: frozenset[Language] = frozenset(),
    loads: asyncio.Event | None = None,
) -> AsyncIterator[tuple[OllamaInterviewer, StandIn]]:
    server = StandIn(Planned(plans, loads=loads))
    async with running(server) as url:
        asked = OllamaInterviewer(
            url=url, model="stand-in", speaks=speaks, first_token_seconds=first, whole_question_seconds=whole, read=read
        )
        if loaded:
            await asked.preload()
        try:
            yield asked, server
        finally:
            await asked.close()


async def parts_of(asked: OllamaInterviewer, talk: Conversation | None = None) -> list[ReplyPart]:
    return [part async for part in asked.reply(talk or conversation())]


def chats(server: StandIn) -> list[list[dict[str, str]]]:
    return [[one.model_dump() for one in request.messages] for request in server.requests if request.messages]


async def test_the_script_says_the_first_words_and_the_model_asks() -> None:
    first_words = script(conversation()).acknowledgement
    async with model(said(GOOD)) as (asked, _):
        parts = await parts_of(asked)
    assert parts[-1] == ReplyPart(f"{first_words} {GOOD}", final=True, author="ollama", purpose="follow_up")
    assert [part.final for part in parts].count(True) == 1
    assert all(later.text.startswith(part.text) for part, later in pairwise(parts))


async def test_the_first_words_are_shown_at_the_models_first_token() -> None:
    async with model([Token("How "), Stall()], whole=AT_ONCE) as (asked, _):
        parts = await parts_of(asked)
    whole = script(conversation())
    assert [part.text for part in parts] == [whole.acknowledgement, whole.text]
    assert parts[-1].author == "scripted"
    assert parts[-1].instead_of_model == "slow"


async def test_nothing_is_shown_before_the_commit_though_the_model_has_answered() -> None:
    committed = asyncio.Event()
    async with model(said(GOOD)) as (asked, server):
        reply = asked.reply(conversation(), committed=committed)
        first = asyncio.ensure_future(anext(reply))
        await server.asked.wait()
        assert not first.done()
        committed.set()
        assert (await first).text
        await reply.aclose()


async def test_the_deadline_runs_from_the_commit_and_not_from_the_call() -> None:
    committed, clock = asyncio.Event(), asyncio.get_running_loop().time
    async with model([Stall()], first=AT_ONCE) as (asked, server):
        reply = asked.reply(conversation(), committed=committed)
        first = asyncio.ensure_future(anext(reply))
        await server.asked.wait()
        done, _ = await asyncio.wait({first}, timeout=3 * AT_ONCE)
        assert not done
        at = clock()
        committed.set()
        assert (await first).instead_of_model == "late"
        assert clock() - at >= AT_ONCE * 0.9
        await reply.aclose()


async def test_a_discarded_speculation_frees_the_model() -> None:
    async with model([Stall()], said(GOOD)) as (asked, server):
        reply = asked.reply(conversation(), committed=asyncio.Event())
        first = asyncio.ensure_future(anext(reply))
        await server.asked.wait()
        first.cancel()
        await asyncio.wait({first})
        # The stand-in serves one at a time, as Ollama does: this one waits until the first has gone.
        assert (await parts_of(asked))[-1].author == "ollama"
        assert server.left == 1


async def test_requests_differ_only_in_their_messages() -> None:
    async with model(WARM, said(GOOD), speaks=frozenset({"en"})) as (asked, server):
        await parts_of(asked)
    assert server.loads == 1
    for request in server.requests:
        assert request.keep_alive == KEEP_ALIVE == -1
        assert request.think is False
        assert request.options.model_dump(include=set(OPTIONS)) == dict(OPTIONS)
    assert server.requests[0].messages == []


async def test_the_rules_are_read_at_loading_and_start_every_later_request() -> None:
    async with model(WARM, said(GOOD), said(GOOD), speaks=frozenset({"en"})) as (asked, server):
        await parts_of(asked, conversation("The coffee was cold."))
        await parts_of(asked, conversation("The coffee was cold.", "At nine."))
    warm, first, second = chats(server)
    assert [one["content"] for one in warm] == [rules("en")]
    assert first[0]["content"] == system_text(cafe(), "en")
    assert first[0]["content"].startswith(rules("en"))
    assert second[: len(first)] == first


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ([BUSY], "refused"),
        ([Refuse(500, "llama runner process has terminated")], "refused"),
        ([Crash()], "broken"),
        ([Token("How long"), Crash()], "broken"),
        ([Token("How long"), HangUp()], "broken"),
        ([], "guard_no_question"),
        (said("Thanks a lot."), "guard_no_question"),
        ([Token(" and so on")] * 1000, "guard_no_question"),
        (said("What did you think of the cardamom bun?"), "guard_unsaid"),
        (said("Was Elin at the counter then?"), "guard_unsaid"),
        (said("Hur länge hade det stått?"), "guard_language"),
        (said("Would you like a refund for it?"), "guard_promise"),
        (said("What *exactly* was it?"), "guard_markup"),
        (said(f"What was {'very ' * 60}wrong?"), "guard_length"),
        (said("How is your visit to Café Aurora today?"), "guard_repeated"),
        (said("Are you glad that it was warm?"), "guard_tone"),
        (said("I'm a barista here, was it you who came at noon?"), "guard_human"),
        ([Token("<think>They said it was cold. Should I ask?</think>")], "guard_no_question"),
    ],
)
async def test_after_any_failure_the_script_gives_the_whole_reply(plan: list[Step], reason: str) -> None:
    async with model(plan) as (asked, _):
        parts = await parts_of(asked)
    assert parts[-1].text == script(conversation()).text
    assert parts[-1].author == "scripted"
    assert parts[-1].instead_of_model == reason
    assert asked.tally.counts["scripted", reason] == 1
    assert all(parts[-1].text.startswith(part.text) for part in parts)


@pytest.mark.parametrize(
    "reply",
    [
        f"I'm sorry to hear that. {GOOD}",
        f"{GOOD} And when was it? And where?",
        f"<think>It was cold, so what else?</think>{GOOD}",
        f'"{GOOD}"',
    ],
)
async def test_only_the_first_question_of_a_longer_reply_is_asked(reply: str) -> None:
    async with model(said(reply)) as (asked, _):
        parts = await parts_of(asked)
    assert parts[-1].text == f"{script(conversation()).acknowledgement} {GOOD}"
    assert parts[-1].author == "ollama"


async def test_the_model_may_not_ask_for_a_detail_already_given() -> None:
    async with model(said("Roughly what time of day was that?")) as (asked, _):
        parts = await parts_of(asked, conversation("The coffee was cold at nine."))
    assert parts[-1].instead_of_model == "guard_told"


async def test_after_a_failure_the_next_guest_does_not_wait() -> None:
    async with model([BUSY]) as (asked, server):
        await parts_of(asked)
        (part,) = await parts_of(asked)
    assert part.instead_of_model == "away"
    assert len(chats(server)) == 1


async def test_a_refused_question_does_not_disable_the_model() -> None:
    async with model(said("Hur var det då?"), said(GOOD)) as (asked, _):
        await parts_of(asked)
        assert (await parts_of(asked))[-1].author == "ollama"
    assert asked.tally.share("ollama") == 0.5


async def test_the_first_turn_starts_to_load_the_model_without_waiting() -> None:
    loads = asyncio.Event()
    async with model(said(GOOD), loaded=False, loads=loads) as (asked, server):
        for _ in range(2):
            (part,) = await parts_of(asked)
            assert part.instead_of_model == "loading"
        loads.set()
        assert asked._loading is not None
        await asked._loading
        assert server.loads == 1
        assert (await parts_of(asked))[-1].author == "ollama"


async def test_the_script_replies_if_ollama_does_not_run() -> None:
    async def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    asked = OllamaInterviewer(url="http://ollama.test", model="m", transport=httpx.MockTransport(away), read=read)
    with pytest.raises(ModelAway, match="ollama serve"):
        await asked.preload()
    assert {part.author for part in await parts_of(asked)} == {"scripted"}
    await asked.close()


async def test_each_load_of_the_model_is_timed_and_a_failed_one_counted() -> None:
    metrics = Metrics()

    def read_metric(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(name, labels)

    async with running(StandIn(Planned([]))) as url:
        asked = OllamaInterviewer(url=url, model="stand-in")
        asked.on_load = metrics.count_model_load
        await asked.preload()
        assert (read_metric("edge_model_load_seconds") or 0) > 0
        assert read_metric("edge_model_loads_total", outcome="loaded") == 1
        await asked.close()
    missing = OllamaInterviewer(url=url, model="stand-in")
    missing.on_load = metrics.count_model_load
    with pytest.raises(ModelAway):
        await missing.preload()
    assert read_metric("edge_model_loads_total", outcome="failed") == 1
    await missing.close()


def test_the_chosen_interviewer_passes_its_loads_to_the_metrics() -> None:
    for chosen in ("ollama", "auto"):
        interviewer = choose_interviewer(Settings(interviewer=chosen))
        assert isinstance(interviewer, TimedLoads), chosen


async def test_a_line_without_json_is_reported_as_broken() -> None:
    async def garbage(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"<html>not ollama</html>\n")

    asked = OllamaInterviewer(url="http://ollama.test", model="m", transport=httpx.MockTransport(garbage), read=read)
    await asked.preload()
    assert (await parts_of(asked))[-1].instead_of_model == "broken"
    await asked.close()


async def test_a_missing_model_is_named_with_the_command_that_fetches_it() -> None:
    async with running(StandIn(Planned([]), model="another")) as url:
        asked = OllamaInterviewer(url=url, model="m")
        with pytest.raises(ModelAway, match="ollama pull m"):
            await asked.preload()
        await asked.close()


@pytest.mark.parametrize(
    "talk",
    [
        conversation("I had an allergic reaction to the cake."),
        conversation("Before I answer, are you a real person?"),
        conversation("The coffee was cold.", "No, that's all.", follow_ups=1),
        conversation("The coffee was cold.", "At nine.", "Yes.", follow_ups=2),
        conversation("Jag tyckte att kaffet var kallt och surt."),
    ],
    ids=["an accident", "the truth about the AI", "nothing to add", "after two follow-ups", "the other language"],
)
async def test_the_script_replies_to_concerns_wishes_and_goodbyes(talk: Conversation) -> None:
    async with model(said(GOOD)) as (asked, server):
        (part,) = await parts_of(asked, talk)
    assert part.instead_of_model == "certain"
    assert not chats(server)


async def test_closing_the_reply_closes_the_stream() -> None:
    async with model([Token("How "), Stall()], said(GOOD)) as (asked, server):
        reply = asked.reply(conversation())
        assert not (await anext(reply)).final
        await reply.aclose()
        assert (await parts_of(asked))[-1].author == "ollama"
        assert server.left == 1


async def test_auto_uses_the_model_only_in_its_languages() -> None:
    server = StandIn(Planned([WARM, said(GOOD)]))
    async with running(server) as url:
        settings = Settings(interviewer="auto", model_speaks="en", ollama_url=url, ollama_model="stand-in")
        chosen = choose_interviewer(settings)
        await chosen.preload()
        swedish = [part async for part in chosen.reply(conversation("Kaffet var kallt.", language="sv"))]
        english = [part async for part in chosen.reply(conversation())]
        await chosen.close()
    assert {part.author for part in swedish} == {"scripted"}
    assert english[-1].author == "ollama"
    assert isinstance(chosen, Tallied)
    assert chosen.tally.counts == {("scripted", "language"): 1, ("ollama", ""): 1}


def test_the_setting_chooses_the_interviewer() -> None:
    assert isinstance(choose_interviewer(Settings(interviewer="scripted")), ScriptedInterviewer)
    assert isinstance(choose_interviewer(Settings(interviewer="ollama")), OllamaInterviewer)


def test_requests_share_no_mutable_options() -> None:
    one, other = (chat_request(model="m", messages=[], stream=False) for _ in range(2))
    one["options"]["num_ctx"] = 1
    assert other["options"] == dict(OPTIONS)


async def test_a_letter_and_its_mark_in_two_tokens_are_one_character() -> None:
    plain = "What would have made the café cosier for you?"
    before, after = plain.split("é")
    async with model([Token(f"{before}e"), Token(f"\u0301{after}"), *said("")]) as (asked, _):
        parts = await parts_of(asked, conversation("The café was cold."))
    assert parts[-1].text.endswith(plain)
