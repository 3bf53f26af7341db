"""Errors of the pilot's state; every text is safe to show."""

from __future__ import annotations

from pilot.errors import PilotError


class StorageError(PilotError):
    """The root of this room's errors."""


class WrongHome(StorageError):
    """The home is of another kind, of another format, or not usable as a folder."""


class ReplicaInUse(StorageError):
    """Another process uses this replica's append log."""


class LandingUnavailable(StorageError):
    """Events or segments could not be written or read; the same call may succeed later."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy=remedy, retryable=True)


class CorruptSegment(StorageError):
    """A segment's bytes differ from the published ones.

    Attributes:
        segment: The segment's path within the landing.
        expected: The checksum in its name.
        found: The checksum of its bytes.
    """

    def __init__(self, *, segment: str, expected: str, found: str) -> None:
        super().__init__(
            f"Segment {segment} is damaged: expected checksum {expected}, found {found}.",
            remedy="The day was built without it. Put back a good copy under the same name and rebuild its day "
            "(`pilot materialize --from DAY`), or salvage the lines that are still whole.",
        )
        self.segment = segment
        self.expected = expected
        self.found = found


class LakeSchemaError(StorageError):
    """A frame does not fit its table."""


class LakeUnavailable(StorageError):
    """The lake could not be reached, or every commit conflicted; the same call may succeed later."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy=remedy, retryable=True)


class LakeFull(LakeUnavailable):
    """There is no space left for the lake; nothing was written, existing data stays readable."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"There is no space left to write the lake's table {table}.",
            remedy="Free space (`pilot retention --run`, older backups, logs), or move the home to a larger disk, and "
            "run it again: nothing was written.",
        )


class LakeDamaged(StorageError):
    """A file of a table is missing or broken."""


class EngineUnavailable(StorageError):
    """The engine of PILOT_ENGINE does not answer, or lost a step; the same call may succeed later."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy=remedy, retryable=True)


class EngineFailed(StorageError):
    """A step fails on the engine of PILOT_ENGINE, and would fail again."""


class BackupDamaged(StorageError):
    """A backup cannot be read: changed, cut off, or sealed with another key."""

    def __init__(
        self, what: str, *, remedy: str = "Nothing was restored. Use another backup: `pilot backup list`."
    ) -> None:
        super().__init__(what, remedy=remedy)


class SealedWithAnotherKey(BackupDamaged):
    """A backup's content is as it was written as far as can be seen, and this key does not open it."""

    def __init__(self, name: str, *, has_key: bool = True) -> None:
        super().__init__(
            f"{name} is sealed with another PILOT_BACKUP_KEY; its bytes are as they were written."
            if has_key
            else f"{name} is sealed, and PILOT_BACKUP_KEY is not set.",
            remedy="Set the key that sealed it for this command. Do not delete it: its own key restores it.",
        )


class NotOpened(BackupDamaged):
    """The beginning of a sealed stream cannot be opened: it was changed, or sealed with another key."""


class KeyTooShort(StorageError):
    """The key for backups is short enough to be guessed."""

    def __init__(self, fewest_characters: int) -> None:
        super().__init__(
            f"PILOT_BACKUP_KEY is shorter than {fewest_characters} characters.",
            remedy="Make one with `openssl rand -base64 32`, and keep a copy away from this machine.",
        )


class StoreAway(StorageError):
    """The store does not answer; the same call may succeed later."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy=remedy, retryable=True)


class StoreUnusable(StorageError):
    """The store answers but cannot be used: damaged, or of an unknown version."""


class UnknownCode(StorageError):
    """There is no such code."""


class StoreReadOnly(StorageError):
    """The store is only read during maintenance."""
