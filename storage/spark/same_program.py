"""Compares the program of an engine's worker with the one that hands over the step.

A step travels as a reference to a function: a worker with another version of it would build other rows, without error.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from storage.errors import EngineFailed

ROOMS = ("pilot", "pipelines", "storage")  # what a step runs
SUFFIXES = (".py", ".npz", ".toml", ".json", ".txt", ".tsv")


@cache
def program_hash() -> str:
    """Return the hash of the rooms' files."""
    digest = hashlib.blake2b(digest_size=16)
    for room in ROOMS:
        spec = find_spec(room)
        assert spec is not None
        assert spec.origin is not None
        root = Path(spec.origin).parent
        for path in sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES):
            digest.update(f"{room}/{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.blake2b(path.read_bytes()).digest())
    return digest.hexdigest()


def require_same_program(expected: str) -> None:
    """Refuse to run a step of another version of the program.

    Raises:
        EngineFailed: the hashes differ.
    """
    if program_hash() != expected:
        raise EngineFailed(
            "The engine's worker has another version of the program.",
            remedy="Install this version in the workers' Python and restart them (docs/engines.md).",
        )
