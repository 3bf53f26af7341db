"""Sealed streams open with their key only, and are refused when changed, moved or cut off."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from pyrage import x25519

from storage.backup import sealing
from storage.backup.archive import put_nowhere, put_under, read_archive
from storage.backup.sealing import MAGIC, SealedReader, SealingWriter, sealed_reader, sealing_writer
from storage.errors import BackupDamaged, KeyTooShort

KEY = "correct horse battery staple"
FIRST_FORMAT = Path(__file__).parent / "format-1.sealed"
CHUNK = 65536 + 16  # of age: its bytes and their tag

Opened = Callable[[bytes], bytes]


def sealed(content: bytes, identity: x25519.Identity) -> bytes:
    target = io.BytesIO()
    with closing(SealingWriter(target, recipient=identity.to_public())) as writer:
        writer.write(content)
    return target.getvalue()


def opened(body: bytes, identity: x25519.Identity) -> bytes:
    with closing(SealedReader(io.BytesIO(body), identity=identity)) as reader:
        return reader.read()


@pytest.mark.slow  # three seconds of scrypt, more on a busy machine
def test_a_sealed_stream_opens_with_its_key_only() -> None:
    target = io.BytesIO()
    with closing(sealing_writer(target, key=KEY)) as writer:
        writer.write(b"words")
    assert target.getvalue().startswith(MAGIC + b"-----BEGIN AGE ENCRYPTED FILE-----\n")
    with closing(sealed_reader(io.BytesIO(target.getvalue()), key=KEY)) as reader:
        assert reader.read() == b"words"
    with pytest.raises(BackupDamaged, match="another PILOT_BACKUP_KEY"):
        sealed_reader(io.BytesIO(target.getvalue()), key="another key that is long enough")


@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_000])
def test_content_of_any_size_is_read_as_it_was_written(size: int) -> None:
    identity = x25519.Identity.generate()
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert opened(sealed(content, identity), identity) == content


def test_changed_moved_and_missing_bytes_are_refused() -> None:
    identity = x25519.Identity.generate()
    body = sealed(bytes(200_000), identity)
    head, chunks = body[: len(body) % CHUNK - 200_000 % 65536 - 16], body[len(body) % CHUNK - 200_000 % 65536 - 16 :]
    assert opened(head + chunks, identity) == bytes(200_000)
    swapped = head + chunks[CHUNK : 2 * CHUNK] + chunks[:CHUNK] + chunks[2 * CHUNK :]
    flipped = head + chunks[:100] + bytes([chunks[100] ^ 1]) + chunks[101:]
    for bad in (swapped, flipped, body[:-1], head + chunks[:CHUNK], body + b"more", body[:40], b""):
        with pytest.raises(BackupDamaged, match="changed or cut off"):
            opened(bad, identity)
    with pytest.raises(BackupDamaged, match="changed or cut off"):
        opened(body, x25519.Identity.generate())


@pytest.mark.usefixtures("quick_passphrase")
def test_a_damaged_beginning_is_refused() -> None:
    target = io.BytesIO()
    sealing_writer(target, key=KEY).close()
    whole = target.getvalue()
    beginning = whole.index(b"-----END")
    for bad in (b"", b"pilot-sealed-9\n" + whole[15:], whole[:beginning], whole[: len(MAGIC)] + b"x" * 10_000):
        with pytest.raises(BackupDamaged, match="begin"):
            sealed_reader(io.BytesIO(bad), key=KEY)


def test_a_key_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(KeyTooShort, match="20 characters"):
        sealing_writer(io.BytesIO(), key="short")


def test_a_full_disk_is_reported_as_an_os_error() -> None:
    class Full(io.BytesIO):
        def write(self, content: object) -> int:
            raise OSError(28, "No space left on device")

    writer = SealingWriter(Full(), recipient=x25519.Identity.generate().to_public())
    with pytest.raises(OSError, match="No space left"):
        for _ in range(100):
            writer.write(bytes(65536))
    writer.close()


def test_a_reader_that_is_closed_early_ends_its_thread() -> None:
    identity = x25519.Identity.generate()
    reader = SealedReader(io.BytesIO(sealed(bytes(1_000_000), identity)), identity=identity)
    assert reader.read(10) == bytes(10)
    reader.close()
    assert not reader._worker._thread.is_alive()


def test_a_backup_in_the_first_format_is_still_read(tmp_path: Path) -> None:
    with FIRST_FORMAT.open("rb") as file, closing(sealed_reader(file, key=KEY)) as reader:
        found = read_archive(cast("BinaryIO", reader), put=put_under(tmp_path))
    assert sorted(found) == ["home.json", "landing/day=2026-11-23/segment.ndjson"]
    assert (tmp_path / "home.json").read_bytes() == b'{"kind": "demo", "format": 1}\n'


@pytest.mark.parametrize(("key", "cut", "flip"), [("another key that is long", 0, 0), (KEY, 1, 0), (KEY, 0, 5000)])
def test_a_damaged_backup_in_the_first_format_is_refused(key: str, cut: int, flip: int) -> None:
    content = bytearray(FIRST_FORMAT.read_bytes())
    content[flip] ^= 1 if flip else 0
    source = io.BytesIO(bytes(content[: len(content) - cut]))
    with closing(sealing.sealed_reader(source, key=key)) as reader, pytest.raises(BackupDamaged, match="content"):
        read_archive(cast("BinaryIO", reader), put=put_nowhere)
