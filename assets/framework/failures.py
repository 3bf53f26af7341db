"""Keeps customers' words out of the messages of failed steps.

Dagster stores a failed step's exception with its message in its event log. A frame library's message can quote the
value that it failed on, so only the type and the place of an unexpected exception are reported.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from polars.exceptions import PanicException

from pilot.errors import PilotError

PLACES_SHOWN = 12  # innermost frames


@contextmanager
def failures_without_words(subject: str) -> Iterator[None]:
    """Convert any exception inside into a `dg.Failure` that is safe to store.

    Args:
        subject: The work in progress, for example `sessions for 2026-11-23`.
    """
    try:
        yield
    except dg.Failure:
        raise
    except PilotError as error:
        raise dg.Failure(f"{subject}: {error}", allow_retries=error.retryable) from None
    except (Exception, PanicException) as error:
        raise dg.Failure(
            f"{subject}: {type(error).__name__}; its message is omitted, since it may quote a customer. "
            "Run the function in the innermost place below on that day to see it.",
            metadata={"places": dg.MetadataValue.json(_places(error))},
            allow_retries=isinstance(error, OSError),
        ) from None


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-PLACES_SHOWN:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
