"""The judge: asks Ollama for judgements of sessions, as the edge asks it, and never longer than it was given.

What goes wrong is counted by its kind and the session is left for another run; nothing waits for a model that is away.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from pilot.errors import PilotError
from pilot.model_calls import chat_request
from pipelines.judgements import ANSWER_SCHEMA, CRITERIA, SubJudgement, answered, question

CONNECT_SECONDS = 1.0
SILENCE_SECONDS = 60.0  # without a token: a model that loads is waited for once, a stalled one is given up
TROUBLES_IN_A_ROW = 3  # then the run is over: the model is away, or not fit for this
LONGEST_ANSWER_CHARACTERS = 2000


class NoAnswer(PilotError):
    """The model gave no answer to one question.

    Attributes:
        kind: away, busy, refused, broken, late or invalid.
        over: Whether no other question would fare better.
    """

    def __init__(self, kind: str, *, over: bool = False) -> None:
        super().__init__(f"The language model gave no judgement ({kind}).", remedy="The next run asks again.")
        self.kind = kind
        self.over = over


@dataclass(slots=True)
class JudgeRun:
    """What a run came to.

    Attributes:
        by_session: The answers of each session that was judged whole.
        troubles: How often a session was not, by kind; `no_time` for those that were not begun.
    """

    by_session: dict[str, dict[str, SubJudgement]] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)


class Judge:
    """Asks one model.

    Args:
        url: Ollama's address.
        model: The model's name there.
        clock: Seconds that only rise.
        silence_seconds: How long it may say nothing.
    """

    def __init__(
        self,
        *,
        url: str,
        model: str,
        clock: Callable[[], float] = time.monotonic,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self.model = model
        self._clock = clock
        self._client = httpx.Client(base_url=url, timeout=httpx.Timeout(silence_seconds, connect=CONNECT_SECONDS))

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    def judge(self, transcripts: Mapping[str, Sequence[str]], *, seconds: float) -> JudgeRun:
        """Judge sessions until all are done, the time is over or the model is away.

        Args:
            transcripts: Each session's turns.
            seconds: How long it may take.
        """
        until = self._clock() + seconds
        judged, in_a_row = JudgeRun(), 0
        waiting = list(transcripts.items())
        for place, (session, turns) in enumerate(waiting):
            if self._clock() >= until:
                judged.troubles["no_time"] += len(waiting) - place
                break
            try:
                judged.by_session[session] = {
                    name: self._sub_judgement(turns, criterion=name, until=until) for name in CRITERIA
                }
                in_a_row = 0
            except NoAnswer as trouble:
                judged.troubles[trouble.kind] += 1
                in_a_row += 1
                if trouble.over or in_a_row >= TROUBLES_IN_A_ROW:
                    judged.troubles["not_asked"] += len(waiting) - place - 1
                    break
        return judged

    def _sub_judgement(self, turns: Sequence[str], *, criterion: str, until: float) -> SubJudgement:
        text = self._ask(question(turns, criterion=criterion), until=until)
        found = answered(text, turns=turns)
        if found is None:
            raise NoAnswer("invalid")
        return found

    def _ask(self, messages: Sequence[Mapping[str, str]], *, until: float) -> str:
        """Return the whole of one answer.

        Raises:
            NoAnswer: there is none; its text never holds what was asked or answered.
        """
        body = {**chat_request(model=self.model, messages=messages, stream=True), "format": dict(ANSWER_SCHEMA)}
        try:
            with self._client.stream("POST", "/api/chat", json=body) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise _refused(answer.status_code)
                return self._collected(answer, until=until)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise NoAnswer("away", over=True) from None
        except httpx.TimeoutException:
            raise NoAnswer("late") from None
        except httpx.HTTPError:
            raise NoAnswer("broken") from None

    def _collected(self, answer: httpx.Response, *, until: float) -> str:
        text = ""
        for line in answer.iter_lines():
            word = _line(line)
            text += word.get("message", {}).get("content", "")
            if word.get("done"):
                return text
            if self._clock() >= until:
                raise NoAnswer("late")
            if len(text) > LONGEST_ANSWER_CHARACTERS:
                raise NoAnswer("invalid")
        raise NoAnswer("broken")  # the stream ended without its last line


def _line(line: str) -> dict[str, Any]:
    """Return one line of the stream; an error in mid-stream comes as a line under HTTP 200."""
    try:
        word = json.loads(line)
    except ValueError:
        raise NoAnswer("broken") from None
    if not isinstance(word, dict) or "error" in word:
        raise NoAnswer("broken")
    return word


def _refused(status: int) -> NoAnswer:
    if status == httpx.codes.SERVICE_UNAVAILABLE:
        return NoAnswer("busy", over=True)  # the guests come first
    return NoAnswer("refused", over=status == httpx.codes.NOT_FOUND)
