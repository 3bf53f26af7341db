"""Checks Ollama: its model is Llama 3.2, is there, is loaded, and answers in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from operations.checks.finding import Finding, judged, not_applicable
from pilot.model_calls import chat_request
from pilot.settings import Settings

MODEL_FAMILY = "llama3.2"
FIRST_TOKEN_SECONDS = 2.0
ANSWER_SECONDS = 6.0
GIBIBYTE = 2**30


def ollama(settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> Finding:
    """Check the configured model; one that is not loaded is not loaded for the check."""
    model, base = settings.ollama_model, settings.ollama_url.rstrip("/")
    required = f"{MODEL_FAMILY} listed; if loaded, a reply within {FIRST_TOKEN_SECONDS:g} s"
    if settings.interviewer == "scripted":
        return not_applicable("ollama", "PILOT_INTERVIEWER is scripted", required=required)

    def result(found: str, remedy: str = "") -> Finding:
        return judged("ollama", ok=not remedy, found=found, required=required, remedy=remedy)

    try:
        with httpx.Client(base_url=base, timeout=ANSWER_SECONDS, trust_env=False) as client:
            version = str(_body(client.get("/api/version")).get("version", "unknown"))
            listed = _names(client.get("/api/tags"))
            if not model.startswith(MODEL_FAMILY):
                return result(f"{version}, PILOT_OLLAMA_MODEL is {model}", f"Set it to {MODEL_FAMILY}:1b or larger.")
            if model not in listed:
                return result(f"{version}, without {model}", f"`ollama pull {model}` fetches it.")
            loaded = _names(client.get("/api/ps"))
            if model not in loaded:
                return result(f"{version}, {model} listed, not loaded: the edge loads it at its start")
            seconds = _reply_seconds(client, model, clock=clock)
    except (httpx.HTTPError, ValueError) as error:
        return result(
            f"{base} does not answer ({type(error).__name__})", "Start `ollama serve`, or set PILOT_OLLAMA_URL."
        )
    return result(
        f"{version}, {model} loaded, one token in {seconds:.2f} s",
        "" if seconds <= FIRST_TOKEN_SECONDS else "Choose a smaller model, or give Ollama more cores.",
    )


def _reply_seconds(client: httpx.Client, model: str, *, clock: Callable[[], float]) -> float:
    body: dict[str, Any] = dict(chat_request(model=model, messages=[{"role": "user", "content": "Hej"}], stream=False))
    body["options"] = {**body.get("options", {}), "num_predict": 1}
    begun = clock()
    client.post("/api/chat", json=body).raise_for_status()
    return clock() - begun


def _names(answer: httpx.Response) -> set[str]:
    models = _body(answer).get("models") or []
    return {str(each.get("name") or each.get("model")) for each in models if isinstance(each, dict)}


def _body(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    body = answer.json()
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body
