"""The café's answer on the receipt: shown to its guests, replied to once, gone when erased."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from storage.store.cafes import case_answers
from storage.store.cafes.case_answers import answers_to
from storage.store.cafes.case_changes import open_case, set_answer, set_status
from storage.store.cafes.cases import replies_of
from storage.store.privacy import tombstones
from voice_edge.doors.rates import RATES

GOOD = "Kaffet var gott men kön vid disken var en kvart lång vid lunch i dag."
ANSWER = "öppnat den andra kassan <b>till lunch</b>."
SAID = "Kön vid disken är för lång."
PHONE = {"width": 390, "height": 844}
OURS = {"sec-fetch-site": "same-origin", "origin": "null"}


async def send(replica) -> tuple[str, str]:
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.write(GOOD)
        await page.send("finish")
        path = (await page.until("completed"))["receipt"]
    await replica.edge.receipts.save_waiting()
    return path, page.session_id


@pytest.fixture
async def sent(replica):
    """Send feedback; return the receipt's path and the session."""
    return await send(replica)


def answer(replica, *sessions: str, said: str = ""):
    store = replica.home.store()
    case = open_case(
        store,
        cafe="aurora",
        subject="queue",
        origin="manual",
        week=replica.log.events[0].day,
        sessions=sessions,
        owner="Elin Berg",
        by="Anna",
    )
    set_status(store, case.id, "done", note="Extra kassa", by="Anna")
    return set_answer(store, case.id, answer=ANSWER, said=said, by="Anna")


async def test_a_receipt_without_a_case_shows_no_answer(client, replica, sent):
    path, _ = sent
    assert "Ni sa:" not in (await client.get(path)).text
    other, session = await send(replica)
    answer(replica, session)
    assert "Ni sa:" in (await client.get(other)).text
    assert "Ni sa:" not in (await client.get(path)).text


@pytest.mark.parametrize("said", ["", SAID])
async def test_the_guest_sees_what_was_said_and_done_with_the_date(client, replica, sent, said):
    path, session = sent
    answer(replica, session, said=said)
    page = (await client.get(path)).text
    assert f'<dd lang="sv">{said or "något om kön"}</dd>' in page
    assert "öppnat den andra kassan &lt;b&gt;till lunch&lt;/b&gt;." in page
    day = answers_to(replica.home.store(), session)[0].answered_at
    assert f"{day.day} " in page.split('class="answered"')[1].split("</section>")[0]
    assert "Bättre nu" in page
    assert "Inte än" in page
    for secret in ("Elin", "Anna", "Extra kassa", "kvart lång"):
        assert secret not in page
    english = (await client.get(f"{path}?lang=en")).text
    assert f'<dd lang="{"sv" if said else "en"}">' in english
    assert '<dd lang="sv">öppnat' in english
    assert "Better now" in english


@pytest.mark.parametrize(("verdict", "word"), [("better", "Bättre nu"), ("not_yet", "Inte än")])
async def test_a_verdict_counts_once(client, replica, sent, verdict, word):
    path, session = sent
    case = answer(replica, session)
    for given in (verdict, "better", "not_yet"):
        posted = await client.post(f"{path}/answers/{case.id}/{given}?lang=sv", headers=OURS)
        assert (posted.status_code, posted.headers["location"]) == (303, f"{path}?lang=sv")
    page = (await client.get(path)).text
    assert f"Tack! Du har svarat: {word}." in page
    assert "/answers/" not in page
    counted = replies_of(replica.home.store(), ["aurora"])[case.id]
    assert (counted.better, counted.not_yet) == ((1, 0) if verdict == "better" else (0, 1))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site", "origin": "https://other.feedbackai.se"},
        {"origin": "https://evil.example"},
    ],
)
async def test_a_foreign_page_gives_no_verdict(client, replica, sent, headers):
    path, session = sent
    case = answer(replica, session)
    posted = await client.post(f"{path}/answers/{case.id}/better", headers=headers)
    assert posted.status_code == 403
    assert "så inget har ändrats" in posted.text
    assert replies_of(replica.home.store(), ["aurora"])[case.id].better == 0


