"""The file of redemptions keeps every redemption that was not undone, whatever else is in the file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.backup.redemption_file import NAME, UndoneRedemption, append_redemptions, read_redemptions
from storage.store.rewards.redemptions import RedeemedReward

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def redeemed(name: str, *, minutes: int = 0) -> RedeemedReward:
    return RedeemedReward(name, name, "aurora", False, 3000, AT + timedelta(minutes=minutes))


def kept(folder: Path) -> list[str]:
    return list(read_redemptions(folder / NAME, installation="ours").redeemed)


def test_a_missing_file_is_empty(tmp_path: Path) -> None:
    found = read_redemptions(tmp_path / NAME, installation="ours")
    assert (found.redeemed, found.unreadable, found.newest) == ({}, 0, None)


def test_a_redemption_is_kept_until_it_is_undone(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b", minutes=2)], installation="ours")
    append_redemptions(tmp_path, [UndoneRedemption("a", AT + timedelta(seconds=30))], installation="ours")
    assert kept(tmp_path) == ["b"]
    append_redemptions(tmp_path, [redeemed("a", minutes=1)], installation="ours")
    assert kept(tmp_path) == ["b", "a"]
    newest = read_redemptions(tmp_path / NAME, installation="ours").newest
    assert newest is not None
    assert newest.reward_id == "b"
    append_redemptions(tmp_path, [UndoneRedemption("a", AT)], installation="ours")  # repeated, of the earlier one
    assert kept(tmp_path) == ["b", "a"]


def test_installations_that_share_a_folder_read_their_own_lines(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a")], installation="ours")
    append_redemptions(tmp_path, [redeemed("b")], installation="theirs")
    assert kept(tmp_path) == ["a"]


@pytest.mark.parametrize(
    "line",
    [
        "{half",
        "[]",
        "null",
        '"text"',
        '{"installation": "ours"}',
        '{"installation": "ours", "reward_id": "x", "undone_at": "yesterday"}',
        '{"installation": "ours", "reward_id": "x", "undone_at": "2026-11-24T09:00:00"}',
        '{"installation": "ours", "reward_id": "x", "derived_id": "x", "cafe": "aurora", "simulated": false, '
        '"amount_ore": -1, "redeemed_at": "2026-11-24T09:00:00+00:00"}',
        '{"installation": "ours", "reward_id": "x", "derived_id": "x", "cafe": "aurora", "simulated": false, '
        '"amount_ore": "3000", "redeemed_at": "2026-11-24T09:00:00+00:00"}',
        "\ufffd\x00",
    ],
)
def test_a_damaged_line_is_counted_and_hides_no_other(tmp_path: Path, line: str) -> None:
    append_redemptions(tmp_path, [redeemed("a")], installation="ours")
    with (tmp_path / NAME).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    append_redemptions(tmp_path, [redeemed("b", minutes=1)], installation="ours")
    found = read_redemptions(tmp_path / NAME, installation="ours")
    assert (list(found.redeemed), found.unreadable) == (["a", "b"], 1)


def test_a_line_torn_by_a_kill_does_not_damage_the_next_one(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a"), redeemed("b")], installation="ours")
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-20])
    append_redemptions(tmp_path, [redeemed("c", minutes=1)], installation="ours")
    found = read_redemptions(path, installation="ours")
    assert (list(found.redeemed), found.unreadable) == (["a", "c"], 1)


def test_the_file_is_readable_by_nobody_else(tmp_path: Path) -> None:
    append_redemptions(tmp_path, [redeemed("a")], installation="ours")
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0
