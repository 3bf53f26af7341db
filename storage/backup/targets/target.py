"""What a target of backups does; its files have the paths that they have in the folder of backups."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from storage.errors import StorageError


class TargetAway(StorageError):
    """A target does not answer, or refuses; the same call may succeed later."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(
            f"The backups' target {target} cannot be used ({reason}).",
            remedy="Check its address, credentials and space; backups in the folder are unchanged, and are carried "
            "once it answers.",
            retryable=True,
        )


class Target(Protocol):
    """A target of backups.

    Attributes:
        address: Its address, without credentials.
    """

    @property
    def address(self) -> str:
        """Return the address, without credentials."""
        ...

    def files(self) -> dict[str, int]:
        """Return the size of each file by its path.

        Raises:
            TargetAway: the target does not answer.
        """
        ...

    def put(self, path: str, file: Path) -> None:
        """Write a file; it appears whole or not at all.

        Raises:
            TargetAway: the target does not answer.
        """
        ...

    def get(self, path: str, file: Path) -> None:
        """Write a file of the target into a local file.

        Raises:
            TargetAway: the target does not answer, or has no such file.
        """
        ...

    def remove(self, path: str) -> None:
        """Delete a file; nothing happens if it is missing.

        Raises:
            TargetAway: the target does not answer.
        """
        ...