async def test_another_receipt_or_case_or_verdict_changes_nothing(client, replica, sent):
    path, session = sent
    other, stranger = await send(replica)
    case = answer(replica, session)
    assert (await client.post(f"{other}/answers/{case.id}/better", headers=OURS)).status_code == 303
    assert (await client.post(f"{path}/answers/unknown/better", headers=OURS)).status_code == 303
    assert (await client.post(f"{path}/answers/{case.id}/worse", headers=OURS)).status_code == 422
    assert (await client.post(f"/r/unknown/answers/{case.id}/better", headers=OURS)).status_code == 404
    assert (await client.get(f"{path}/answers/{case.id}/better")).status_code == 405
    assert answers_to(replica.home.store(), stranger) == []
    assert answers_to(replica.home.store(), session)[0].verdict is None


async def test_nothing_is_shown_or_recorded_after_the_erasing(client, replica, sent):
    path, session = sent
    case = answer(replica, session)
    await client.post(f"{path}/erase", headers=OURS)
    page = (await client.get(path)).text
    assert "Ni sa:" not in page
    assert "öppnat den andra" not in page
    assert (await client.post(f"{path}/answers/{case.id}/better", headers=OURS)).status_code == 303
    assert tombstones.erased_at(replica.home.store(), session) is not None
    assert replies_of(replica.home.store(), ["aurora"]) == {}


async def test_verdicts_are_limited_by_receipt(client, replica, sent):
    path, session = sent
    case = answer(replica, session)
    posts = [
        await client.post(f"{path}/answers/{case.id}/better", headers=OURS | {"x-forwarded-for": "203.0.113.7"})
        for _ in range(RATES["verdict"].times + 1)
    ]
    assert {each.status_code for each in posts[:-1]} == {303}
    assert posts[-1].status_code == 429


async def test_no_verdict_is_confirmed_while_the_store_is_away(client, replica, sent, monkeypatch):
    path, session = sent
    case = answer(replica, session)

    def away(*_: object, **__: object) -> None:
        raise OSError("away")

    monkeypatch.setattr(case_answers, "give_verdict", away)
    posted = await client.post(f"{path}/answers/{case.id}/better", headers=OURS)
    assert posted.status_code == 503
    assert f'href="{path}"' in posted.text


@pytest.fixture
async def chromium():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        await browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("javascript", [True, False])
async def test_a_guest_replies_on_a_telephone(replica, chromium, sent, javascript):
    path, session = sent
    answer(replica, session, said=SAID)
    page = await (await chromium.new_context(viewport=PHONE, java_script_enabled=javascript)).new_page()
    await page.goto(replica.url + path)
    for name in ("Bättre nu", "Inte än"):
        box = await page.get_by_role("button", name=name).bounding_box()
        assert min(box["width"], box["height"]) >= 48
    await page.get_by_role("button", name="Inte än").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("Tack! Du har svarat: Inte än.").wait_for()
    assert await page.get_by_role("button", name="Bättre nu").count() == 0
    assert answers_to(replica.home.store(), session)[0].verdict == "not_yet"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["sv", "en"])
async def test_axe_finds_nothing_on_a_receipt_with_an_answer(replica, chromium, sent, scheme, language, tmp_path):
    path, session = sent
    case = answer(replica, session, said=SAID)
    page = await (await chromium.new_context(viewport=PHONE, color_scheme=scheme)).new_page()
    for replied in (False, True):
        if replied:
            case_answers.give_verdict(replica.home.store(), case_id=case.id, session_id=session, verdict="better")
        await page.goto(f"{replica.url}{path}?lang={language}")
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.screenshot(path=tmp_path / "receipt.png", full_page=True)
