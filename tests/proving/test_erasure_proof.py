"""The erasure proof holds, and does not hold once any one place is left un-erased."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyrage
import pytest

from operations.backup import restore as restoring
from operations.backup.restore import NotRestored
from operations.erasure import carry_out as carrying
from operations.retention import carry_out as limits
from operations.watch.money.overdue_rewards import decide_day
from pilot.lake_tables.tables import FINGERPRINTS, RAW_EVENTS, REWARDS, SCORED_FEEDBACK, SESSIONS, TURNS
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from pipelines.signals.fingerprints import fingerprints
from proving.erasure import proof
from proving.erasure.proof import (
    Found,
    PreparedHome,
    apply_time_limits,
    erase,
    prepare_home,
    prove,
    prove_prepared,
    search,
    search_both,
    verdict,
)
from storage.backup import sealing
from storage.erasure.everywhere import find_everywhere
from storage.erasure.landing_lines import RewriteResult
from storage.home import Home, open_home
from storage.landing.days import read_day
from storage.store.privacy import case_erasure, danger_erasure, day_states, label_erasure, money_erasure, tombstones
from storage.store.rewards import reward_rows
from tests import quick_passphrase

pytestmark = pytest.mark.xdist_group("erasure proof")  # Homes that the tests share.

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def build(home: Home, day: date) -> None:
    """Rebuild what holds words, tokens or money, without Dagster."""
    if day_states.of(home.store(), [day])[day] == "redacted":
        return
    raw = read_day(home.segments(), day, erased=tombstones.for_day(home.store(), day)).frame
    of_day, said = sessions(raw, as_of=NOW + timedelta(hours=3)), turns(raw)
    lake = home.lake()
    decide_day(home, day, now=NOW + timedelta(hours=3))
    for table, frame in (
        (RAW_EVENTS, raw),
        (SESSIONS, of_day),
        (TURNS, said),
        (SCORED_FEEDBACK, scored_feedback(of_day, said, cafes=home.cafes())),
        (FINGERPRINTS, fingerprints(of_day, said, key=home.secret())),
        (REWARDS, reward_rows.of_day(home.store(), day)),
    ):
        lake.replace_partition(table, day, frame, commit={})


@pytest.fixture(scope="module", autouse=True)
def quick_passphrases() -> Iterator[None]:
    """Seal backups without scrypt, which takes seconds in every proof."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "passphrase", quick_passphrase)
        yield


def test_an_erased_guest_is_nowhere_and_the_other_still_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "passphrase", pyrage.passphrase)  # Here backups are sealed as in the pilot.
    came_to = prove(tmp_path, build=build, now=NOW)
    assert came_to.proved, came_to
    assert came_to.reward == "eligible"
    found = " ".join(came_to.before["words"])
    for place in (
        "home/landing/day=",
        "home/landing/damaged",
        "home/.log/edge7",
        "home/.run",
        "home/.logs",
        "home/lake",
    ):
        assert place in found
    for mark in ("device", "label", "bygone label", "danger", "bygone danger", "case", "bygone case"):
        assert "store.sqlite" in " ".join(came_to.before[mark])


