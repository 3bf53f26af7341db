"""An interviewer that asks a language model through Ollama, with deadlines.

The script writes the brief first words; the model writes the question, which `guard.py` validates as a whole before any
of it is shown. The first words are delayed until the model starts, so that the time to the first words is the time to
the model's first token, and they are never shown without a question.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import TYPE_CHECKING

import httpx
import structlog

from pilot.cafes import Language
from pilot.composed import composed
from voice_edge.interviewer.conversation import Conversation, ReplyPart
from voice_edge.interviewer.errors import ModelAway
from voice_edge.interviewer.heard import Reader, read_conversation
from voice_edge.interviewer.model.guard import fault, the_question
from voice_edge.interviewer.model.ollama_chat import OllamaChat
from voice_edge.interviewer.model.prompt import messages, rules
from voice_edge.interviewer.scripted import ScriptedReply, scripted_reply
from voice_edge.interviewer.tally import MODEL, SCRIPT, Tally

if TYPE_CHECKING:
    from pipelines.language.reading import Reading

FIRST_TOKEN_SECONDS = 0.5  # from the commit; then the script asks
WHOLE_QUESTION_SECONDS = 2.5  # from the commit; then the script asks, after its first words
AWAY_SECONDS = 15.0  # after a failure, the model is not tried for this long
LONGEST_ANSWER_CHARACTERS = 320  # a longer answer without a question has none

log = structlog.get_logger(__name__)


class OllamaInterviewer:
    """Asks by a model, and by the script if the model is not loaded, late, away or faulty.

    The first turn that could use the model starts loading it, and so does the first one after AWAY_SECONDS.

    Args:
        url: Ollama's address.
        model: The model's name there.
        speaks: The languages whose rules the model reads when it is loaded.
        transport: The HTTP transport; for tests.
        first_token_seconds: Deadline of the model's first words, from the commit.
        whole_question_seconds: Deadline of its whole question, from the commit.
        read: Reads a talk's answers, for the script and the guard.

    Attributes:
        on_load: Called with the seconds of each load of the model, None for one that failed.
    """

    def __init__(
        self,
        *,
        url: str,
        model: str,
        speaks: frozenset[Language] = frozenset(),
        transport: httpx.AsyncBaseTransport | None = None,
        first_token_seconds: float = FIRST_TOKEN_SECONDS,
        whole_question_seconds: float = WHOLE_QUESTION_SECONDS,
        read: Reader = read_conversation,
    ) -> None:
        self.tally = Tally()
        self._chat = OllamaChat(url=url, model=model, transport=transport)
        self._speaks = speaks
        self._first_token_seconds = first_token_seconds
        self._whole_question_seconds = whole_question_seconds
        self._read = read
        self._loaded = False
        self._loading: asyncio.Task[None] | None = None
        self.on_load: Callable[[float | None], None] | None = None
        self._away_until = 0.0

    async def preload(self) -> None:
        """Load the model, keep it loaded, and let it read the rules, the longest part of every request.

        Raises:
            ModelAway: Ollama does not respond, or does not have the model.
        """
        began = time.perf_counter()
        try:
            await self._chat.load()
        except ModelAway:
            self._count_load(None)
            raise
        self._count_load(time.perf_counter() - began)
        for language in sorted(self._speaks):
            await self._chat.read([{"role": "system", "content": rules(language)}])
        self._loaded = True

    def _count_load(self, seconds: float | None) -> None:
        if self.on_load is not None:
            self.on_load(seconds)

    async def close(self) -> None:
        """Close the connections."""
        if self._loading is not None:
            self._loading.cancel()
        await self._chat.close()

    async def reply(
        self, conversation: Conversation, *, committed: asyncio.Event | None = None
    ) -> AsyncIterator[ReplyPart]:
        """Yield the script's first words and the model's question, or the whole script's reply."""
        reading = self._read(conversation)
        script = scripted_reply(conversation, reading=reading)
        reason = self._why_not(script, conversation)
        if reason:
            await _until(committed)
            yield self._scripted(script, reason)
            return
        asking = _ModelRequest(self._chat, conversation, reading)
        try:
            await _until(committed)
            clock = asyncio.get_running_loop().time
            at = clock()
            await _within(self._first_token_seconds, asking.begun.wait())
            if asking.begun.is_set() and not asking.ended.is_set():
                yield ReplyPart(script.acknowledgement, final=False, author=SCRIPT, purpose="follow_up")
                await _within(self._whole_question_seconds - (clock() - at), asking.ended.wait())
            question, reason = asking.outcome()
        finally:
            await asking.close()
        if question:
            self.tally.add(MODEL)
            yield ReplyPart(
                f"{script.acknowledgement} {question}".strip(), final=True, author=MODEL, purpose="follow_up"
            )
            return
        if not reason.startswith("guard_"):
            self._leave_alone()
        log.warning("the script asked instead of the model", reason=reason)
        yield self._scripted(script, reason)

    def _scripted(self, script: ScriptedReply, reason: str) -> ReplyPart:
        self.tally.add(SCRIPT, reason=reason)
        return ReplyPart(
            script.text,
            final=True,
            author=SCRIPT,
            purpose="thanks" if script.question is None else "follow_up",
            instead_of_model=reason,
        )

    def _why_not(self, script: ScriptedReply, conversation: Conversation) -> str:
        """Return the reason for not using the model this time; empty to use it."""
        if script.certain or script.question is None or script.language != conversation.language:
            return "certain"
        if self._loaded:
            return ""
        loading = self._loading is not None and not self._loading.done()
        if not loading and asyncio.get_running_loop().time() < self._away_until:
            return "away"
        if not loading:
            # In a task of its own: Ollama aborts a load when its request is cancelled.
            self._loading = asyncio.create_task(self._load(), name="loading the model")
        return "loading"

    async def _load(self) -> None:
        try:
            await self.preload()
        except ModelAway as error:
            self._leave_alone()
            log.warning("the model cannot be loaded", what=error.what)

    def _leave_alone(self) -> None:
        self._loaded = False
        self._away_until = asyncio.get_running_loop().time() + AWAY_SECONDS


