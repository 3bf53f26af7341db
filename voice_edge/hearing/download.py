"""Downloads one file over HTTP and resumes earlier attempts, also those of an earlier process.

Not `huggingface_hub`: version 2.4 deletes a partial file when its process ends, so that a weak connection never
completes a model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from voice_edge.hearing.errors import HearingError

ATTEMPTS_WITHOUT_PROGRESS = 5
PAUSE_SECONDS = 2.0  # before the next attempt; doubled after each one without progress
TIMEOUT_SECONDS = 30.0  # without a byte
OK, PARTIAL, RANGE_REFUSED, NOT_FOUND = 200, 206, 416, 404
RETRYABLE_STATUS = frozenset({408, 429, 500, 502, 503, 504})


class DownloadFailed(HearingError):
    """A file could not be fetched; the received part is kept if `retryable`."""


def fetch(
    url: str, target: Path, *, size: int, client: httpx.Client, pause: Callable[[float], None] = time.sleep
) -> None:
    """Fetch `url` into `target` of `size` bytes, without the bytes that `target` already has.

    Args:
        url: Its address; redirects are followed, from HTTPS only to HTTPS.
        target: The file; its content is assumed to be the beginning.
        size: Its length in bytes.
        client: The HTTP client.
        pause: Sleeps for a number of seconds.

    Raises:
        DownloadFailed: the file does not exist, has another length, or the connection fails repeatedly.
    """
    idle = 0
    while (have := target.stat().st_size if target.exists() else 0) != size:
        if have > size:
            target.unlink()
            continue
        try:
            _go_on(url, target, have=have, size=size, client=client)
            broken = "the answer was too short"
        except httpx.TransportError as error:
            broken = type(error).__name__
        except _TryAgain as error:
            broken = str(error)
        now = target.stat().st_size if target.exists() else 0
        if now == size:
            return
        idle = 0 if now > have else idle + 1
        if idle >= ATTEMPTS_WITHOUT_PROGRESS:
            raise DownloadFailed(
                f"{target.name}: {now} of {size} bytes came, then {broken}, {idle} times in a row.",
                remedy="The same command goes on from there.",
                retryable=True,
            )
        pause(PAUSE_SECONDS * 2**idle if idle else 0.0)


class _TryAgain(Exception):
    """The server cannot serve the request at the moment."""


def _go_on(url: str, target: Path, *, have: int, size: int, client: httpx.Client) -> None:
    # A compressed body has neither a length nor ranges.
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with client.stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT_SECONDS) as answer:
        _check_place(url, answer)
        if answer.status_code in RETRYABLE_STATUS:
            raise _TryAgain(f"status {answer.status_code}")
        if answer.status_code == RANGE_REFUSED:
            target.unlink(missing_ok=True)
            raise _TryAgain("the range was refused")
        if answer.status_code not in (OK, PARTIAL):
            missing = answer.status_code == NOT_FOUND
            raise DownloadFailed(
                f"{target.name}: the server answered with status {answer.status_code}"
                + (" (no such file at this revision)." if missing else "."),
                remedy="Check the address and the network; `--from DIR` takes a folder instead.",
            )
        goes_on = answer.status_code == PARTIAL and answer.headers.get("content-range", "").startswith(f"bytes {have}-")
        if answer.status_code == PARTIAL and not goes_on:
            target.unlink(missing_ok=True)
            raise _TryAgain("another range came than was asked for")
        total = (have if goes_on else 0) + int(answer.headers.get("content-length", size - (have if goes_on else 0)))
        if total != size:
            raise DownloadFailed(
                f"{target.name}: the server has {total} bytes, expected {size}.",
                remedy="It is not the pinned file; check the address.",
            )
        with target.open("ab" if goes_on else "wb") as file:
            for chunk in answer.iter_raw():  # raw chunks: buffered bytes would be lost if the connection breaks
                file.write(chunk)


def _check_place(url: str, answer: httpx.Response) -> None:
    places = [step.url for step in answer.history] + [answer.url]
    if url.startswith("https:") and any(place.scheme != "https" for place in places):
        raise DownloadFailed(
            "The server leads from HTTPS to an address without it.", remedy="Check the network: somebody is in between."
        )
