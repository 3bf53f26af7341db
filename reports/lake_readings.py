"""What the report reads from the lake: one query each, over one snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from pilot.lake_tables.insight_tables import THEMES, VOICE_LATENCY
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.report_tables import ALL_CAFES, BUSINESS_IMPACT, CAPACITY_PLAN, PILOT_REPORT
from pilot.lake_tables.satisfaction_tables import SATISFACTION
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, SCORED_FEEDBACK, SESSIONS, UPTIME
from reports.scope import Scope

if TYPE_CHECKING:
    import polars as pl

    from storage.snapshot import Snapshot

TABLES = (
    PILOT_REPORT, PILOT_KPIS, SESSIONS, VOICE_LATENCY, PAYMENTS, REWARDS, SCORED_FEEDBACK, THEMES, SATISFACTION, UPTIME,
    CUSTOMER_COUNTS, BUSINESS_IMPACT, CAPACITY_PLAN,
)  # fmt: skip
Rows = list[dict[str, Any]]
STAGES = ("soft_end", "recognition_start", "recognition_end", "commit", "first_token", "sent", "shown")
MOST_DOWN = 200  # café-days whose outages are read minute by minute
MINE = "day between $first and $last and cafe in (select unnest($cafes)) and simulated = $simulated"


def _exact(column: str) -> str:
    """Return the SQL of a sum of floats with three decimals, the same in every order of the rows."""
    return f"coalesce(sum(round({column} * 1000)::hugeint), 0) / 1000"


def _weighted(column: str) -> str:
    """Return the SQL of a mean weighted by turns, the same in every order of the rows."""
    total = f"sum(round({column} * 1000)::hugeint * measured)::double / 1000"
    return f"{total} / nullif(sum(measured) filter ({column} is not null), 0)"


class Readings:
    """The readings of one scope in one snapshot."""

    def __init__(self, snapshot: Snapshot, scope: Scope, *, day: date) -> None:
        self._snapshot, self._scope, self._day = snapshot, scope, day

    def frame(self, query: str, **more: object) -> pl.DataFrame:
        """Return a query's rows as a frame; the scope's parameters are given to it.

        Args:
            query: The SQL, with $first, $last, $day, $cafes, $simulated or $members.
            **more: Other parameters.
        """
        given: Mapping[str, object] = {
            "first": self._scope.first,
            "last": self._scope.last,
            "day": self._day,
            "cafes": self._scope.ids,
            "simulated": self._scope.simulated,
            "members": [ALL_CAFES] if self._scope.whole else self._scope.ids,
        } | more
        used = {name: value for name, value in given.items() if f"${name}" in query}
        return self._snapshot.sql(query, used)

    def _rows(self, query: str, **more: object) -> Rows:
        return self.frame(query, **more).to_dicts()

    def metrics(self) -> Rows:
        """Return the metrics over all days, of each café and of all together."""
        return self._rows(
            """
            select cafe, kpi, cafe_days, unknown, numerator, denominator, value, low, high, interval, design_effect,
                outside_planned, target, verdict, why, days, days_left_out
            from pilot_report where day = $day and simulated = $simulated
                and (cafe in (select unnest($cafes)) or list_contains($members, cafe))
            order by kpi, cafe
            """
        )

    def metric_days(self) -> Rows:
        """Return each café's metrics day by day."""
        return self._rows(
            f"""
            select day, cafe, kpi, numerator, denominator, value, low, high, verdict, why
            from pilot_kpis where {MINE} order by kpi, cafe, day
            """  # noqa: S608
        )

    def days(self) -> Rows:
        """Return the counts of each day over the cafés."""
        return self._rows(
            f"""
            with visits as (
                select day, count(*) filter (outcome <> 'opened_only') as started,
                    count(*) filter (outcome = 'completed') as completed
                from sessions where {MINE} group by day
            ), counts as (select day, sum(customers)::bigint as customers, count(*) as cafes from customer_counts
                where {MINE} group by day
            ), scores as (select day, avg(score) as score, count(*) filter (eligible) as useful
                from scored_feedback where {MINE} group by day
            ), away as (select day, {_exact("down_s")} as down_s, {_exact("planned_down_s")} as planned_down_s
                from uptime where {MINE} and target = 'customer_page' group by day)
            select day, started, completed, customers, counts.cafes as counted_cafes, score, useful, down_s,
                planned_down_s
            from visits full join counts using (day) full join scores using (day) full join away using (day)
            order by day
            """  # noqa: S608
        )

    def volumes(self) -> Rows:
        """Return the feedback sent on each day of each café."""
        return self._rows(
            f"""
            select cafe, day, count(*) filter (outcome = 'completed')::bigint as completed
            from sessions where {MINE} group by cafe, day order by cafe, day
            """  # noqa: S608
        )

    def funnel(self) -> Rows:
        """Return how many sessions reached each step, by mode."""
        return self._rows(
            f"""
            select coalesce(nullif(mode, ''), 'none') as mode, count(*)::bigint as opened,
                count(*) filter (outcome <> 'opened_only')::bigint as started,
                count(*) filter (outcome <> 'opened_only' and consent)::bigint as consented,
                count(*) filter (first_turn_at is not null)::bigint as answered,
                count(*) filter (outcome = 'completed')::bigint as completed
            from sessions where {MINE} group by 1 order by 2 desc
            """  # noqa: S608
        )

    def stages(self) -> Rows:
        """Return the time from the end of speech to each stage, weighted by turns."""
        found = self._rows(
            f"""
            select stage, sum(measured)::bigint as measured,
                {_weighted("p50_ms")} as p50_ms, {_weighted("p95_ms")} as p95_ms,
                max(p95_ms) as worst_ms
            from voice_latency where {MINE} and measured > 0 group by stage
            """  # noqa: S608
        )
        return sorted((row for row in found if row["stage"] in STAGES), key=lambda row: STAGES.index(row["stage"]))

    def payments(self) -> Rows:
        """Return the payments by rail."""
        return self._rows(
            f"""
            select rail, sum(succeeded)::bigint as succeeded, sum(failed)::bigint as failed, sum(open)::bigint as open,
                sum(issued)::bigint as issued, sum(expired)::bigint as expired,
                sum(succeeded_ore)::bigint as succeeded_ore
            from payments where {MINE} group by rail order by rail
            """  # noqa: S608
        )

    def rewards(self) -> dict[str, Any]:
        """Return the decided rewards, and the useful feedback behind them."""
        granted = "(outcome = 'eligible' or coalesce(released, false))"
        return self._rows(
            f"""
            select count(*)::bigint as decided, count(*) filter ({granted})::bigint as granted,
                coalesce(sum(amount_ore) filter ({granted}), 0)::bigint as granted_ore,
                count(*) filter (outcome = 'held')::bigint as held,
                count(*) filter (outcome = 'held' and released)::bigint as released,
                count(*) filter (outcome = 'held' and released = false)::bigint as refused,
                count(*) filter (outcome = 'declined')::bigint as declined,
                coalesce(sum(amount_ore) filter (outcome = 'held' and not coalesce(released, false)), 0)::bigint
                    as kept_ore,
                (select count(*) filter (eligible) from scored_feedback where {MINE})::bigint as useful,
                (select count(*) from scored_feedback where {MINE})::bigint as feedbacks
            from rewards where {MINE}
            """  # noqa: S608
        )[0]

    def held_for(self) -> Rows:
        """Return the held rewards by reason, with the rulings."""
        return self._rows(
            f"""
            select coalesce(nullif(reason, ''), 'other') as reason, count(*)::bigint as held,
                count(*) filter (released)::bigint as released, count(*) filter (released = false)::bigint as refused
            from rewards where {MINE} and outcome = 'held' group by 1 order by 2 desc, 1
            """  # noqa: S608
        )

    def satisfaction(self) -> Rows:
        """Return the counts of content and discontent guests by day."""
        return self._rows(
            f"""
            select day, sum(usable)::bigint as usable, sum(positive)::bigint as positive, sum(mixed)::bigint as mixed,
                sum(negative)::bigint as negative, sum(neutral)::bigint as neutral
            from satisfaction where {MINE} group by day order by day
            """  # noqa: S608
        )

    def themes(self) -> Rows:
        """Return the themes, the most mentioned first."""
        return self._rows(
            f"""
            select theme, sum(mentions)::bigint as mentions, sum(positive)::bigint as positive,
                sum(mixed)::bigint as mixed, sum(negative)::bigint as negative
            from themes where {MINE} group by theme having sum(mentions) > 0 order by mentions desc, theme
            """  # noqa: S608
        )

    def down(self) -> dict[date, list[str]]:
        """Return the cafés whose customers' page was down, by day; of very many, those that were down longest."""
        found: dict[date, list[str]] = {}
        rows = self._rows(
            f"""
            select day, cafe from uptime where {MINE} and target = 'customer_page' and down_s > 0
            order by down_s desc, day, cafe limit $most
            """,  # noqa: S608
            most=MOST_DOWN,
        )
        for row in rows:
            found.setdefault(row["day"], []).append(row["cafe"])
        return found

    def uptime(self) -> dict[str, Any]:
        """Return the seconds of the customer's page over cafés and days."""
        return self._rows(
            f"""
            select {_exact("up_s")} as up_s, {_exact("down_s")} as down_s, {_exact("unknown_s")} as unknown_s,
                {_exact("planned_down_s")} as planned_down_s
            from uptime where {MINE} and target = 'customer_page'
            """  # noqa: S608
        )[0]

    def impact(self) -> Rows:
        """Return the first weeks' and the last weeks' figures."""
        return self._rows(
            """
            select figure, subject, unit, value, before, after, before_to, after_from, difference, low, high, change
            from business_impact where day = $day and simulated = $simulated and list_contains($members, cafe)
            order by figure, subject
            """
        )

    def returning(self) -> dict[str, Any]:
        """Return how many devices with a consented token came back on another day."""
        return self._rows(
            f"""
            with visits as (
                select device_token_hash as device, count(distinct day) as days from sessions
                where {MINE} and consent and coalesce(device_token_hash, '') <> '' and outcome <> 'opened_only'
                group by 1
            )
            select count(*)::bigint as devices, count(*) filter (days > 1)::bigint as returned from visits
            """  # noqa: S608
        )[0]

    def troubles(self) -> dict[str, int]:
        """Return how many guests met each trouble that the support is asked about."""
        found: dict[str, int] = self._rows(
            f"""
            select count(*) filter (microphone = 'denied')::bigint as microphone,
                count(*) filter (abandon_reason = 'declined')::bigint as consent,
                count(*) filter (abandon_reason = 'silent')::bigint as silent,
                count(*) filter (abandon_reason = 'closed')::bigint as closed,
                count(*) filter (in_app and outcome <> 'completed')::bigint as in_app,
                count(*) filter (coalesce(failed_turns, 0) > 0)::bigint as unheard,
                (select coalesce(sum(expired), 0) from payments where {MINE})::bigint as voucher
            from sessions where {MINE} and outcome <> 'opened_only'
            """  # noqa: S608
        )[0]
        return found

    def load(self) -> dict[str, Any]:
        """Return the length of a session, and the busiest hour of a café."""
        return self._rows(
            f"""
            with mine as (select * from sessions where {MINE} and outcome <> 'opened_only'),
            hours as (
                select cafe, day, date_trunc('hour', started_at) as hour, count(*) as sessions
                from mine group by 1, 2, 3
            )
            select
                (select sum(round(duration_s * 1000)::hugeint)::double / 1000 / count(duration_s) from mine)
                    as mean_seconds,
                (select max(sessions) from hours)::bigint as busiest_cafe_hour,
                (select median(customers) from customer_counts where {MINE}) as customers_a_day
            """  # noqa: S608
        )[0]

    def capacity(self) -> dict[str, Any] | None:
        """Return the capacity plan of all cafés; None if there is none."""
        rows = self._rows(
            "select * exclude (as_of) from capacity_plan where day = $day and simulated = $simulated and cafe = 'all'"
        )
        return rows[0] if rows else None
