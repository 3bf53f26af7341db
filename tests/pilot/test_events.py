"""The raw-event contract: events round-trip, faults are named, unknown parts are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pilot.business_days import session_day
from pilot.errors import InvalidEvent
from pilot.events import EVENTS, json_schema, make_event, parse_event, unknown_parts
from pilot.identifiers import new_identifier

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))
FINITE = {
    "duration_ms": st.floats(min_value=0, allow_infinity=False),
    "durations_ms": st.lists(st.floats(min_value=0, allow_infinity=False), max_size=3),
}
CONTENTS = st.one_of(
    *(
        st.builds(model, **{name: values for name, values in FINITE.items() if name in model.model_fields})
        for model in EVENTS.values()
    )
)
SCHEMA = jsonschema.Draft202012Validator(json_schema())


@st.composite
def events(draw):
    opened = draw(MOMENTS)
    return make_event(
        draw(CONTENTS),
        event_id=new_identifier(at=draw(MOMENTS)),
        at=draw(MOMENTS),
        session_id=new_identifier(at=opened),
        cafe=draw(st.sampled_from(["aurora", "malmohuset", "goteborg"])),
        edge="edge1",
        epoch=draw(st.integers(1, 5)),
        seq=draw(st.integers(0, 10_000)),
        simulated=draw(st.booleans()),
    )


def story(**changes) -> dict:
    event = make_event(
        EVENTS["page_opened"](code="BCDFGH", language="sv", device_hash="d"),
        event_id=new_identifier(),
        at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        session_id=new_identifier(),
        cafe="aurora",
        edge="edge1",
        epoch=1,
        seq=0,
        simulated=False,
    )
    return {**json.loads(event.line()), **changes}


@pytest.mark.parametrize("figure", [float("inf"), float("-inf"), float("nan")])
def test_a_figure_that_json_cannot_write_is_refused(figure):
    with pytest.raises(ValidationError, match="duration_ms"):
        EVENTS["probe"](target="receipt", ok=True, duration_ms=figure, every_seconds=30)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(events())
def test_an_event_read_back_is_the_event_written(event):
    line = event.line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert parse_event(line) == event
    assert parse_event(line).line() == line


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(events())
def test_every_event_written_fits_the_published_schema(event):
    SCHEMA.validate(json.loads(event.line()))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(events(), st.text(min_size=1, max_size=12).map(lambda name: f"new_{name}"))
def test_unknown_fields_are_kept_and_named(event, name):
    tree = json.loads(event.line())
    tree[name] = 1
    tree["data"][name] = {"nested": True}
    read = parse_event(json.dumps(tree))
    again = json.loads(read.line())
    assert again[name] == 1
    assert again["data"][name] == {"nested": True}
    assert set(unknown_parts(read)) == {f"envelope:{name}", f"{event.event}.{name}"}


def test_an_unknown_event_is_kept_and_named():
    read = parse_event(json.dumps(story(event="table_cleaned", data={"by": "Siv"})))
    assert json.loads(read.line())["data"] == {"by": "Siv"}
    assert unknown_parts(read) == ("event:table_cleaned",)


def test_an_events_day_is_its_sessions_day_whenever_it_was_recorded():
    session = new_identifier(at=datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC))
    late = parse_event(json.dumps(story(session_id=session, at="2026-10-27T08:00:00.000000Z")))
    assert late.day == session_day(session) == datetime(2026, 10, 25, tzinfo=UTC).date()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"at": "2026-11-23T12:00:00"}, "at: expected a moment in UTC"),
        ({"at": "2026-11-23T12:00:00+01:00"}, "at: expected a moment in UTC"),
        ({"at": 17}, "at: expected a moment in UTC"),
        ({"session_id": "5f0c2a6e-7b1d-4c5e-9d0a-111111111111"}, "version 7"),
        ({"event_id": None}, "event_id"),
        ({"seq": -1}, "seq"),
        ({"epoch": 0}, "epoch"),
        ({"data": "words"}, "data"),
        ({"data": {"language": "sv", "device_hash": "d"}}, "code: Field required"),
        ({"data": {"code": "B", "language": "fi", "device_hash": "d"}}, "language"),
    ],
)
def test_a_broken_line_is_refused_with_the_fields_name(changes, named):
    with pytest.raises(InvalidEvent, match=named):
        parse_event(json.dumps(story(**changes)))


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"kaffe", b'"words"'])
def test_garbage_is_refused_as_an_invalid_event(line):
    with pytest.raises(InvalidEvent):
        parse_event(line)


def test_an_error_never_repeats_a_customers_words():
    secret = "mitt kaffe var kallt"
    broken = story(event="utterance_committed", data={"turn": 0, "transcript": secret, "mode": secret})
    with pytest.raises(InvalidEvent) as error:
        parse_event(json.dumps(broken))
    assert secret not in str(error.value)


def test_the_schema_in_the_docs_is_the_contracts():
    published = Path(__file__).parents[2] / "docs" / "raw-event.schema.json"
    assert json.loads(published.read_text()) == json_schema(), "run `pilot schema events > docs/raw-event.schema.json`"
