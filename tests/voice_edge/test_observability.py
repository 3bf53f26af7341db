"""Metrics, health and logs of a replica; none contains a customer's words."""

from __future__ import annotations

import contextlib
import io
import json
import logging

import httpx
import pytest
import structlog

from tests.voice_edge.replicas import eventually
from tests.waiting import DEADLINE_SECONDS
from voice_edge.logs import configure_logs

WORDS = "Hallonkrokodilen sjöng fagott"


@pytest.fixture
def logged():
    """Log as a replica does, at the lowest level; return what was logged."""
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        configure_logs(level="debug", replica="edge1")
    yield output.getvalue
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


async def test_a_customers_words_are_in_no_log_metric_or_error(replica, heard, logged):
    replica.recogniser.says = [heard(f"{WORDS} vid disken")]
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("question", turn=2)
        await page.send("mode", mode="text")
        await page.write(f"{WORDS} igen")
        replica.interviewer.broken = True
        await page.send("text", text=f"{WORDS} " + "a" * 2_000)
        error = await page.until("error")
        await page.socket.send(json.dumps({"type": "edit", "turn": WORDS, "text": WORDS}))
        fault = await page.until("error")
        await page.socket.send(f"{WORDS} {{")
        broken = await page.until("error")
        await page.write(f"{WORDS} till slut")
        await page.send("client_error", code="x", message=WORDS)
        await page.send("finish")
        await page.until("completed")
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        metrics = (await client.get(f"{replica.url}/metrics")).text
        refused = await client.post(
            f"{replica.url}/v1/rest", content=WORDS.encode(), headers={"X-Pilot-Resume": WORDS[:6]}
        )
    messages = json.dumps([error, fault, broken], ensure_ascii=False) + refused.text
    logs = logged()
    for place in (logs, metrics, messages):
        assert "allonkrokodil" not in place
        assert "fagott" not in place
    assert page.session_id in logs
    assert '"event": "no reply"' in logs
    assert page.session_id not in metrics


async def test_every_stage_of_an_answer_is_timed(replica):
    replica.recogniser.seconds = 0.3
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(2.0, loud=True, paced=True)
        await page.audio(0.8, loud=False, paced=True)
        reply = await replica.clock.run_until(page.until("reply", final=True), step=0.05)
        await page.send("shown", turn=1, at_ms=reply["speech_end_page_ms"] + 900.0)
        await page.until("ack")
        await page.send("leave")
        await page.closed()
    text = replica.edge.metrics.text().decode()
    for stage in (
        "soft_end",
        "recognition_start",
        "recognition_taken",
        "recognition_end",
        "commit",
        "responder_start",
        "first_token",
        "sent",
        "shown",
    ):
        assert f'edge_response_stage_seconds_count{{stage="{stage}"}} 1.0' in text
    for name in (
        "edge_recognition_seconds_count 1.0",
        "edge_recognition_queue_seconds_count 1.0",
        'edge_replies_total{author="scripted",purpose="follow_up"} 1.0',
        'edge_closes_total{code="1000"} 1.0',
        'edge_turns_total{mode="voice",outcome="answered"} 1.0',
        'edge_speculations_total{outcome="used"} 1.0',
        "edge_append_seconds_count",
        "edge_recogniser_queue_depth 0.0",
        "edge_recogniser_oldest_wait_seconds",
        "edge_sessions_talking 0.0",
        "edge_tasks",
        "process_open_fds",
    ):
        assert name in text, name


async def test_connections_are_counted_as_they_open_resume_and_close(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        await page.until("question", turn=2)
        snapshot = page.snapshot
        page.socket.transport.abort()
    async with replica.page() as page:
        assert (await page.hello(resume=snapshot))["resumed"] is True
        text = replica.edge.metrics.text().decode()
        await page.send("leave")
        await page.closed()
    for line in ('edge_openings_total{kind="new"} 1.0', 'edge_openings_total{kind="resumed"} 1.0'):
        assert line in text
    assert "edge_sessions_open 1.0" in text
    assert 'edge_closes_total{code="1000"} 1.0' in replica.edge.metrics.text().decode()


async def test_health_names_every_failed_check(replica):
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        assert (await client.get(f"{replica.url}/health/live")).status_code == 200
        ready = (await client.get(f"{replica.url}/health/ready")).json()
        assert ready["ready"] is True
        replica.edge.recogniser_ready = lambda: False
        replica.edge.landing_writable = lambda: False
        answer = await client.get(f"{replica.url}/health/ready")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["landing"] == "not writable"
    assert checks["recogniser"] == "warming up"


async def test_a_disk_that_failed_makes_the_replica_not_ready_until_it_works(replica):
    async with replica.page() as page, httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        await page.begin("text")
        replica.log.broken = True
        await page.send("text", text="Kaffet var kallt")
        await replica.clock.run_until(page.closed())
        answer = await client.get(f"{replica.url}/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"]["landing"] == "the last events could not be written"
        await replica.clock.advance(31.0)
        assert (await client.get(f"{replica.url}/health/ready")).status_code == 200
        async with replica.page() as still:
            await still.hello()
            await replica.clock.run_until(still.closed())
        assert (await client.get(f"{replica.url}/health/ready")).status_code == 503
        replica.log.broken = False
        async with replica.page() as again:
            await again.hello(resume=page.snapshot)
            await again.write("Kaffet var kallt")
            await eventually(lambda: "reply_sent" in replica.log.names())
        assert (await client.get(f"{replica.url}/health/ready")).status_code == 200
