"""Seals a stream with a key: AES-256-GCM in chunks, so that nothing is read that was changed, swapped or cut off.

Layout: magic, salt, nonce prefix, then chunks `length (4 bytes) + ciphertext`. A chunk's nonce is the prefix and its
number; what is authenticated beside says whether it is the last one. The key is stretched by scrypt with the salt.
"""

from __future__ import annotations

import io
import secrets
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from storage.errors import StorageError

MAGIC = b"pilot-sealed-1\n"
SALT_BYTES = 16
PREFIX_BYTES = 8
CHUNK_BYTES = 1024 * 1024
TAG_BYTES = 16
SCRYPT_COST = 2**15
FEWEST_KEY_CHARACTERS = 20

_LENGTH = struct.Struct(">I")
_MORE, _LAST = b"more", b"last"


class BackupDamaged(StorageError):
    """A backup cannot be read: changed, cut off, or sealed with another key."""

    def __init__(self, what: str) -> None:
        super().__init__(what, remedy="Nothing was restored. Use another backup: `pilot backup list`.")


class KeyTooShort(StorageError):
    """The key for backups can be guessed."""

    def __init__(self) -> None:
        super().__init__(
            f"PILOT_BACKUP_KEY is shorter than {FEWEST_KEY_CHARACTERS} characters.",
            remedy="Make one with `openssl rand -base64 32`, and keep a copy away from this machine.",
        )


class SealingWriter(io.RawIOBase):
    """Writes what it is given, sealed, to another stream; closing it writes the last chunk, not the stream's end."""

    def __init__(self, target: BinaryIO, *, key: str) -> None:
        super().__init__()
        salt, self._prefix = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(PREFIX_BYTES)
        self._target, self._cipher, self._number = target, _cipher(key, salt), 0
        self._pending = bytearray()
        target.write(MAGIC + salt + self._prefix)

    def writable(self) -> bool:
        """Return that it takes bytes."""
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        """Seal bytes."""
        self._pending += content
        while len(self._pending) > CHUNK_BYTES:
            self._put(bytes(self._pending[:CHUNK_BYTES]), _MORE)
            del self._pending[:CHUNK_BYTES]
        return len(content)

    def close(self) -> None:
        """Write the last chunk."""
        if not self.closed:
            self._put(bytes(self._pending), _LAST)
            super().close()

    def _put(self, content: bytes, place: bytes) -> None:
        sealed = self._cipher.encrypt(_nonce(self._prefix, self._number), content, place)
        self._number += 1
        self._target.write(_LENGTH.pack(len(sealed)) + sealed)


class SealedReader(io.RawIOBase):
    """Reads what a `SealingWriter` wrote.

    Raises:
        BackupDamaged: the bytes are not those that were sealed, or the key is another.
    """

    def __init__(self, source: BinaryIO, *, key: str) -> None:
        super().__init__()
        head = source.read(len(MAGIC) + SALT_BYTES + PREFIX_BYTES)
        if len(head) < len(MAGIC) + SALT_BYTES + PREFIX_BYTES or not head.startswith(MAGIC):
            raise BackupDamaged("The backup's content does not begin as a sealed one does.")
        salt = head[len(MAGIC) : len(MAGIC) + SALT_BYTES]
        self._prefix = head[len(MAGIC) + SALT_BYTES :]
        self._source, self._cipher, self._number = source, _cipher(key, salt), 0
        self._pending = b""
        self._ended = False

    def readable(self) -> bool:
        """Return that it gives bytes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with what was sealed; 0 at the end."""
        if not self._pending and not self._ended:
            self._pending = self._next()
        taken = min(len(buffer), len(self._pending))
        buffer[:taken] = self._pending[:taken]
        self._pending = self._pending[taken:]
        return taken

    def _next(self) -> bytes:
        size = self._source.read(_LENGTH.size)
        if len(size) < _LENGTH.size:
            raise BackupDamaged("The backup's content is cut off.")
        (length,) = _LENGTH.unpack(size)
        sealed = self._source.read(length) if length <= CHUNK_BYTES + TAG_BYTES else b""
        for place in (_MORE, _LAST):
            try:
                content = self._cipher.decrypt(_nonce(self._prefix, self._number), sealed, place)
            except InvalidTag:
                continue
            self._number += 1
            self._ended = place == _LAST
            return content
        raise BackupDamaged(
            "The backup's content cannot be opened: it was changed, or it was sealed with another PILOT_BACKUP_KEY."
        )


def _cipher(key: str, salt: bytes) -> AESGCM:
    if len(key) < FEWEST_KEY_CHARACTERS:
        raise KeyTooShort
    return AESGCM(Scrypt(salt=salt, length=32, n=SCRYPT_COST, r=8, p=1).derive(key.encode()))


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + number.to_bytes(4, "big")
