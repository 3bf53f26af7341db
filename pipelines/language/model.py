"""The fitted model: one file of arrays, without code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pilot.errors import PilotError
from pipelines.language.grams import Vocabulary
from pipelines.language.heads import Floats, Heads
from pipelines.language.labels import TARGETS
from pipelines.language.trees import Trees

FILE = Path(__file__).parent / "model.npz"
FORMAT = 1
VERSION_LETTERS = 12


class ModelUnreadable(PilotError):
    """The file is no model that this version reads."""


@dataclass(frozen=True, slots=True)
class Map:
    """Linear functions of dense rows.

    Attributes:
        weights: By column and output.
        intercepts: By output.
    """

    weights: Floats
    intercepts: Floats

    def values(self, rows: Floats) -> Floats:
        """Return each row's outputs."""
        return rows @ self.weights + self.intercepts


@dataclass(frozen=True, slots=True)
class Model:
    """What `pilot language fit` fits.

    Attributes:
        version: Its name, from the day and the training data.
        heads: The linear models of words, see `labels.TARGETS`.
        usefulness: Of a clause, 0-1.
        polarity: Of a clause that claims something, from -1, blame, to 1, praise.
        claims: Likelihoods of a clause's claim targets.
        quality: Of a session, 0-100.
        unusable: Likelihood that a session is injection, gibberish, stuffing, silence or off topic.
        praised: Likelihood that a session praises a theme.
        blamed: Likelihood that a session finds fault with a theme.
        danger: Likelihood that a turn reports a danger.
        danger_from: The likelihood from which a turn reports a danger.
        acts: Of a turn, by act; the softmax gives likelihoods.
        details: Of a turn, by detail: likelihoods.
    """

    version: str
    heads: Heads
    usefulness: Trees
    polarity: Trees
    claims: Map
    quality: Trees
    unusable: Trees
    praised: Trees
    blamed: Trees
    danger: Trees
    danger_from: float
    acts: Map
    details: Map


def packed(model: Model) -> bytes:
    """Return a model as the content of its file."""
    content = BytesIO()
    np.savez_compressed(content, **_arrays(model))
    return content.getvalue()


def named(model: Model) -> Model:
    """Return a model whose version follows from its content."""
    digest = hashlib.sha256()
    for name, array in sorted(_arrays(replace(model, version="")).items()):
        digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return replace(model, version=digest.hexdigest()[:VERSION_LETTERS])


def _arrays(model: Model) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    numbers: dict[str, Any] = {"format": FORMAT, "targets": list(TARGETS)}
    for field in fields(model):
        value = getattr(model, field.name)
        if isinstance(value, Heads):
            names = sorted(value.vocabulary.index, key=value.vocabulary.index.__getitem__)
            arrays["names"] = _bytes("\n".join(names))
            arrays["inverse"] = np.asarray(value.vocabulary.weight, dtype=np.float32)
            arrays |= {f"heads.{name}": getattr(value, name) for name in ("weights", "step", "intercepts")}
        elif isinstance(value, Trees):
            arrays |= {f"{field.name}.{name}": getattr(value, name) for name in ("feature", "threshold", "value")}
            numbers[field.name] = value.start
        elif isinstance(value, Map):
            arrays |= {f"{field.name}.{name}": getattr(value, name) for name in ("weights", "intercepts")}
        else:
            numbers[field.name] = value
    return arrays | {"numbers": _bytes(json.dumps(numbers))}


def unpacked(content: bytes) -> Model:
    """Return the model of a file's content.

    Raises:
        ModelUnreadable: The content is damaged, or was written for other targets.
    """
    try:
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            return _model({name: arrays[name] for name in arrays.files})
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise ModelUnreadable(
            f"The file is no language model that this version reads: {error}.",
            remedy="Run `pilot language fit`, or restore the file from the release.",
        ) from error


@cache
def shipped() -> Model:
    """Return the model that ships with this version."""
    return unpacked(FILE.read_bytes())


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _model(arrays: dict[str, Any]) -> Model:
    numbers = json.loads(arrays["numbers"].tobytes().decode())
    if numbers["format"] != FORMAT or tuple(numbers["targets"]) != TARGETS:
        raise ValueError("it was written for another format or other targets")
    names = arrays["names"].tobytes().decode().split("\n")
    vocabulary = Vocabulary({name: place for place, name in enumerate(names)}, arrays["inverse"].tolist())
    built: dict[str, Any] = {
        "heads": Heads(vocabulary, arrays["heads.weights"], arrays["heads.step"], arrays["heads.intercepts"])
    }
    for field in fields(Model):
        if field.name in built:
            continue
        if f"{field.name}.feature" in arrays:
            parts = [arrays[f"{field.name}.{name}"] for name in ("feature", "threshold", "value")]
            built[field.name] = Trees(parts[0], parts[1], parts[2], start=numbers[field.name])
        elif f"{field.name}.weights" in arrays:
            built[field.name] = Map(arrays[f"{field.name}.weights"], arrays[f"{field.name}.intercepts"])
        else:
            built[field.name] = numbers[field.name]
    return Model(**built)
