"""The success metrics of each café and day, recomputed from the tables that they are counted from."""

from __future__ import annotations

from proving.analytics.shared_queries import PERIOD

TARGETS = {"participation": 0.10, "completion": 0.70, "voice_response": 2.0, "uptime": 0.995, "payment_success": 0.98}

KPI_FIGURES = f"""
with visits as (
    select day, cafe, count(*) filter (outcome <> 'opened_only') as started,
        count(*) filter (outcome = 'completed') as completed,
        count(*) filter (outcome in ('completed', 'abandoned')) as decided
    from sessions where {PERIOD} group by all
), voice as (
    select day, cafe, count(*) as n, count(*) filter (within_target) as within,
        list_sort(list(case when response_ms >= 0 and failure is null then response_ms / 1000
                            else 'infinity'::double end)) as waits
    from turns where {PERIOD} and within_target is not null group by all
), service as (
    select day, cafe, probes, up_s, down_s, unknown_s from uptime where {PERIOD} and target = 'customer_page'
), counts as (
    select day, cafe, customers from customer_counts where {PERIOD}
), paid as (
    select day, cafe, sum(succeeded)::bigint as paid, sum(succeeded + failed)::bigint as ended
    from payments where {PERIOD} group by all
), terms as (
    select n, k, exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * ln(0.95) + (n - k) * ln(0.05)) as p
    from (select distinct n from voice), lateral (select unnest(range(0, n + 1)) as k)
), ranks as (
    select n, max(k + 1) filter (below <= 0.025 and k < n) as low_rank,
        min(k + 1) filter (1 - below <= 0.025 and k < n) as high_rank
    from (select n, k, sum(p) over (partition by n order by k) as below from terms) group by n
), keys as (
    select day, cafe from visits union select day, cafe from voice union select day, cafe from service
    union select day, cafe from counts union select day, cafe from paid
    union select day, cafe from pilot_kpis where {PERIOD}
), shares as (
    select day, cafe, 'participation' as kpi, coalesce(started, 0) as k, customers as n, 0.10 as target,
        case when customers is null then 'no_count'
            when coalesce(started, 0) = 0 and customers = 0 then 'no_customers'
            when started > customers or customers = 0 then 'more_than_customers' end as fault
    from keys left join visits using (day, cafe) left join counts using (day, cafe)
    union all
    select day, cafe, 'completion', coalesce(completed, 0), coalesce(decided, 0), 0.70,
        case when coalesce(decided, 0) = 0 then if(coalesce(started, 0) > 0, 'still_open', 'not_started') end
    from keys left join visits using (day, cafe)
    union all
    select day, cafe, 'payment_success', if(ended > 0, paid, null), if(ended > 0, ended, null), 0.98,
        case when coalesce(ended, 0) = 0 then 'no_payouts' end
    from keys left join paid using (day, cafe)
), wilson as (
    select *, (k + z * z / 2) / (n + z * z) as middle,
        z / (n + z * z) * sqrt(k::double * (n - k) / n + z * z / 4) as half
    from (select *, 1.959963984540054 as z from shares)
), figures as (
    select day, cafe, kpi, k::double as numerator, n::double as denominator, target, 'share' as unit,
        case when fault is null then k::double / n end as value,
        case when fault is null then if(k = 0, 0, greatest(0, middle - half)) end as low,
        case when fault is null then if(k = n, 1, least(1, middle + half)) end as high,
        case when fault = 'more_than_customers' then 'cannot_tell' when fault is not null then 'missing' end as decided,
        fault as reason
    from wilson
    union all
    select day, cafe, 'voice_response', coalesce(within, 0), coalesce(n, 0), 2.0, 'seconds',
        waits[ceil(n * 0.95 - 1e-9)::bigint], waits[low_rank], waits[high_rank],
        case when n is null then 'missing' when coalesce(waits[high_rank], 'infinity'::double) <= 2 then 'met'
            when coalesce(waits[low_rank], 0) > 2 then 'missed' else 'cannot_tell' end,
        case when n is null then 'no_voice' else nullif(concat_ws(',',
            if(isinf(waits[ceil(n * 0.95 - 1e-9)::bigint]), 'never_came', null),
            if(coalesce(waits[low_rank], 0) > 2 or coalesce(waits[high_rank], 'infinity'::double) <= 2, null,
                if(high_rank is null, 'too_few_turns', 'on_both_sides'))), '') end
    from keys left join voice using (day, cafe) left join ranks using (n)
    union all
    select day, cafe, 'uptime', case when probes > 0 then up_s end, case when probes > 0 then up_s + down_s end,
        0.995, 'share', up_s / nullif(up_s + down_s, 0), up_s / nullif(up_s + down_s, 0),
        up_s / nullif(up_s + down_s, 0),
        case when coalesce(probes, 0) = 0 or up_s + down_s = 0 then 'missing'
            when unknown_s / (up_s + down_s + unknown_s) > 0.001 then 'cannot_tell' end,
        case when coalesce(probes, 0) = 0 or up_s + down_s = 0 then 'no_probes'
            when unknown_s / (up_s + down_s + unknown_s) > 0.001 then 'unprobed' end
    from keys left join service using (day, cafe)
), judged as (
    select *, coalesce(decided, case when low >= target then 'met' when high < target then 'missed'
        else 'cannot_tell' end) as verdict from figures
)
select day, cafe, kpi, numerator, denominator, case when isfinite(value) then value end as value,
    case when isfinite(low) then low end as low, case when isfinite(high) then high end as high, target, verdict,
    coalesce(reason, if(verdict = 'cannot_tell', 'on_both_sides', '')) as why, unit,
    (select max(as_of) from pilot_kpis p where p.day = judged.day and p.cafe = judged.cafe
        and p.simulated = $simulated) as as_of
from judged order by day, cafe, kpi
"""  # noqa: S608

VOLUMES = f"""
    select day, cafe, sum((outcome <> 'opened_only')::int)::bigint as started,
        sum((outcome = 'completed')::int)::bigint as completed
    from sessions where {PERIOD} group by day, cafe
"""  # noqa: S608
