"""The file of redemptions keeps every redemption that was not undone, whatever else is in the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.backup.redemption_file import NAME, Installation, UndoneRedemption, append_redemptions, read_redemptions
from storage.store.rewards.redemptions import RedeemedReward

OURS, THEIRS = (Installation.of(secret, home="h1") for secret in (b"our secret key", b"their secret key"))
SECOND = replace(OURS, home="h2")
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def redeemed(name: str, *, minutes: int = 0) -> RedeemedReward:
    return RedeemedReward(name, name, "aurora", False, 3000, AT + timedelta(minutes=minutes))


def kept(folder: Path) -> list[str]:
    return list(read_redemptions(folder / NAME, installation=OURS).redeemed)


def test_a_missing_file_is_empty(tmp_path: Path) -> None:
    found = read_redemptions(tmp_path / NAME, installation=OURS)
    assert (found.redeemed, found.unreadable, found.newest(found.sealed)) == ({}, 0, None)


def test_a_redemption_is_kept_until_it_is_undone(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b", minutes=2)], installation=OURS)
    append_redemptions(tmp_path, [UndoneRedemption("a", AT + timedelta(seconds=30))], installation=OURS)
    assert kept(tmp_path) == ["b"]
    append_redemptions(tmp_path, [redeemed("a", minutes=1)], installation=OURS)
    assert kept(tmp_path) == ["b", "a"]
    newest = read_redemptions(tmp_path / NAME, installation=OURS).newest(["a", "b"])
    assert newest is not None
    assert newest.reward_id == "b"
    append_redemptions(tmp_path, [UndoneRedemption("a", AT)], installation=OURS)  # repeated, of the earlier one
    assert kept(tmp_path) == ["b", "a"]


def test_installations_that_share_a_folder_read_their_own_lines(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a")], installation=OURS)
    append_redemptions(tmp_path, [redeemed("b")], installation=THEIRS)
    assert kept(tmp_path) == ["a"]


@pytest.mark.parametrize(
    "line",
    [
        "{half",
        "[]",
        "null",
        '"text"',
        '{"installation": "MARK"}',
        '{"installation": "MARK", "reward_id": "x", "undone_at": "yesterday"}',
        '{"installation": "MARK", "reward_id": "x", "undone_at": "2026-11-24T09:00:00"}',
        '{"installation": "MARK", "reward_id": "x", "derived_id": "x", "cafe": "aurora", "simulated": false, '
        '"amount_ore": -1, "redeemed_at": "2026-11-24T09:00:00+00:00"}',
        '{"installation": "MARK", "reward_id": "x", "derived_id": "x", "cafe": "aurora", "simulated": false, '
        '"amount_ore": "3000", "redeemed_at": "2026-11-24T09:00:00+00:00"}',
        '{"installation": "MARK", "reward_id": "x", "derived_id": "x", "cafe": "aurora", "simulated": false, '
        '"amount_ore": 2147483648, "redeemed_at": "2026-11-24T09:00:00+00:00"}',
        "\ufffd\x00",
        "[" * 100_000,
    ],
)
def test_a_damaged_line_is_counted_and_hides_no_other(tmp_path: Path, line: str) -> None:
    append_redemptions(tmp_path, [redeemed("a")], installation=OURS)
    with (tmp_path / NAME).open("a", encoding="utf-8") as file:
        file.write(line.replace("MARK", OURS.mark) + "\n")
    append_redemptions(tmp_path, [redeemed("b", minutes=1)], installation=OURS)
    found = read_redemptions(tmp_path / NAME, installation=OURS)
    assert (list(found.redeemed), found.unreadable) == (["a", "b"], 1)


def test_a_line_torn_by_a_kill_does_not_damage_the_next_one(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b")], installation=OURS)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-20])
    append_redemptions(tmp_path, [redeemed("c", minutes=1)], installation=OURS)
    found = read_redemptions(path, installation=OURS)
    assert (list(found.redeemed), found.unreadable) == (["a", "c"], 1)


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / NAME).read_text("utf-8").splitlines()]


def write_by_hand(folder: Path, *lines: dict[str, Any]) -> None:
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines)


def without_seal(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "seal"}


CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another reward": lambda line: {**line, "reward_id": "x"},
    "another time": lambda line: {**line, "redeemed_at": (AT + timedelta(days=300)).isoformat()},
    "another amount": lambda line: {**line, "amount_ore": 1},
    "another home": lambda line: {**line, "home": "h2"},
    "no home": lambda line: {name: value for name, value in line.items() if name != "home"},
    "another field": lambda line: {**line, "more": 1},
    "no seal's value": lambda line: {**line, "seal": None},
    "another kind of seal": lambda line: {**line, "seal": ["å\ud800"]},
    "an undone one": lambda line: {
        "installation": line["installation"], "reward_id": "a", "undone_at": AT.isoformat(), "seal": line["seal"],
    },
    "another installation's": lambda line: {**line, "seal": THEIRS.seal(line)},
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_line_changed_by_hand_is_not_believed(tmp_path: Path, change: str) -> None:
    append_redemptions(tmp_path, [redeemed("a")], installation=OURS)
    write_by_hand(tmp_path, CHANGES[change](lines_of(tmp_path)[0]))
    found = read_redemptions(tmp_path / NAME, installation=OURS)
    assert (list(found.redeemed.values()), found.unreadable) == ([redeemed("a")], 1)


def test_lines_of_the_earlier_form_are_read_and_are_not_sealed(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b")], installation=OURS)
    append_redemptions(tmp_path, [UndoneRedemption("b", AT + timedelta(seconds=9))], installation=OURS)
    earlier = [without_seal(line) for line in lines_of(tmp_path)]
    (tmp_path / NAME).unlink()
    write_by_hand(tmp_path, *earlier)
    append_redemptions(tmp_path, [redeemed("c", minutes=-9)], installation=OURS)
    found = read_redemptions(tmp_path / NAME, installation=OURS)
    assert (list(found.redeemed), found.own, found.unreadable) == (["a", "c"], {"c"}, 0)
    assert found.newest(found.own) == redeemed("c", minutes=-9)


def test_homes_that_share_a_folder_and_a_key_read_their_own_lines(tmp_path: Path) -> None:
    for name, home in (("a", OURS), ("b", SECOND), ("c", OURS)):
        append_redemptions(tmp_path, [redeemed(name)], installation=home)
    append_redemptions(tmp_path, [UndoneRedemption("a", AT + timedelta(seconds=9))], installation=SECOND)
    ours, second = (read_redemptions(tmp_path / NAME, installation=home) for home in (OURS, SECOND))
    assert (list(ours.redeemed), ours.own, ours.others) == (["a", "c"], {"a", "c"}, {"h2": {"a", "b"}})
    assert (list(second.redeemed), second.unreadable) == (["b"], 0)
    assert list(read_redemptions(tmp_path / NAME, installation=replace(OURS, home=None)).redeemed) == ["b", "c"]


@pytest.mark.parametrize("sealed", [True, False])
def test_an_earlier_line_is_everybodys_until_a_home_names_it(tmp_path: Path, sealed: bool) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b")], installation=replace(OURS, home=None))
    if not sealed:
        earlier = [without_seal(line) for line in lines_of(tmp_path)]
        (tmp_path / NAME).unlink()
        write_by_hand(tmp_path, *earlier)
    for home in (OURS, SECOND):
        found = read_redemptions(tmp_path / NAME, installation=home)
        assert (list(found.redeemed), found.own, found.sealed) == (["a", "b"], set(), {"a", "b"} if sealed else set())
    append_redemptions(tmp_path, [redeemed("a")], installation=OURS)
    assert list(read_redemptions(tmp_path / NAME, installation=SECOND).redeemed) == ["b"]
    assert set(read_redemptions(tmp_path / NAME, installation=OURS).redeemed) == {"a", "b"}


@pytest.mark.parametrize("home", ["h1", "h2", "x", None, 1])
def test_a_home_named_in_a_line_without_a_seal_hides_nothing(tmp_path: Path, home: object) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b")], installation=OURS)
    earlier = [{**without_seal(line), "home": home} for line in lines_of(tmp_path)]
    (tmp_path / NAME).unlink()
    write_by_hand(tmp_path, *earlier)
    append_redemptions(tmp_path, [redeemed("a")], installation=OURS)
    found = read_redemptions(tmp_path / NAME, installation=OURS)
    assert (set(found.redeemed), found.own, found.others) == ({"a", "b"}, {"a"}, {})


def test_an_unsealed_line_changes_nothing_about_a_sealed_one(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b")], installation=OURS)
    append_redemptions(tmp_path, [UndoneRedemption("b", AT + timedelta(seconds=9))], installation=OURS)
    first, second, undone = (without_seal(line) for line in lines_of(tmp_path))
    write_by_hand(
        tmp_path,
        {**first, "amount_ore": 1},
        {**undone, "reward_id": "a"},
        {**second, "redeemed_at": (AT + timedelta(hours=1)).isoformat()},
    )
    assert list(read_redemptions(tmp_path / NAME, installation=OURS).redeemed.values()) == [redeemed("a")]


def test_a_sealed_line_repeated_after_its_undoing_stays_undone(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b")], installation=OURS)
    append_redemptions(tmp_path, [UndoneRedemption("b", AT + timedelta(seconds=9))], installation=OURS)
    write_by_hand(tmp_path, *lines_of(tmp_path)[:2])
    assert kept(tmp_path) == ["a"]


def test_the_file_is_readable_by_nobody_else(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a")], installation=OURS)
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0
