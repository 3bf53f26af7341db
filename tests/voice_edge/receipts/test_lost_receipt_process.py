"""A killed edge's acknowledged feedback has its receipt again once an edge is back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from pilot.cafes import parse_cafes
from pilot.events import SessionCompleted, make_event
from pilot.identifiers import new_identifier, new_receipt_token, receipt_hash
from pilot.settings import Settings
from storage.home import open_home
from storage.landing.log_lines import log_line
from storage.store.cafes import seed
from tests.edge_process import running_edge
from tests.ports import free_ports
from tests.waiting import DEADLINE_SECONDS

CHECKOUT = Path(__file__).parents[3]
FOUND_SECONDS = 60


@pytest.mark.processes
async def test_a_receipt_in_a_dead_edges_log_is_served_by_the_next_edge(tmp_path):
    cafes = CHECKOUT / "cafes.toml"
    home = open_home(Settings(home=tmp_path, cafes_file=cafes))
    seed.seed(home.store(), parse_cafes(cafes.read_text(encoding="utf-8"), source="cafes.toml"))
    token = new_receipt_token()
    sent = make_event(
        SessionCompleted(turns=1, language="sv", receipt_hash=receipt_hash(token), reference="K7M2QP"),
        event_id=new_identifier(),
        at=datetime.now(UTC),
        session_id=new_identifier(),
        cafe="goteborg",
        edge="edge1",
        epoch=1,
        seq=0,
        simulated=False,
    )
    left = home.root / ".log" / "edge1"
    left.mkdir(parents=True)
    (left / f"{new_identifier()}.log").write_bytes(log_line(sent))  # On the disk, not published: as a kill leaves it.
    (port,) = free_ports(1)
    async with (
        running_edge(tmp_path, port=port, stdout=asyncio.subprocess.DEVNULL),
        httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client,
        asyncio.timeout(FOUND_SECONDS),
    ):
        while (answer := await client.get(f"http://127.0.0.1:{port}/r/{token}")).status_code != 200:
            assert answer.status_code == 404
            await asyncio.sleep(0.2)
    assert "K7M 2QP" in answer.text
