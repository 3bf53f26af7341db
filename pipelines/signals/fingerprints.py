"""The table `fingerprints`: sessions as keyed hashes of word pairs, to find copies without the words.

A pair is two neighbouring words, or two words with one between them: replacing a word breaks four pairs and leaves the
rest. Words are folded (case, composed form), fillers are dropped. The hash is keyed with the home's secret, so that a
copy of the lake without the key does not allow testing sentences.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from pilot.lake_tables.tables import FINGERPRINTS
from pipelines.feedback.counting_turns import counts_as_feedback
from pipelines.shapes import schema, table_frame

Codes = npt.NDArray[np.uint64]

FILLERS = (
    "eh öh äh mm hm hmm um uh uhm erm ju liksom typ alltså asså ba väl så jo ja nja well like so yeah okay ok okej"
).split()
WORD = r"[\p{L}\p{N}]+"
OF_SESSIONS = ("day", "session_id", "cafe", "simulated", "completed_at", "outcome")
OF_TURNS = ("session_id", "turn", "transcript", "low_confidence")
CODE_BYTES = 8
CHUNK_SESSIONS = 50_000  # sessions at a time; bounds memory

# Odd multipliers of a 64-bit mixer (splitmix64, Steele et al. 2014) and of the sums over words.
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_LEFT = np.uint64(0x9E3779B97F4A7C15)
_RIGHT = np.uint64(0xC2B2AE3D27D4EB4F)


def fingerprints(sessions: pl.DataFrame, turns: pl.DataFrame, *, key: bytes) -> pl.DataFrame:
    """Return one row for each completed session with words.

    Args:
        sessions: OF_SESSIONS of SESSIONS.
        turns: OF_TURNS of TURNS of the same sessions.
        key: The home's secret.
    """
    said = _said(turns).select("session_id", pl.col("said").list.join(" "))
    completed = sessions.filter(pl.col("outcome") == "completed").join(said, on="session_id").sort("session_id")
    hashed = hash_texts(completed["said"], key=key)
    rows = completed.lazy().select("day", "session_id", "cafe", "simulated", "completed_at")
    rows = pl.concat([rows, hashed.lazy()], how="horizontal").filter(pl.col("words") > 0)
    return table_frame(FINGERPRINTS, rows)


def turns_by_session(sessions: pl.DataFrame, turns: pl.DataFrame) -> dict[str, list[str]]:
    """Return the counted turns of each completed session with words.

    Args:
        sessions: Frame of SESSIONS.
        turns: Frame of TURNS of the same sessions.
    """
    completed = sessions.filter(pl.col("outcome") == "completed").select("session_id")
    said = completed.join(_said(turns), on="session_id").sort("session_id")
    return dict(said.iter_rows())


def _said(turns: pl.DataFrame) -> pl.DataFrame:
    """Return each session's counted turns as a list, without unsure and struck ones."""
    return (
        turns.filter(counts_as_feedback())
        .sort("session_id", "turn")
        .group_by("session_id", maintain_order=True)
        .agg(said=pl.col("transcript"))
    )


def hash_texts(texts: pl.Series, *, key: bytes) -> pl.DataFrame:
    """Return the columns words, text_hash and pairs of `texts`, in their order."""
    wanted = schema(FINGERPRINTS)
    columns = pl.Schema({name: wanted[name] for name in ("words", "text_hash", "pairs")})
    parts = [_hashed(texts.slice(start, CHUNK_SESSIONS), key=key) for start in range(0, texts.len(), CHUNK_SESSIONS)]
    return pl.concat([pl.DataFrame(schema=columns), *(part.cast(columns) for part in parts)])


def _hashed(texts: pl.Series, *, key: bytes) -> pl.DataFrame:
    folded = texts.str.normalize("NFKC").str.to_lowercase().str.extract_all(WORD)
    words = (
        pl.DataFrame({"words": folded})
        .with_row_index("text")
        .explode("words", empty_as_null=False)
        .filter(~pl.col("words").is_in(FILLERS))
        .with_columns(pl.col("words").cast(pl.Categorical))
    )
    owner = words["text"].to_numpy().astype(np.int64)
    codes = _codes(words["words"], key=key)
    counts = np.bincount(owner, minlength=texts.len())
    starts = np.concatenate([[0], np.cumsum(counts)])
    place = np.arange(owner.size) - starts[owner]
    weights = np.power(_LEFT, place.astype(np.uint64), dtype=np.uint64)  # sums depend on position, modulo 2**64
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(_mixed(codes) * weights, dtype=np.uint64)])
    whole = _mixed(sums[starts[1:]] - sums[starts[:-1]] + counts.astype(np.uint64))
    return pl.DataFrame(
        {
            "words": counts.astype(np.int64),
            "text_hash": [f"{value:016x}" for value in whole.tolist()],
            "pairs": list(_packed(owner, codes, texts=texts.len())),
        }
    )


def _codes(words: pl.Series, *, key: bytes) -> Codes:
    """Return each word's keyed 64-bit code; only distinct words are hashed."""
    distinct = words.unique(maintain_order=True)
    table = [
        int.from_bytes(hashlib.blake2b(word.encode(), key=key[:64], digest_size=CODE_BYTES).digest(), "little")
        for word in distinct.cast(pl.String).to_list()
    ]
    codes = pl.DataFrame({"word": distinct, "code": pl.Series(table, dtype=pl.UInt64)})
    joined = pl.DataFrame({"word": words}).join(codes, on="word", how="left", maintain_order="left")
    return joined["code"].to_numpy().astype(np.uint64)


def _packed(owner: npt.NDArray[np.int64], codes: Codes, *, texts: int) -> Iterator[str]:
    """Yield each text's distinct pairs, sorted, as base64 of little-endian 32-bit numbers."""
    pairs, owners = [], []
    for gap in (1, 2):
        same = owner[gap:] == owner[:-gap]
        pairs.append((_mixed(codes[:-gap] * _LEFT + codes[gap:] * _RIGHT) >> np.uint64(32))[same])
        owners.append(owner[:-gap][same])
    keyed = np.concatenate(owners).astype(np.uint64) << np.uint64(32) | np.concatenate(pairs)
    keyed = np.unique(keyed)
    bounds = np.searchsorted(keyed, np.arange(texts + 1, dtype=np.uint64) << np.uint64(32))
    body = (keyed & np.uint64(0xFFFFFFFF)).astype("<u4").tobytes()
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        yield base64.b64encode(body[start * 4 : end * 4]).decode()


def unpack_pairs(pairs: pl.Series) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the pairs of all texts in one array, and the offset of each text plus the total length."""
    raw = pairs.str.decode("base64")
    sizes = raw.bin.size("b").to_numpy().astype(np.int64) // 4
    body = np.frombuffer(b"".join(raw.to_list()), dtype="<u4").astype(np.uint32)
    return body, np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])


def _mixed(values: Codes) -> Codes:
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))
