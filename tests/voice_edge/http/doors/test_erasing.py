"""Erasing answers from the receipt: confirmed first, done once, never reported falsely."""

from __future__ import annotations

import pytest

from storage.store import audit, outbox
from storage.store.privacy import tombstones

GOOD = "Kaffet var gott men kön vid disken var en kvart lång vid lunch i dag."


@pytest.fixture
async def sent(replica):
    """Send feedback; return the receipt's path and the session."""
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.write(GOOD)
        await page.send("finish")
        path = (await page.until("completed"))["receipt"]
    await replica.edge.receipts.save_waiting()
    return path, page.session_id


async def test_the_receipt_is_there_a_week_later_in_both_languages(client, replica, sent, at):
    path, _ = sent
    at("2026-11-30T03:00:00")
    swedish = await client.get(path)
    assert swedish.status_code == 200
    assert '<html lang="sv">' in swedish.text
    assert f'href="{path}/erase?lang=sv"' in swedish.text
    assert 'href="?lang=en"' in swedish.text
    english = (await client.get(f"{path}?lang=en")).text
    assert '<html lang="en">' in english
    assert "Erase my answers" in english
    assert "kön" not in english
    assert (await client.get(f"{path}?lang=xx")).status_code == 200


async def test_erasing_needs_a_confirmation(client, replica, sent):
    path, session = sent
    answer = await client.get(f"{path}/erase")
    assert "Vill du radera dina svar?" in answer.text
    assert f'<form class="actions" method="post" action="{path}/erase?lang=sv">' in answer.text
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert tombstones.erased_at(replica.home.store(), session) is None


async def test_answers_are_erased_once_and_the_receipt_shows_it(client, replica, sent):
    path, session = sent
    store = replica.home.store()
    cursor, _ = outbox.touched_days(store, after=0)
    for _ in range(2):
        answer = await client.post(f"{path}/erase?lang=en", headers={"sec-fetch-site": "same-origin", "origin": "null"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?lang=en")
    assert session in tombstones.for_day(store, replica.log.events[0].day)
    _, touched = outbox.touched_days(store, after=cursor)
    assert touched == {replica.log.events[0].day}
    entry = audit.recent(store, 1)[0]
    assert (entry.action, entry.actor, entry.subject) == ("session.erase", "guest", session)
    receipt = (await client.get(f"{path}?lang=en")).text
    assert "Your answers have been erased" in receipt
    assert "/erase" not in receipt
    assert "reward" not in receipt.split("keep_title")[0].split("<main")[1].split("ticket")[0].lower()
    assert (await client.get(f"{path}/erase")).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site", "origin": "https://other.feedbackai.se"},
        {"origin": "https://evil.example"},
    ],
)
async def test_a_foreign_page_cannot_erase_answers(client, replica, sent, headers):
    path, session = sent
    answer = await client.post(f"{path}/erase", headers=headers)
    assert answer.status_code == 403
    assert "Dina svar är inte raderade än." not in answer.text
    assert "Öppna kvittot och tryck på knappen där." in answer.text
    assert tombstones.erased_at(replica.home.store(), session) is None


async def test_an_old_browser_without_origin_headers_may_erase(client, replica, sent):
    path, session = sent
    assert (await client.post(f"{path}/erase")).status_code == 303
    assert tombstones.erased_at(replica.home.store(), session) is not None


async def test_nothing_is_reported_as_erased_while_the_store_is_away(client, replica):
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.write(GOOD)
        replica.store_away = True
        await page.send("finish")
        path = (await page.until("completed"))["receipt"]
    answer = await client.post(f"{path}/erase")
    assert answer.status_code == 503
    assert "Dina svar är inte raderade än." in answer.text
    assert int(answer.headers["retry-after"]) > 0
    replica.store_away = False
    assert (await client.post(f"{path}/erase")).status_code == 303  # Also while its receipt still waits for the store.
    assert "Dina svar är raderade" in (await client.get(path)).text


async def test_a_saved_receipt_is_unavailable_while_the_store_is_away(client, replica, sent):
    replica.store_away = True
    answer = await client.get(sent[0])
    assert answer.status_code == 503
    assert f'href="{sent[0]}"' in answer.text


async def test_a_wrong_secret_is_not_found(client):
    for path in ("/r/x/erase", "/r/%2e%2e/erase", "/r/" + "a" * 200):
        answer = await client.get(path)
        assert answer.status_code == 404
    assert (await client.post("/r/unknown/erase")).status_code == 404
