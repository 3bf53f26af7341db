"""Opens sessions of an engine, and converts its errors into the pilot's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc

from storage.errors import EngineFailed, EngineUnavailable

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

READY_SECONDS = 10
RETRIES = 4  # of a request without an answer; PySpark's own default waits for ten minutes
MOST_MESSAGE_BYTES = 256 * 1024 * 1024

_STEP_FAILED = re.compile(r"pilot step failed: ([^\n\"\\]{1,600})")
_MISSING_MODULE = re.compile(r"No module named '([A-Za-z0-9_.]{1,80})'")
_ANOTHER_PYTHON = re.compile(r"PYTHON_VERSION_MISMATCH|different version in worker|cannot run with different minor")


def shown(address: str) -> str:
    """Return an address without its parameters, one of which may be a token."""
    return address.split("/;", 1)[0].split(";", 1)[0].rstrip("/")


def open_session(address: str) -> SparkSession:
    """Open a session of the engine at an address such as sc://host:15002.

    Raises:
        EngineUnavailable: it does not answer as Spark Connect within ten seconds.
    """
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

    builder = DefaultChannelBuilder(address, channelOptions=[("grpc.max_receive_message_length", MOST_MESSAGE_BYTES)])
    _require_ready(builder, address)
    with engine_errors(address):
        opened: SparkSession = SparkSession.Builder().channelBuilder(builder).create()
        opened.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])
        opened.conf.set("spark.sql.session.timeZone", "UTC")
        _ = opened.version
    return opened


def _require_ready(builder: object, address: str) -> None:
    channel = builder.toChannel()  # type: ignore[attr-defined]
    try:
        grpc.channel_ready_future(channel).result(timeout=READY_SECONDS)
    except grpc.FutureTimeoutError:
        raise _away(address) from None
    finally:
        channel.close()


@contextmanager
def engine_errors(address: str) -> Iterator[None]:
    """Convert an engine's errors; their texts can quote rows, so only known phrases of them are repeated."""
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, grpc.RpcError) as error:
        raise _converted(str(error), address, kind=type(error).__name__) from None


def _converted(text: str, address: str, *, kind: str) -> EngineFailed | EngineUnavailable:
    where = shown(address)
    if (failed := _STEP_FAILED.search(text)) is not None:
        return EngineFailed(
            f"A step on the engine {where} failed: {failed[1].strip()}.",
            remedy="Nothing was written. If the embedded engine builds the day (PILOT_ENGINE empty), compare the "
            "workers' packages with requirements.lock.",
        )
    if (missing := _MISSING_MODULE.search(text)) is not None:
        return EngineFailed(
            f"The Python of the engine {where} lacks the module {missing[1]}.",
            remedy="Install this version of the program in the workers' Python (docs/engines.md); nothing was written.",
        )
    if _ANOTHER_PYTHON.search(text):
        return EngineFailed(
            f"The engine {where} runs another Python version than this program.",
            remedy="Give both the same minor version (docs/engines.md); nothing was written.",
        )
    if "UNAVAILABLE" in text or "DEADLINE_EXCEEDED" in text:
        return _away(address)
    return EngineUnavailable(
        f"The engine {where} ended a step without its rows ({kind}).",
        remedy="Nothing was written. Read the engine's log; it must reach the lake at the same address, with the same "
        "AWS_* credentials. To build without it, set PILOT_ENGINE to nothing and restart.",
    )


def _away(address: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The engine {shown(address)} does not answer as Spark Connect.",
        remedy="Nothing was written. Start it, or correct PILOT_ENGINE; to build without it, set PILOT_ENGINE to "
        "nothing and restart.",
    )
