"""The language model as a judge of sessions, called on Ollama with the edge's options and a deadline.

Failures are counted by kind and the session is left for another run; nothing waits for a model that is away.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from pilot.composed import composed
from pilot.errors import PilotError
from pilot.model_calls import chat_request
from pipelines.feedback.judgements import ANSWER_SCHEMA, CRITERIA, SubJudgement, criterion_chat, parse_answer

CONNECT_SECONDS = 1.0
SILENCE_SECONDS = 60.0  # the longest wait for a token; allows loading the model once
FAILURES_IN_A_ROW = 3  # ends the run: the model is away or unfit for the task
MAX_ANSWER_CHARACTERS = 2000


class NoAnswer(PilotError):
    """The model gave no answer to one question.

    Attributes:
        kind: away, busy, refused, broken, late or invalid.
        ends_run: Whether every other question would fail too.
    """

    def __init__(self, kind: str, *, ends_run: bool = False) -> None:
        super().__init__(f"The language model gave no judgement ({kind}).", remedy="The next run tries again.")
        self.kind = kind
        self.ends_run = ends_run


@dataclass(slots=True)
class JudgeRun:
    """The result of one run.

    Attributes:
        by_session: The judgements of each session judged by every criterion.
        failures: Number of sessions without judgements, by kind; `no_time` and `not_asked` were not begun.
    """

    by_session: dict[str, dict[str, SubJudgement]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)


class Judge:
    """One model as a judge.

    Args:
        url: Ollama's address.
        model: The model's name in Ollama.
        clock: A monotonic clock in seconds.
        silence_seconds: Longest pause between two tokens.
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
        """Judge sessions until all are done, the deadline passes or the model is away.

        Args:
            transcripts: Each session's turns.
            seconds: Deadline of the whole run.
        """
        until = self._clock() + seconds
        run, in_a_row = JudgeRun(), 0
        waiting = list(transcripts.items())
        for place, (session, turns) in enumerate(waiting):
            if self._clock() >= until:
                run.failures["no_time"] += len(waiting) - place
                break
            try:
                run.by_session[session] = {
                    name: self._sub_judgement(turns, criterion=name, until=until) for name in CRITERIA
                }
                in_a_row = 0
            except NoAnswer as failure:
                run.failures[failure.kind] += 1
                in_a_row += 1
                if failure.ends_run or in_a_row >= FAILURES_IN_A_ROW:
                    run.failures["not_asked"] += len(waiting) - place - 1
                    break
        return run

    def _sub_judgement(self, turns: Sequence[str], *, criterion: str, until: float) -> SubJudgement:
        text = self._call(criterion_chat(turns, criterion=criterion), until=until)
        judgement = parse_answer(text, turns=turns)
        if judgement is None:
            raise NoAnswer("invalid")
        return judgement

    def _call(self, messages: Sequence[Mapping[str, str]], *, until: float) -> str:
        """Return one complete answer.

        Raises:
            NoAnswer: there is none; its message never quotes the question or the answer.
        """
        body = {**chat_request(model=self.model, messages=messages, stream=True), "format": dict(ANSWER_SCHEMA)}
        try:
            with self._client.stream("POST", "/api/chat", json=body) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise _refused(answer.status_code)
                return self._read_stream(answer, until=until)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise NoAnswer("away", ends_run=True) from None
        except httpx.TimeoutException:
            raise NoAnswer("late") from None
        except httpx.HTTPError:
            raise NoAnswer("broken") from None

    def _read_stream(self, answer: httpx.Response, *, until: float) -> str:
        text = ""
        for line in answer.iter_lines():
            word = _parse_line(line)
            text += str(word.get("message", {}).get("content", ""))
            if word.get("done"):
                return composed(text)  # A letter and its mark may come in two lines.
            if self._clock() >= until:
                raise NoAnswer("late")
            if len(text) > MAX_ANSWER_CHARACTERS:
                raise NoAnswer("invalid")
        raise NoAnswer("broken")  # The stream ended without its last line.


def _parse_line(line: str) -> dict[str, Any]:
    """Parse one line of the stream; Ollama sends an error in mid-stream as a line under HTTP 200."""
    try:
        word = json.loads(line)
    except ValueError:
        raise NoAnswer("broken") from None
    if not isinstance(word, dict) or "error" in word:
        raise NoAnswer("broken")
    return word


def _refused(status: int) -> NoAnswer:
    if status == httpx.codes.SERVICE_UNAVAILABLE:
        return NoAnswer("busy", ends_run=True)  # Guests' conversations come first.
    return NoAnswer("refused", ends_run=status == httpx.codes.NOT_FOUND)
