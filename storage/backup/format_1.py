"""Reads backups sealed in the first format: AES-256-GCM in chunks. Nothing writes it any more.

Layout: magic, salt, nonce prefix, then chunks `length (4 bytes) + ciphertext`. A chunk's nonce is the prefix and the
chunk's number; the associated data says whether it is the last chunk. scrypt derives the key with the salt.
"""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from storage.errors import BackupDamaged, NotOpened

MAGIC = b"pilot-sealed-1\n"
SALT_BYTES = 16
PREFIX_BYTES = 8
CHUNK_BYTES = 1024 * 1024
TAG_BYTES = 16
SCRYPT_COST = 2**15

_LENGTH = struct.Struct(">I")
_MORE, _LAST = b"more", b"last"


class FirstFormatReader(io.RawIOBase):
    """Reads the bytes that were sealed, from a source positioned after the magic.

    Raises:
        BackupDamaged: the bytes were changed, moved or cut off, or the key is wrong.
    """

    def __init__(self, source: BinaryIO, *, key: str) -> None:
        super().__init__()
        head = source.read(SALT_BYTES + PREFIX_BYTES)
        if len(head) < SALT_BYTES + PREFIX_BYTES:
            raise BackupDamaged("The backup's content is cut off.")
        salt, self._prefix = head[:SALT_BYTES], head[SALT_BYTES:]
        self._source, self._number = source, 0
        self._cipher = AESGCM(Scrypt(salt=salt, length=32, n=SCRYPT_COST, r=8, p=1).derive(key.encode()))
        self._pending = b""
        self._ended = False

    def readable(self) -> bool:
        """Return that it yields bytes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with the bytes that were sealed; 0 at the end."""
        if not self._pending and not self._ended:
            self._pending = self._next()
        count = min(len(buffer), len(self._pending))
        buffer[:count] = self._pending[:count]
        self._pending = self._pending[count:]
        return count

    def _next(self) -> bytes:
        size = self._source.read(_LENGTH.size)
        if len(size) < _LENGTH.size:
            raise BackupDamaged("The backup's content is cut off.")
        (length,) = _LENGTH.unpack(size)
        sealed = self._source.read(length) if length <= CHUNK_BYTES + TAG_BYTES else b""
        nonce = self._prefix + self._number.to_bytes(4, "big")
        for place in (_MORE, _LAST):
            try:
                content = self._cipher.decrypt(nonce, sealed, place)
            except InvalidTag:
                continue
            self._number += 1
            self._ended = place == _LAST
            return content
        # The first chunk shows the key: a later one is opened by the same.
        raise (BackupDamaged if self._number else NotOpened)(
            "The backup's content cannot be opened: it was changed, or it was sealed with another PILOT_BACKUP_KEY."
        )
