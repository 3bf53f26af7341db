"""HEAD on every GET route, and addresses with capitals, full stops, slashes and spaces."""

from __future__ import annotations

import sys
import time

import httpx
import pytest

from tests.waiting import DEADLINE_SECONDS
from voice_edge.http.addresses import tidy_path
from voice_edge.http.app import create_app

OK = 200
LONG = 30_000
QUICK_SECONDS = 0.2  # Of processor time; a quadratic search takes seconds.
PARAMETERS = {"code": "222222", "token": "nothing-here", "cafe_id": "aurora"}


@pytest.fixture
async def client(replica):
    async with httpx.AsyncClient(base_url=replica.url, timeout=DEADLINE_SECONDS) as opened:
        yield opened


def get_addresses(edge):
    """Return an address for each GET route of the application's route table."""
    included = [route.original_router for route in create_app(edge).routes if hasattr(route, "original_router")]
    routes = [route for router in included for route in router.routes if "GET" in route.methods]
    return sorted({route.path.format(**PARAMETERS) for route in routes})


async def test_head_answers_like_get_on_every_route_of_the_table(client, replica):
    addresses = [*get_addresses(replica.edge), f"/c/{replica.code}", f"/qr/{replica.code}.png", "/static/page.css"]
    assert len(addresses) > 10
    wrong = []
    for address in addresses:
        got, head = await client.get(address), await client.head(address)
        same = head.headers.get("content-type") == got.headers.get("content-type")
        if head.status_code != got.status_code or head.content or not same:
            wrong.append((address, got.status_code, head.status_code))
    assert wrong == []


SPELLINGS = [
    "/C/{code}", "/c/{lower}", "/c/{code}.", "/c/{code}/", "/c/{code}./", "/c/{code},", "/c/{code}%20", "/c/%20{code}",
    "/c/{code}%C2%A0", "/c/{code})", "/c/{code}%22", "/c/{code}!", "/c/{code}...", "//c/{code}", "/c//{code}",
    "/c/{code}%E2%80%8B", "/c/{half}-{rest}", "/C/{lower}.?lang=en",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_code_opens_its_page_however_the_address_is_spelled(client, replica, method):
    code = replica.code
    wrong = []
    for spelling in SPELLINGS:
        path = spelling.format(code=code, lower=code.lower(), half=code[:3], rest=code[3:])
        answer = await client.request(method, f"{replica.url}{path}")
        if answer.status_code != OK:
            wrong.append(spelling)
    assert wrong == []


async def test_a_till_opens_however_its_address_is_spelled(client):
    paths = ("/till/aurora", "/till/aurora/", "/Till/Aurora", "/till/aurora.", "/TILL/AURORA/")
    answers = {path: await client.get(path) for path in paths}
    assert [path for path, answer in answers.items() if "Café Aurora" not in answer.text] == []


@pytest.mark.parametrize(
    ("path", "tidy"),
    [
        ("/", "/"),
        ("/R/aB-c_D.", "/r/aB-c_D"),
        ("/r/aB-c_D/erase/", "/r/aB-c_D/erase"),
        ("/QR/ABC234.svg", "/qr/ABC234.svg"),
        ("/static/page.css", "/static/page.css"),
        ("/metrics/", "/metrics/"),
        ("/c/", "/c"),
        ("/C", "/c"),
    ],
)
def test_only_addresses_that_people_type_are_changed_and_secrets_keep_their_case(path, tidy):
    assert tidy_path(path) == tidy


@pytest.mark.parametrize("first", ["c", "C", "r", "till", "qr", "privacy", "/c"])
@pytest.mark.parametrize("repeated", [".", "/", " ", "\u00a0", "\u200b", ")", "./", "a."])
def test_a_long_address_is_tidied_in_linear_time(first, repeated):
    path = f"/{first}/{repeated * (LONG // len(repeated))}a"
    before = time.process_time()
    tidy_path(path)
    assert time.process_time() - before < QUICK_SECONDS


def test_every_kind_of_space_is_taken_from_the_end():
    spaces = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
    assert [each for each in spaces if tidy_path(f"/c/ABC234{each}.{each}") != "/c/ABC234"] == []


@pytest.mark.parametrize("path", ["/c/", "/r/", "/till/", "/qr/", "/privacy/", "/static/", "/menu/", "/health/"])
async def test_an_address_longer_than_any_of_ours_is_refused(client, path):
    answer = await client.get(path + "." * LONG + "a")
    assert (answer.status_code, answer.text) == (414, "The address is too long.\n")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_code_followed_by_many_full_stops_opens_its_page(client, replica):
    assert (await client.get(f"/c/{replica.code}{'.' * 300}")).status_code == OK


async def test_a_post_keeps_its_path(client, replica):
    assert (await client.post(f"/c/{replica.code}.")).status_code in (404, 405)
