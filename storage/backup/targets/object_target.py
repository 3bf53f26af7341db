"""An object store as a target, at an address such as `s3://bucket/prefix`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError

from storage.backup.targets.target import TargetAway
from storage.folders import PRIVATE_FILE

REQUEST_TIMEOUT = timedelta(seconds=60)
RETRY_TIMEOUT = timedelta(seconds=30)
MAX_RETRIES = 3


class ObjectTarget:
    """Backups in an object store, with credentials from AWS_* variables."""

    def __init__(self, url: str) -> None:
        self.address = url
        with self._answering():
            self._store: Any = obstore.store.from_url(
                url,
                client_options={"timeout": REQUEST_TIMEOUT, "allow_http": True},
                retry_config={"max_retries": MAX_RETRIES, "retry_timeout": RETRY_TIMEOUT},
            )

    def files(self) -> dict[str, int]:
        """Return the size of each file by its path."""
        with self._answering():
            return {item["path"]: item["size"] for page in obstore.list(self._store) for item in page}

    def put(self, path: str, file: Path) -> None:
        """Write a file; it appears whole or not at all."""
        with self._answering():
            obstore.put(self._store, path, file)

    def get(self, path: str, file: Path) -> None:
        """Write a file of the target into a local file."""
        with self._answering(), file.open("wb") as target:
            file.chmod(PRIVATE_FILE)
            for part in obstore.get(self._store, path).stream():
                target.write(part)

    def remove(self, path: str) -> None:
        """Delete a file; versions of it that a bucket keeps are not deleted."""
        with self._answering(), suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, path)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise TargetAway(self.address, type(error).__name__) from None