class _ModelRequest:
    """The model's work on one question.

    Attributes:
        begun: Set at its first words, or at its end.
        ended: Set at its end, successful or not.
    """

    def __init__(self, chat: OllamaChat, conversation: Conversation, reading: Reading) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self._conversation = conversation
        self._reading = reading
        self._question = ""
        self._reason = ""
        self._task = asyncio.create_task(self._run(chat), name="asking the model")

    def outcome(self) -> tuple[str, str]:
        """Return the question and an empty reason, or no question and the reason."""
        if not self.ended.is_set():
            return "", "slow" if self.begun.is_set() else "late"
        return self._question, self._reason

    async def close(self) -> None:
        """Cancel the request, which frees the model."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self, chat: OllamaChat) -> None:
        try:
            question = await self._ask(chat)
            found = fault(question, self._conversation, reading=self._reading)
            self._question, self._reason = ("", f"guard_{found}") if found else (question, "")
        except ModelAway as error:
            self._reason = error.reason
        finally:
            self.ended.set()
            self.begun.set()

    async def _ask(self, chat: OllamaChat) -> str:
        text = ""
        async with aclosing(chat.say(messages(self._conversation))) as tokens:
            async for token in tokens:
                text = composed(text + token)  # A letter and its mark may come in two tokens.
                if text.strip():
                    self.begun.set()
                question = the_question(text)
                if question or len(text) > LONGEST_ANSWER_CHARACTERS:
                    return question  # Text after the first question is not needed.
        return the_question(text)


async def _until(committed: asyncio.Event | None) -> None:
    if committed is not None:
        await committed.wait()


async def _within(seconds: float, waiting: Coroutine[object, object, object]) -> None:
    """Wait for at most `seconds`."""
    task = asyncio.create_task(waiting)
    await asyncio.wait({task}, timeout=max(seconds, 0))
    task.cancel()
