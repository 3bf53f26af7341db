"""A day's cafés are divided into ranges and queries that cover each of them once, in order."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from storage.spark.ranges import Ranges, ranges_of, whole_day

NAMES = st.text(st.sampled_from("abcåäö-9'"), min_size=1, max_size=4)


def place(queries: list[Ranges], cafe: str) -> list[tuple[int, int]]:
    """Return every query and range that a café falls into, by the rules of the engine's own expressions."""
    found = []
    for number, query in enumerate(queries):
        if query.after is not None and not cafe > query.after:
            continue
        if query.lasts[-1] is not None and not cafe <= query.lasts[-1]:
            continue
        found.append((number, next(i for i, last in enumerate(query.lasts) if last is None or cafe <= last)))
    return found


@given(
    st.dictionaries(NAMES, st.integers(1, 500), min_size=1, max_size=40),
    st.lists(NAMES, max_size=10),
    st.integers(1, 600),
    st.integers(1, 2_000),
)
def test_each_cafe_is_in_one_range_and_the_ranges_keep_the_order(
    rows: dict[str, int], others: list[str], range_rows: int, query_rows: int
) -> None:
    counted = pl.DataFrame({"cafe": list(rows), "rows": list(rows.values())})
    queries = ranges_of(counted, range_rows=range_rows, fewest=1, query_rows=query_rows)
    places = [place(queries, cafe) for cafe in sorted({*rows, *others})]
    assert all(len(each) == 1 for each in places)
    assert [each[0] for each in places] == sorted(each[0] for each in places)


def test_a_small_day_is_shared_by_several_workers() -> None:
    counted = pl.DataFrame({"cafe": [f"cafe-{number:02}" for number in range(40)], "rows": [100] * 40})
    (query,) = ranges_of(counted)
    assert len(query.lasts) >= 16


def test_a_large_day_is_several_queries_of_bounded_ranges() -> None:
    counted = pl.DataFrame({"cafe": [f"cafe-{number:04}" for number in range(1_000)], "rows": [14_000] * 1_000})
    queries = ranges_of(counted)
    assert len(queries) == 2
    assert all(len(query.lasts) <= 33 for query in queries)


def test_no_rows_are_no_query_and_an_undivided_day_is_one_range() -> None:
    assert ranges_of(pl.DataFrame({"cafe": [], "rows": []}, schema={"cafe": pl.String, "rows": pl.Int64})) == []
    assert place(whole_day(), "any") == [(0, 0)]
