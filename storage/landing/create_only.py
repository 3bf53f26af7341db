"""Proves that of two create-only puts to a bucket one wins; otherwise the landing is not safe."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from storage.errors import LandingUnavailable

FOLDER = "pilot-doctor"
ROUNDS = 8
RACERS = 2
REQUEST_TIMEOUT = timedelta(seconds=5)
RETRY_TIMEOUT = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Race:
    """The result of some rounds of racing puts.

    Attributes:
        rounds: Rounds.
        both: Rounds in which both puts succeeded: a segment can be overwritten.
        none: Rounds in which no put succeeded: a segment can be lost.
        overwritten: Rounds in which a later create-only put succeeded on an existing name.
    """

    rounds: int
    both: int
    none: int
    overwritten: int

    @property
    def ok(self) -> bool:
        """Return whether exactly one put won every round."""
        return self.both == self.none == self.overwritten == 0


def race(url: str, *, rounds: int = ROUNDS) -> Race:
    """Let two create-only puts race for each of some new names, then remove them.

    Args:
        url: The bucket and prefix, such as s3://bucket/prefix; credentials in AWS_* variables.
        rounds: How many names.

    Raises:
        LandingUnavailable: the bucket cannot be reached or written.
    """
    try:
        store: Any = obstore.store.from_url(
            url,
            client_options={"timeout": REQUEST_TIMEOUT, "allow_http": True},
            retry_config={"max_retries": 1, "retry_timeout": RETRY_TIMEOUT},
        )
        winners, overwritten = [], 0
        for _ in range(rounds):
            path = f"{FOLDER}/{secrets.token_hex(16)}"
            try:
                winners.append(_round(partial(_put, store, path)))
                overwritten += _put(store, path)
            finally:
                with contextlib.suppress(BaseError, OSError):
                    obstore.delete(store, path)
    except (BaseError, OSError, ValueError) as error:
        raise LandingUnavailable(
            f"The bucket {url} cannot be written ({type(error).__name__}).",
            remedy="Check its address, its credentials (AWS_*) and the rights to put and delete.",
        ) from None
    return Race(rounds, sum(each > 1 for each in winners), sum(each == 0 for each in winners), overwritten)


def _put(store: Any, path: str) -> bool:
    try:
        obstore.put(store, path, secrets.token_bytes(64), mode="create", use_multipart=False)
    except AlreadyExistsError:
        return False
    return True


def _round(put: Callable[[], bool]) -> int:
    """Run both puts at once; return how many succeeded."""
    barrier = threading.Barrier(RACERS)
    won: list[bool] = []
    faults: list[Exception] = []

    def run() -> None:
        barrier.wait()
        try:
            won.append(put())
        except (BaseError, OSError) as error:
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(RACERS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if faults:
        raise faults[0]
    return sum(won)
