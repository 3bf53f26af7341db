"""The cafés that missed targets on the last whole day, those with most first: they need help."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from dashboards.reading.kpi_figures import TABLES, pilot_period
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.visit import Visit
from pilot.business_days import days_between
from pilot.formatting import join_names
from pilot.kpis import KPIS
from pilot.swedish_order import swedish_key

MOST_NAMED = 3


def cafes_in_need(visit: Visit) -> list[str]:
    """Return a sentence for each of the cafés that missed most targets yesterday, or one that none did.

    Without figures of yesterday the list is empty: nothing is known.
    """
    say, yesterday = visit.say, visit.today - timedelta(days=1)
    with PageSnapshot(visit.lake(), *TABLES, days=list(days_between(yesterday, yesterday))) as snapshot:
        period = pilot_period(
            snapshot, snapshot.key, cafes=visit.ids, last=yesterday, days=1, simulated=visit.simulated
        )
    missed: dict[str, list[str]] = defaultdict(list)
    order = list(KPIS)
    for figure in sorted(period.figures, key=lambda each: order.index(each.kpi) if each.kpi in order else len(order)):
        if figure.verdict == "missed":
            missed[figure.cafe].append(say(f"kpi.{figure.kpi}.name"))
    if not period.figures:
        return []
    if not missed:
        return [say("cafes.need.none")]
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    worst = sorted(missed, key=lambda cafe: (-len(missed[cafe]), swedish_key(names[cafe])))
    lines = [
        say("cafes.need.cafe", cafe=names[cafe], kpis=join_names(missed[cafe], language=visit.language))
        for cafe in worst[:MOST_NAMED]
    ]
    if len(worst) > MOST_NAMED:
        lines.append(say("cafes.need.more", count=len(worst) - MOST_NAMED))
    return lines
