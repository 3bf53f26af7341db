"""Seals a stream with a passphrase in the age format (age-encryption.org), and opens it again.

Layout: MAGIC, then an armored age file encrypted with the passphrase (scrypt, work factor of about a second), then a
binary age file encrypted to the X25519 identity that the first one contains. Each backup has an identity of its own.
Without this program: strip the first line, open the armored part with `age -d`, and the rest with `age -d -i`.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import pyrage
from pyrage import passphrase, x25519

from storage.backup import format_1
from storage.errors import BackupDamaged, KeyTooShort, NotOpened
from storage.folders import write_fully

MAGIC = b"pilot-sealed-2\n"
FEWEST_KEY_CHARACTERS = 20

_ARMOR_END = b"-----END AGE ENCRYPTED FILE-----"
_LONGEST_ARMOR_BYTES = 4096
_LONGEST_LINE_BYTES = 128


def sealing_writer(target: BinaryIO, *, key: str) -> SealingWriter:
    """Return a stream that seals the bytes written to it into `target`. Close it before the target.

    Raises:
        KeyTooShort: the key can be guessed.
        OSError: the target cannot be written.
    """
    _require_length(key)
    identity = x25519.Identity.generate()
    armor = passphrase.encrypt(str(identity).encode(), key, armored=True)
    target.write(MAGIC + armor.rstrip(b"\n") + b"\n")
    return SealingWriter(target, recipient=identity.to_public())


def sealed_reader(source: BinaryIO, *, key: str) -> io.RawIOBase:
    """Return a stream of the bytes sealed into `source`, in this format or the first one. Close it.

    Raises:
        NotOpened: the key is wrong, or the beginning is damaged.
        BackupDamaged: the source is not a sealed stream. Damage further on is raised on reading.
        KeyTooShort: the key can be guessed.
    """
    _require_length(key)
    magic = source.read(len(MAGIC))
    if magic == format_1.MAGIC:
        return format_1.FirstFormatReader(source, key=key)
    if magic != MAGIC:
        raise BackupDamaged("The backup's content does not begin as a sealed one does.")
    return SealedReader(source, identity=_open_identity(source, key))


class SealingWriter(io.RawIOBase):
    """Seals the bytes written to it into another stream, which stays open when it is closed.

    age pulls its input, writers push theirs: a pipe and a thread lie between, so memory use does not grow with size.

    Raises:
        OSError: the target cannot be written; raised on a later write or on closing.
    """

    def __init__(self, target: BinaryIO, *, recipient: x25519.Recipient) -> None:
        super().__init__()
        kept = _ErrorKept(target)
        source, self._sink = os.pipe()

        def seal() -> None:
            with os.fdopen(source, "rb") as plain:
                try:
                    pyrage.encrypt_io(plain, kept, [recipient])
                except pyrage.EncryptError:
                    raise kept.error or OSError("the backup cannot be sealed") from None

        self._worker = _Worker(seal)

    def writable(self) -> bool:
        """Return that it accepts bytes."""
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        """Seal bytes."""
        try:
            write_fully(self._sink, content)
        except BrokenPipeError:
            self._worker.finish()
            raise
        return len(content)

    def close(self) -> None:
        """End the sealed stream."""
        if not self.closed:
            super().close()
            os.close(self._sink)
            self._worker.finish()


class SealedReader(io.RawIOBase):
    """Reads the body of a sealed stream.

    Raises:
        BackupDamaged: the bytes were changed, moved or cut off; raised on reading.
    """

    def __init__(self, source: BinaryIO, *, identity: x25519.Identity) -> None:
        super().__init__()
        self._source, sink = os.pipe()

        def unseal() -> None:
            with os.fdopen(sink, "wb", buffering=0) as plain, suppress(BrokenPipeError):  # broken: closed early
                pyrage.decrypt_io(source, plain, [identity])

        self._worker = _Worker(unseal)

    def readable(self) -> bool:
        """Return that it yields bytes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with the bytes that were sealed; 0 at the end."""
        count = os.readv(self._source, [buffer])
        if not count and len(buffer):
            try:
                self._worker.finish()
            except (pyrage.DecryptError, OSError) as error:
                raise BackupDamaged(
                    f"The backup's content cannot be opened: it was changed or cut off ({error})."
                ) from None
        return count

    def close(self) -> None:
        """Stop reading."""
        if not self.closed:
            super().close()
            os.close(self._source)
            with suppress(pyrage.DecryptError, OSError):
                self._worker.finish()


class _Worker:
    """A thread that keeps its error for `finish`."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="sealing", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait for the work's end and raise its error, if any, once."""
        self._thread.join()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self._error = error


class _ErrorKept:
    """A target that keeps its own error: pyrage reports it as text only."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.error: OSError | None = None

    def write(self, content: bytes) -> int:
        try:
            return self._target.write(content)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._target.flush()


def _open_identity(source: BinaryIO, key: str) -> x25519.Identity:
    armor = b""
    while not armor.endswith(_ARMOR_END + b"\n"):
        line = source.readline(_LONGEST_LINE_BYTES)
        armor += line
        if not line or len(armor) > _LONGEST_ARMOR_BYTES:
            raise BackupDamaged("The backup's content is cut off or damaged at its beginning.")
    try:
        return x25519.Identity.from_str(passphrase.decrypt(armor, key).decode())
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError) as error:
        raise NotOpened(
            "The backup's content cannot be opened: it was changed, or it was sealed with another PILOT_BACKUP_KEY "
            f"({error})."
        ) from None


def _require_length(key: str) -> None:
    if len(key) < FEWEST_KEY_CHARACTERS:
        raise KeyTooShort(FEWEST_KEY_CHARACTERS)
