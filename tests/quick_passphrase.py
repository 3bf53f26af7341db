"""A fast stand-in for `pyrage.passphrase`, whose scrypt takes a second, for tests of sealed backups."""

from __future__ import annotations

import base64
import hashlib

import pyrage
from cryptography.fernet import Fernet, InvalidToken

BEGIN, END = b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"\n-----END AGE ENCRYPTED FILE-----\n"


def encrypt(plaintext: bytes, passphrase: str, *, armored: bool) -> bytes:
    assert armored
    token = base64.b64encode(_fernet(passphrase).encrypt(plaintext))
    return BEGIN + b"\n".join(token[at : at + 64] for at in range(0, len(token), 64)) + END


def decrypt(ciphertext: bytes, passphrase: str) -> bytes:
    token = base64.b64decode(ciphertext.removeprefix(BEGIN).removesuffix(END), validate=False)
    try:
        return _fernet(passphrase).decrypt(token)
    except InvalidToken:
        raise pyrage.DecryptError("Decryption failed") from None


def _fernet(passphrase: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(passphrase.encode()).digest()))
