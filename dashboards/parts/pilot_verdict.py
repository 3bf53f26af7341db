"""The overview's first part: the days left of the pilot, and the verdict on its metrics over all days."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from dashboards import fragments
from dashboards.parts.kpi_grid import kpi_grid
from dashboards.reading.cumulative_report import TABLES, CumulativeReport, cumulative_report, last_reported_day
from dashboards.reading.page_snapshot import PageSnapshot
from dashboards.visit import Visit
from pilot.formatting import join_names, number, short_day
from pilot.kpis import KPIS, Verdict
from pilot.lake_tables.report_tables import ALL_CAFES

MOST_COLUMNS = 5  # cafés beside each other; more are read one at a time
STALE_AFTER = timedelta(days=2)  # the report of yesterday is built during the night
VERDICTS: tuple[Verdict, ...] = ("met", "missed", "cannot_tell", "missing")


def draw_pilot_verdict(visit: Visit) -> None:
    """Draw the days left, and the report of the last reported day; without one, when it comes."""
    lake = visit.lake()
    last = last_reported_day(lake)
    report = None
    if last is not None:
        sees_all = visit.principal.cafes is None
        with PageSnapshot(lake, *TABLES, days=[last]) as snapshot:
            report = cumulative_report(
                snapshot, snapshot.key, cafes=visit.ids, sees_all=sees_all, day=last, simulated=visit.simulated
            )
    if report is None:
        visit.draw(fragments.lead(_calendar(visit), notes=[visit.say("pilot.no_report")]))
        return
    visit.draw(fragments.lead(f"{_calendar(visit)} {_verdict(visit, report)}", notes=_notes(visit, report)))
    _figures(visit, report)


def _calendar(visit: Visit) -> str:
    """Return the day of the pilot and the days left, in words."""
    pilot = visit.home.cafes().pilot
    past = (visit.today - pilot.first_day).days
    fields = {"all": pilot.days}
    if past < 0:
        return visit.say("pilot.begins", left=-past, day=short_day(pilot.first_day, language=visit.language), **fields)
    left = pilot.days - past - 1
    if left < 0:
        ended = pilot.first_day + timedelta(days=pilot.days - 1)
        return visit.say("pilot.ended", day=short_day(ended, language=visit.language), **fields)
    key = {0: "pilot.last_day", 1: "pilot.one_left"}.get(left, "pilot.left")
    return visit.say(key, day=past + 1, left=left, **fields)


def _verdict(visit: Visit, report: CumulativeReport) -> str:
    """Return how many metrics meet their target, of all cafés together if the reader may see that."""
    together = [figure for (_, cafe), figure in report.figures.items() if cafe == ALL_CAFES]
    shown = together or list(report.figures.values())
    counts = Counter(figure.verdict for figure in shown)
    rest = [
        visit.say(f"overview.lead_{verdict}", count=number(counts[verdict], language=visit.language))
        for verdict in VERDICTS[1:]
        if counts[verdict]
    ]
    key = "pilot.verdict_all" if counts["met"] == len(shown) else "pilot.verdict"
    text = visit.say(key, met=counts["met"], all=len(shown))
    return f"{text} {join_names(rest, language=visit.language)}." if rest else text


def _notes(visit: Visit, report: CumulativeReport) -> list[str]:
    first, last = (short_day(day, language=visit.language) for day in (report.first, report.last))
    notes = [visit.say("pilot.basis", first=first, last=last, days=report.days)]
    if report.first != visit.home.cafes().pilot.first_day:
        notes.append(visit.say("pilot.rehearsal"))
    if report.excluded:
        key = "pilot.excluded_one" if report.excluded == 1 else "pilot.excluded"
        notes.append(visit.say(key, count=report.excluded))
    pilot = visit.home.cafes().pilot
    due = min(visit.today, pilot.first_day + timedelta(days=pilot.days + 1))
    if due - report.last > STALE_AFTER:
        notes.append(visit.say("pilot.stale", last=last))
    return notes


def _figures(visit: Visit, report: CumulativeReport) -> None:
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    visit.draw(fragments.section_head(visit.say("pilot.title"), summary=visit.say("pilot.what")))
    columns = {ALL_CAFES: visit.say("pilot.all_cafes")} if any(cafe == ALL_CAFES for _, cafe in report.figures) else {}
    if len(names) + len(columns) <= MOST_COLUMNS:
        visit.draw(kpi_grid(visit, columns | names, report.figures))
        return
    if columns:
        visit.draw(kpi_grid(visit, columns, report.figures))
    visit.draw(fragments.paragraph(_missing_a_target(visit, report)))


def _missing_a_target(visit: Visit, report: CumulativeReport) -> str:
    """Return how many cafés miss each metric's target."""
    counts = Counter(
        kpi for (kpi, cafe), figure in report.figures.items() if cafe != ALL_CAFES and figure.verdict == "missed"
    )
    if not counts:
        return visit.say("pilot.none_misses")
    parts = [f"{visit.say(f'kpi.{kpi}.name')} {counts[kpi]}" for kpi in KPIS if counts[kpi]]
    return visit.say("pilot.misses", parts=join_names(parts, language=visit.language), cafes=len(visit.cafes))