# What each step of the erasure is for: without it the proof must fail.
LEFT_OUT = {
    "landing": (carrying, "erase_from_day", lambda *_: RewriteResult()),
    "the lake's rows": (carrying, "erase_rows", lambda *_, **__: {}),
    "the lake's old versions": (carrying, "purge", lambda *_, **__: None),
    "the lines of logs": (carrying, "search", lambda *_, **__: []),
    "the money": (carrying.erasures, "pseudonymise", lambda *_: None),
    "the labels": (label_erasure, "delete_of_session", lambda *_: 0),
    "the labels of a day whose time is over": (label_erasure, "delete_of_day", lambda *_: 0),
    "the reported dangers": (danger_erasure, "delete_of_session", lambda *_: 0),
    "the reported dangers of a day whose time is over": (danger_erasure, "delete_of_day", lambda *_: 0),
    "the links to cases": (case_erasure, "delete_of_session", lambda *_: 0),
    "the links to cases of a day whose time is over": (case_erasure, "delete_of_day", lambda *_: 0),
    "the account that a guest wanted": (money_erasure, "_forget_account", lambda *_, **__: None),
    "the time limits": (proof, "apply_time_limits", lambda *_, **__: None),
    "the landing of a day whose time is over": (limits, "empty_lines", lambda *_: RewriteResult()),
    "the lake of a day whose time is over": (limits, "empty_day", lambda *_, **__: 0),
    "the time limits of a restored home": (restoring, "_apply_limits", lambda *_, **__: None),
    "the replay of tombstones": (restoring, "_replay", lambda *_, **__: 0),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[PreparedHome, Found]:
    """A prepared home to copy, and where its guests are found."""
    folder = tmp_path_factory.mktemp("prepared")
    passed = prepare_home(folder, build=build, now=NOW)
    before = search_both(folder, passed)
    passed.home.store().close()
    return passed, before


def copied(passed: PreparedHome, folder: Path) -> PreparedHome:
    """Copy a prepared home with its backups into an empty folder."""
    original = passed.home.root.parent
    shutil.copytree(original, folder, dirs_exist_ok=True)
    settings = passed.home.settings.model_copy(update={"home": folder / passed.home.root.name})
    old = replace(passed.old, path=folder / passed.old.path.relative_to(original))
    return replace(passed, home=open_home(settings), old=old)


@pytest.mark.parametrize("place", LEFT_OUT)
def test_a_place_that_is_left_out_is_caught(
    prepared: tuple[PreparedHome, Found], tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, before = prepared
    owner, name, instead = LEFT_OUT[place]
    monkeypatch.setattr(owner, name, instead)
    if place == "the lines of logs":
        monkeypatch.setattr(carrying, "overwrite_lines", lambda *_: 0)
    try:
        came_to = prove_prepared(copied(passed, tmp_path), tmp_path, before=before, build=build, now=NOW)
    except NotRestored:  # the erasure itself looks before it says that it is done, also within a restore
        return
    assert not came_to.proved


@pytest.fixture(scope="module")
def erased(
    prepared: tuple[PreparedHome, Found], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, PreparedHome]:
    """A home that a guest was erased from, beside a copy of it from before."""
    folder = tmp_path_factory.mktemp("proof")
    passed = copied(prepared[0], folder)
    before = folder / "before"
    shutil.copytree(passed.home.root, before)
    erase(passed, now=NOW)
    passed.home.store().close()
    return before, passed.home.root, passed


def test_any_single_file_that_comes_back_is_found(erased: tuple[Path, Path, PreparedHome]) -> None:
    before, root, passed = erased
    held = {name.split("!")[0] for places in search(before, passed.guest).values() for name in places}
    assert len(held) >= 10
    assert not any(search(root, passed.guest).values())
    for name in sorted(held):
        back, existed = root / name, (root / name).read_bytes() if (root / name).exists() else None
        back.parent.mkdir(parents=True, exist_ok=True)
        back.write_bytes((before / name).read_bytes())
        assert any(search(root, passed.guest).values()), name
        back.unlink() if existed is None else back.write_bytes(existed)
    assert not any(search(root, passed.guest).values())


def test_what_the_fresh_backup_and_the_restored_home_hold_is_searched_decoded(
    erased: tuple[Path, Path, PreparedHome], tmp_path: Path
) -> None:
    _, root, passed = erased
    apply_time_limits(passed.home, now=NOW)
    stays = replace(passed, guest=passed.bystander)
    came_to = verdict(stays, tmp_path / "kept", before=search(root, passed.bystander), now=NOW + timedelta(hours=1))
    opened = " ".join(came_to.after["fresh backup, opened"]["words"])
    assert "landing/day=" in opened
    assert "lake/turns/" in opened
    assert came_to.after["restored home"]["words"] != []
    assert came_to.after["backups as stored"]["words"] == []


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "utf16": lambda text: text.decode().encode("utf-16-le"),
    "escaped": lambda text: (
        b'{"a": "'
        + text.decode().encode("ascii", "backslashreplace").replace(b"\\xf6", b"\\u00f6").replace(b"\\xe5", b"\\u00e5")
        + b'"}'
    ),
    "zip": lambda text: _zipped(text),
    "zstd": lambda text: bytes(pa.compress(text * 50, codec="zstd", asbytes=True)),
    "parquet": lambda text: _parquet(text),
}


def _zipped(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("inside.txt", text * 50)
    return buffer.getvalue()


def _parquet(text: bytes) -> bytes:
    buffer = io.BytesIO()
    frame = pl.DataFrame({"a": [{"b": [text.decode()]}] * 50})
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


@pytest.mark.parametrize("how", PACKED)
def test_a_word_is_found_however_it_is_packed(tmp_path: Path, how: str) -> None:
    guest = proof.make_guest(at=NOW)
    packed = PACKED[how](guest.words[0].encode())
    (tmp_path / "file.bin").write_bytes(packed)
    assert search(tmp_path, guest)["words"] != []
    assert find_everywhere(tmp_path, {"other": {b"somebody else"}}) == {"other": []}
