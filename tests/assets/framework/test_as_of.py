"""The moment that a day is judged at."""

from datetime import UTC, date, datetime

import dagster as dg
import pytest

from assets.framework.as_of import as_of, run_moment
from assets.framework.partitions import daily

DAY = date(2026, 11, 23)


def test_a_day_under_way_is_judged_at_the_moment_of_the_run() -> None:
    moment = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)
    assert as_of(DAY, moment=moment) == moment


def test_a_settled_day_is_judged_at_the_same_moment_by_every_run() -> None:
    settled = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    assert as_of(DAY, moment=datetime(2026, 11, 24, 11, 0, 1, tzinfo=UTC)) == settled
    assert as_of(DAY, moment=datetime(2027, 2, 1, tzinfo=UTC)) == settled


def test_a_day_that_is_an_hour_longer_is_settled_twelve_hours_after_its_own_end() -> None:
    assert as_of(date(2026, 10, 25), moment=datetime(2027, 1, 1, tzinfo=UTC)) == datetime(2026, 10, 26, 11, tzinfo=UTC)
    assert as_of(date(2026, 3, 29), moment=datetime(2027, 1, 1, tzinfo=UTC)) == datetime(2026, 3, 30, 10, tzinfo=UTC)


def moments(tags: dict[str, str]) -> list[datetime]:
    found = []

    @dg.asset(partitions_def=daily)
    def probe(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        found.append(run_moment(context))
        return dg.MaterializeResult()

    result = dg.materialize([probe], partition_key="2026-11-20", tags=tags, raise_on_error=False)
    assert result.success or not found
    return found


def test_a_run_judges_at_the_moment_in_its_tag() -> None:
    assert moments({"pilot/as_of": "2026-11-24T12:00:00+01:00"}) == [datetime(2026, 11, 24, 11, tzinfo=UTC)]


def test_a_run_without_the_tag_judges_at_its_own_start() -> None:
    before = datetime.now(UTC)
    (moment,) = moments({})
    assert before.timestamp() - 1 <= moment.timestamp() <= datetime.now(UTC).timestamp()


@pytest.mark.parametrize("tag", ["noon", "2026-11-24T12:00:00", ""])
def test_a_tag_without_a_valid_moment_fails_the_run(tag: str) -> None:
    assert moments({"pilot/as_of": tag}) == []
