"""`@daily_table`: turns a function that rebuilds one day of a table into a partitioned Dagster asset.

One run covers any number of days (`BackfillPolicy.single_run`): starting a process costs seconds, a day milliseconds.
A closed or redacted day is left unchanged.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

import inspect
import warnings
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import dagster as dg

from assets.framework.as_of import as_of, run_moment
from assets.framework.checks import written_results, written_specs
from assets.framework.day import RebuildResult, TableDay
from assets.framework.engine import EngineResource
from assets.framework.failures import failures_without_words
from assets.framework.freshness import FIGURES
from assets.framework.groups import owners
from assets.framework.partitions import daily
from assets.framework.resources import HomeResource
from assets.framework.touched import touched_of
from assets.framework.unchanging_days import REOPEN_TAG, protected_days
from pilot.lake_tables.tables import Column, Table
from storage.cafe_parts import ALL

# Conflicting commits and an unavailable store are temporary; faulty data is not, and is not retried
# (`failures_without_words`).
RETRIES = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)

Rebuild = Callable[[TableDay], RebuildResult]


def daily_table(
    table: Table,
    *,
    group: str,
    kinds: set[str],
    code_version: str,
    deps: Sequence[dg.AssetsDefinition | dg.AssetSpec | str] = (),
    freshness: dg.FreshnessPolicy = FIGURES,
    from_figures: bool = False,
    by_cafe: bool = False,
) -> Callable[[Rebuild], dg.AssetsDefinition]:
    """Return a decorator that makes the asset of a lake table.

    Args:
        table: The table; its name is the asset's key, its row's meaning the description.
        group: landing, feedback, figures, money or reports (docs/assets.md); decides the owner.
        kinds: The technologies, shown as badges.
        code_version: Increased when the same inputs would give other rows.
        deps: The assets that the rebuild reads.
        freshness: The freshness policy; by default that of the sensor's tables.
        from_figures: Whether it is built only from figures, which closed days retain, so that closed days are built
            too.
        by_cafe: Whether a café's rows are made from this café's rows of other tables only, so that a run for a few
            cafés rebuilds their rows and no others.
    """

    def decorate(rebuild: Rebuild) -> dg.AssetsDefinition:
        with warnings.catch_warnings():
            # Single-run backfills are a beta in Dagster 1.13; a run for each day would cost a process a day.
            warnings.simplefilter("ignore", category=dg.BetaWarning)
            return _asset(rebuild)

    def _asset(rebuild: Rebuild) -> dg.AssetsDefinition:
        @dg.asset(
            name=table.name,
            description=f"{table.row}\n\n{inspect.cleandoc(rebuild.__doc__ or '')}",
            partitions_def=daily,
            backfill_policy=dg.BackfillPolicy.single_run(),
            deps=list(deps),
            group_name=group,
            owners=owners(group),
            kinds=kinds,
            code_version=code_version,
            metadata=table_metadata(table),
            check_specs=written_specs(table),
            retry_policy=RETRIES,
            freshness_policy=freshness,
            pool=f"lake_{table.name}",
        )
        def asset(
            context: dg.AssetExecutionContext, home: HomeResource, engine: EngineResource
        ) -> dg.MaterializeResult:  # type: ignore[type-arg]
            with failures_without_words(f"opening the home for {table.name}"):
                opened, moment = home.open(), run_moment(context)
                spark = engine.open(opened)
            commit = {"run": context.run.run_id, "code_version": code_version}
            days = [date.fromisoformat(key) for key in context.partition_keys]
            with failures_without_words(f"the days' states for {table.name}"):
                reopened = REOPEN_TAG in context.run.tags
                frozen = {} if from_figures else protected_days(opened.store(), days, reopened=reopened)
            rows: dict[date, int] = {}
            shared: dict[str, Any] = {}
            for day in days:
                with failures_without_words(f"{table.name} for {day}"):
                    judged = as_of(day, moment=moment)
                    only = touched_of(context, opened, day, table=table) if by_cafe else ALL
                    table_day = TableDay(opened, table, day, judged, commit, shared=shared, only=only, engine=spark)
                    written = table_day.unchanged(frozen[day]) if day in frozen else rebuild(table_day)
                rows[day] = written.rows
                context.add_asset_metadata(_metadata(written, as_of=judged.isoformat()), partition_key=day.isoformat())
            with failures_without_words(f"checking {table.name}"):
                checks = written_results(opened.lake(), table, days=days, written=rows, log=context)
            return dg.MaterializeResult(check_results=checks)

        return asset

    return decorate


def _metadata(written: RebuildResult, *, as_of: str) -> dict[str, Any]:
    figures = {
        name: figure
        if isinstance(figure, int | float | str | dg.MarkdownMetadataValue)
        else dg.MetadataValue.json(figure)
        for name, figure in written.figures.items()
    }
    return {"dagster/row_count": written.rows, "table_version": written.version, "as_of": as_of, **figures}


def table_metadata(table: Table) -> dict[str, Any]:
    """Return a table's static metadata: columns, key, place in the lake."""
    return {
        "dagster/column_schema": column_schema(table),
        "dagster/table_name": f"lake.{table.name}",
        "key_within_a_day": ", ".join(table.key),
    }


def column_schema(table: Table) -> dg.TableSchema:
    """Return the columns with meaning and unit, as Dagster's page shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.kind,
                description=_described(column),
                constraints=dg.TableColumnConstraints(nullable=not column.required, unique=table.key == (column.name,)),
            )
            for column in table.columns
        ]
    )


def _described(column: Column) -> str:
    unit = f" Unit: {column.unit}." if column.unit else ""
    words = " Can hold a guest's words." if column.free_text else ""
    return f"{column.meaning}{unit}{words}"
