"""Builds requests to Ollama with the same options, so that no caller makes it reload the model.

Ollama reloads a model as soon as an option that shapes the runner (`num_ctx`, `num_batch`, `num_gpu`, `num_thread`,
`use_mmap`) differs from the last request's. The edge and the analyses therefore build their requests here: the same
options, kept loaded, without thinking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

# Tokens. One café's prefix, three answers at their longest and a reply need about 2 000.
NUM_CTX = 4096
# Tokens. A reply is a sentence and a question; a caller that needs more sends several requests.
NUM_PREDICT = 80
TEMPERATURE = 0.3

OPTIONS: Mapping[str, int | float] = MappingProxyType(
    {"num_ctx": NUM_CTX, "num_predict": NUM_PREDICT, "temperature": TEMPERATURE}
)
KEEP_ALIVE = -1  # for ever
THINK = False  # models that can think do so by default, before their first word


def chat_request(*, model: str, messages: Sequence[Mapping[str, str]], stream: bool) -> dict[str, Any]:
    """Return the body of a request to `/api/chat`.

    Args:
        model: The model's name in Ollama.
        messages: The chat, the system message first; empty to load the model and keep it loaded.
        stream: Whether the answer is streamed line by line.
    """
    return {
        "model": model,
        "messages": [dict(message) for message in messages],
        "stream": stream,
        "think": THINK,
        "keep_alive": KEEP_ALIVE,
        "options": dict(OPTIONS),
    }
