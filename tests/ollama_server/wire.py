"""Strict models of `/api/chat`: fields that Ollama would ignore are refused.

After Ollama's source (`api/types.go`, `server/routes.go`): a request that is accepted here is accepted there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SECOND_NS = 1_000_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Message(_Strict):
    role: Literal["system", "user", "assistant", "tool"]
    content: str


class Runner(_Strict):
    """Options of the runner: Ollama reloads the model if one of them changes."""

    num_ctx: int = 4096
    num_batch: int = 512
    num_gpu: int = -1
    main_gpu: int = 0
    use_mmap: bool | None = None
    num_thread: int = 0


class Options(Runner):
    """All options: the runner's and the sampler's."""

    num_keep: int = 4
    seed: int = -1
    num_predict: int = -1
    top_k: int = 40
    top_p: float = 0.9
    min_p: float = 0.0
    typical_p: float = 1.0
    repeat_last_n: int = 64
    temperature: float = 0.8
    repeat_penalty: float = 1.1
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    stop: list[str] = Field(default_factory=list)

    def runner(self) -> Runner:
        return Runner.model_validate({name: getattr(self, name) for name in Runner.model_fields})


class ChatRequest(_Strict):
    model: str = Field(min_length=1)
    messages: list[Message] = Field(default_factory=list)
    stream: bool = True
    think: bool | None = None
    keep_alive: float | str | None = None
    format: Any = None
    tools: list[Any] | None = None  # the official client always sends it
    options: Options = Field(default_factory=Options)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def word(model: str, content: str) -> dict[str, Any]:
    """Return a line of a stream."""
    return {
        "model": model,
        "created_at": _now(),
        "message": {"role": "assistant", "content": content},
        "done": False,
    }


def nothing_to_say(model: str, reason: Literal["load", "unload"]) -> dict[str, Any]:
    """Return the answer to a request without messages."""
    return {**word(model, ""), "done": True, "done_reason": reason}


def last(
    model: str,
    *,
    content: str = "",
    reason: Literal["stop", "length"],
    total: float,
    load: float,
    prompt_tokens: int,
    prompt_seconds: float,
    tokens: int,
    seconds: float,
) -> dict[str, Any]:
    """Return a stream's last line: durations in nanoseconds, as Ollama gives them."""
    return {
        **word(model, content),
        "done": True,
        "done_reason": reason,
        "total_duration": int(total * SECOND_NS),
        "load_duration": int(load * SECOND_NS),
        "prompt_eval_count": prompt_tokens,
        "prompt_eval_duration": int(prompt_seconds * SECOND_NS),
        "eval_count": tokens,
        "eval_duration": int(seconds * SECOND_NS),
    }
