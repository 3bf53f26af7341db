"""Static files are named by their content and kept for ever; another host may serve them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.async_api import async_playwright, expect

from operations.seeding import seed
from pilot.settings import InvalidSettings, Settings, read_settings
from storage.home import open_home
from tests.cli.conftest import Pilot, pilot
from tests.voice_edge.replicas import running_replica
from tests.waiting import DEADLINE_SECONDS
from voice_edge.http.static_files import STATIC_FOLDER, static_digest, static_url

__all__ = ["pilot"]

NAMED = re.compile(r'(?:href|src)="([^"]*?/static/[^"]+)"')


@pytest.fixture
async def client(replica):
    async with httpx.AsyncClient(base_url=replica.url, timeout=DEADLINE_SECONDS) as opened:
        yield opened


def test_the_name_follows_the_content_of_every_file(tmp_path: Path) -> None:
    folder = tmp_path / "static"
    shutil.copytree(STATIC_FOLDER, folder)
    before = static_digest(folder)
    assert before == static_digest(STATIC_FOLDER)
    static_digest.cache_clear()
    with (folder / "page.css").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert static_digest(folder) != before
    static_digest.cache_clear()


async def test_a_named_file_is_kept_for_ever_and_the_current_version_only(client) -> None:
    named = await client.get(static_url("page.css"))
    plain = await client.get("/static/page.css")
    other = await client.get("/static/v-01234567/page.css")
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (plain.headers["cache-control"], other.headers["cache-control"]) == ("no-cache", "no-store")
    assert named.content == plain.content == other.content
    assert named.headers["access-control-allow-origin"] == "*"
    assert (await client.get(static_url("no-such.css"))).status_code == 404
    assert (await client.get(static_url("../app.py"))).status_code == 404


async def test_every_file_that_a_page_names_exists_and_no_page_is_kept(client, replica) -> None:
    for path in (f"/c/{replica.code}", "/", "/c/nope"):
        page = await client.get(path)
        assert page.headers["cache-control"] == "no-store" or "max-age" not in page.headers["cache-control"]
        names = NAMED.findall(page.text)
        assert names
        for name in names:
            found = await client.get(name.partition("#")[0])
            assert found.status_code == 200, name
            assert ("immutable" in found.headers["cache-control"]) is ("icons.svg" not in name)


async def test_with_a_cdn_pages_name_its_host_and_their_policy_allows_it_only(home) -> None:
    settings = home.settings.model_copy(update={"cdn_url": "https://cdn.example.se/"})
    async with running_replica(home, settings=settings) as replica, httpx.AsyncClient(base_url=replica.url) as client:
        page = await client.get(f"/c/{replica.code}")
        names = NAMED.findall(page.text)
        assert {name.split("/static/")[0] for name in names if "icons.svg" not in name} == {"https://cdn.example.se"}
        assert {name.split("/static/")[0] for name in names if "icons.svg" in name} == {""}
        policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
        assert policy["script-src"] == policy["style-src"] == "'self' https://cdn.example.se"
        assert "cdn" not in policy["connect-src"] + policy["form-action"]


async def test_without_a_cdn_no_page_names_another_host(client, replica) -> None:
    page = await client.get(f"/c/{replica.code}")
    assert all(name.startswith("/static/") for name in NAMED.findall(page.text))
    assert "script-src 'self';" in page.headers["content-security-policy"]


@pytest.mark.browser
async def test_a_browser_talks_with_files_from_another_host(home, tmp_path: Path) -> None:
    faults: list[str] = []
    second = open_home(Settings(home=tmp_path / "cdn"))
    seed(second)
    async with running_replica(second) as cdn:
        # Another host for the browser: localhost is not 127.0.0.1. The setting itself wants https.
        other = f"http://localhost:{cdn.port}"
        settings = home.settings.model_copy(update={"cdn_url": other})
        async with running_replica(home, settings=settings) as replica, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
            )
            page = await browser.new_page(viewport={"width": 390, "height": 844})
            fetched: list[str] = []
            page.on("response", lambda each: fetched.append(each.url))
            page.on("console", lambda each: faults.append(each.text) if each.type == "error" else None)
            page.on("pageerror", lambda each: faults.append(str(each)))
            await page.goto(f"{replica.url}/c/{replica.code}?simulated=1&lang=en")
            await page.click("#choose-voice")
            await page.click("#agree")
            await expect(page.locator("body")).to_have_attribute("data-screen", "talk")
            await browser.close()
    assert faults == []
    ours = [each for each in fetched if each.startswith(replica.url) and "/static/" in each]
    assert [each for each in ours if "icons.svg" not in each] == []
    assert any(each.startswith(other) and each.endswith("capture.js") for each in fetched)


def test_a_cdn_is_an_https_host_without_a_path() -> None:
    assert read_settings({"PILOT_CDN_URL": "https://cdn.example.se"}).cdn_url == "https://cdn.example.se"
    for wrong in ("http://cdn.example.se", "https://cdn.example.se/a", "cdn.example.se", "https://a b"):
        with pytest.raises(InvalidSettings):
            read_settings({"PILOT_CDN_URL": wrong})


async def test_the_command_compares_the_cdn_with_the_edge(home, replica, pilot: Pilot, monkeypatch) -> None:
    import asyncio
    import json

    monkeypatch.setenv("PILOT_PUBLIC_URL", replica.url)
    done = await asyncio.to_thread(pilot, "cdn", "--json")
    found = {each["name"]: each["state"] for each in json.loads(done.stdout)["findings"]}
    assert (done.exit_code, found) == (0, {"static files": "ok", "pages": "ok", "cdn": "not_applicable"})
    away = await asyncio.to_thread(pilot, "cdn", "--json", PILOT_PUBLIC_URL="http://127.0.0.1:9")
    assert away.exit_code == 1
