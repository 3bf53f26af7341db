"""A danger that a guest reports is in the store at once, sent or not, and never holds up the talk."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack

import pytest
from structlog.testing import capture_logs

from operations.record_lines import records_of
from operations.watch.alerts.urgent import RECORDS_NAME, UrgentWatcher
from pilot.business_days import session_day
from pilot.events import Client
from pipelines.language import reader
from storage.errors import StoreAway
from storage.store.cafes.danger_reports import DangerReport, reports_since
from storage.store.engine import Store
from tests.voice_edge.pages import Page
from tests.voice_edge.replicas import Replica, eventually
from tests.voice_edge.stand_ins import recognised
from voice_edge.conversation import danger_reports
from voice_edge.conversation.danger_reports import RETRY_SECONDS, DangerReports
from voice_edge.conversation.state import SessionState

DANGER = "Min son kan inte andas"


def reported(replica: Replica, page: Page) -> list[DangerReport]:
    store, day = replica.home.store(), session_day(page.session_id)
    return [each for each in reports_since(store, day, simulated=True) if each.session_id == page.session_id]


async def test_a_danger_is_in_the_store_before_the_feedback_is_sent(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write(DANGER)
        await eventually(lambda: reported(replica, page) != [])
        assert "session_completed" not in replica.log.names()
    (report,) = reported(replica, page)
    assert (report.turn, report.cafe, report.day) == (1, "aurora", session_day(page.session_id))
    assert (report.kind, report.happens, report.who) == ("breathing", "now", "companion")
    assert report.reported_at == replica.clock.now()


async def test_a_danger_reaches_the_records_of_the_watch_at_its_next_round(replica, tmp_path):
    home = replica.home
    watch = UrgentWatcher(
        home.lake(), open_store=home.store, folder=tmp_path, pages_url="https://x.se", simulated=True,
        clock=replica.clock.now,
    )  # fmt: skip
    async with replica.page() as page:
        await page.begin("text")
        await page.write(DANGER)
        await eventually(lambda: reported(replica, page) != [])
        await asyncio.to_thread(watch)
    (record,) = records_of(tmp_path / RECORDS_NAME)
    assert (record["session_id"], record["cafe"], record["kinds"]) == (page.session_id, "aurora", ["injury"])


async def test_an_answer_without_danger_reports_none(running):
    async with running() as replica:
        async with replica.page() as page:
            await page.begin("text")
            await page.write("Kaffet var gott")
            await page.write(DANGER)
            await page.send("leave")
            await page.closed()
        await eventually(lambda: reported(replica, page) != [])
    # A replica that has stopped has settled every report.
    assert [each.turn for each in reported(replica, page)] == [2]


async def test_a_turn_of_low_confidence_is_read_too(replica):
    replica.recogniser.says = [recognised(DANGER, confidence=0.2, low_confidence=True)]
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await replica.clock.run_until(eventually(lambda: reported(replica, page) != []))
    assert replica.log.data("utterance_committed")[0]["low_confidence"] is True


async def test_a_guest_who_closes_the_page_at_once_is_reported(replica):
    free = asyncio.Event()
    async with replica.page() as page:
        await page.begin("text")
        replica.log.slow = free
        await page.send("text", text=DANGER)
        await page.until("state", state="thinking")
        page.socket.transport.abort()
        await eventually(lambda: reported(replica, page) != [])
    assert "utterance_committed" not in replica.log.names()
    free.set()


async def test_a_store_that_hangs_delays_no_reply(replica, monkeypatch):
    answers = threading.Event()
    add = danger_reports.add_report

    def hang(store: Store, report: DangerReport) -> bool:
        answers.wait()
        return add(store, report)

    monkeypatch.setattr(danger_reports, "add_report", hang)
    async with AsyncExitStack() as stack:
        stack.callback(answers.set)
        page = await stack.enter_async_context(replica.page())
        await page.begin("text")
        assert (await page.write(DANGER))["purpose"] == "follow_up"
        assert reported(replica, page) == []
    await eventually(lambda: reported(replica, page) != [])


async def test_a_danger_is_reported_once_the_store_is_back(replica):
    async with replica.page() as page:
        await page.begin("text")
        replica.store_away = True
        await page.write(DANGER)
        await replica.clock.advance(RETRY_SECONDS[0])
        assert reported(replica, page) == []
        replica.store_away = False
        await replica.clock.run_until(eventually(lambda: reported(replica, page) != []))
        assert await page.write("Tack för hjälpen")


@pytest.mark.parametrize("fault", [ValueError(f"no reading of {DANGER}"), MemoryError()])
async def test_a_reading_that_fails_is_logged_without_words_and_the_talk_goes_on(replica, monkeypatch, fault):
    def fail(_turns: list[str]) -> None:
        raise fault

    monkeypatch.setattr(reader, "read", fail)
    with capture_logs() as logs:
        async with replica.page() as page:
            await page.begin("text")
            assert (await page.write(DANGER))["turn"] == 1
            await eventually(lambda: any(each["event"] == "danger not reported" for each in logs))
            assert (await page.write("Kaffet var gott"))["turn"] == 2
    entry = next(each for each in logs if each["event"] == "danger not reported")
    assert entry == {
        "event": "danger not reported",
        "log_level": "error",
        "session_id": page.session_id,
        "turn": 1,
        "kind": type(fault).__name__,
    }


async def test_a_store_that_stays_away_is_logged_by_the_kind_of_error(replica):
    state = SessionState(
        session_id="01a20810-0f80-70dc-972f-1c479c42d77f", cafe="aurora", code="BCDFGH", language="sv",
        simulated=True, device_hash="", client=Client(browser="Safari", os="iOS"),
    )  # fmt: skip
    reports = DangerReports(replica.edge, state, read=lambda _: reader.Danger("allergy", "now", "guest", 0.9))
    replica.store_away = True
    with capture_logs() as logs:
        reports.begin(3, "Någon kan inte andas")
        await replica.clock.run_until(reports.settle())
    (entry,) = [each for each in logs if each["log_level"] == "error"]
    assert (entry["event"], entry["turn"], entry["kind"]) == ("danger not reported", 3, StoreAway.__name__)
