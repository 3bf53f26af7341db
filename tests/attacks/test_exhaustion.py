"""Exhaustion, in small: an honest guest is served while a replica is attacked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks import exhaustion
from tests.attacks.exhaustion import BOMBS, own_target

LEAST_ATTACK = 40

pytestmark = [pytest.mark.processes, pytest.mark.slow]


async def test_a_guest_is_served_during_every_attack(tmp_path: Path) -> None:
    async with own_target(tmp_path / "home") as target:
        silent = await exhaustion.silent_connections(target, number=300)
        assert silent.guest_seconds is not None
        assert silent.held <= 256
        mute = await exhaustion.sockets_without_hello(target, number=LEAST_ATTACK + 40)
        assert mute.guest_seconds is not None
        assert mute.held <= LEAST_ATTACK
        assert 0 < await exhaustion.huge_client(target) < 2_000
        edits = await exhaustion.endless_edits(target, number=80)
        assert edits.held == 60
        for bomb in BOMBS:
            assert (await exhaustion.redaction_bombs(target, sockets=2, bomb=bomb)).guest_seconds is not None
