"""HTML fragments of satisfaction: the shares in words and as a bar."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from dashboards.formatting import interval, measure, number
from dashboards.fragments import render
from dashboards.reading.satisfaction import Period, Share
from dashboards.visit import Visit

SHOWN = ("positive", "mixed", "negative")
SMALL = 30  # feedbacks, below which chance is named


def share_value(visit: Visit, share: Share) -> str:
    """Return a share as a percentage."""
    if share.value is None:
        return visit.say("overview.no_value")
    return measure(share.value, unit="share", language=visit.language, decimals=0)


def share_interval(visit: Visit, share: Share) -> str:
    """Return a share's interval in words; empty without feedback."""
    if share.interval is None:
        return ""
    return interval(share.interval.low, share.interval.high, unit="share", language=visit.language, decimals=0)


def verdict(visit: Visit, found: Period) -> str:
    """Return in one sentence whether guests are happier than before."""
    return visit.say("happy.none" if found.verdict == "none" else f"happy.verdict.{found.verdict}")


def satisfaction(visit: Visit, found: Period, *, head: Markup) -> Markup:
    """Return the shares of content and discontent guests, compared in words."""
    items = [
        {
            "kind": name,
            "name": visit.say(f"happy.kind.{name}"),
            "value": share_value(visit, found.shares[name]),
            "lines": _lines(visit, found.shares[name]),
            "width": 100 * (found.shares[name].value or 0),
        }
        for name in SHOWN
    ]
    notes = [
        visit.say(
            "happy.of",
            usable=number(found.usable, language=visit.language),
            neutral=number(found.shares["neutral"].count, language=visit.language),
        )
    ]
    if 0 < found.usable < SMALL:
        notes.append(visit.say("happy.small"))
    return render("satisfaction", head=head, verdict=verdict(visit, found), items=items, notes=notes)


def _lines(visit: Visit, share: Share) -> list[str]:
    lines = [share_interval(visit, share)]
    if share.before is not None:
        before = measure(share.before, unit="share", language=visit.language, decimals=0)
        lines.append(visit.say(f"happy.change.{share.change}", before=before))
    return [line for line in lines if line]


def themes_table(visit: Visit, found: Period, *, dayparts: Mapping[str, str]) -> Markup:
    """Return the themes as a table: share, trend, polarity, and the daypart that names each most."""
    rows = []
    for theme in found.themes:
        most = max(theme.dayparts, key=lambda name: theme.dayparts[name])
        rows.append(
            {
                "name": visit.name_of("aspect", theme.name),
                "share": share_value(visit, theme.share),
                "interval": share_interval(visit, theme.share),
                "change": visit.say(f"guests.trend.{theme.share.change}"),
                "polarities": [
                    {"kind": name, "name": visit.say(f"happy.kind.{name}"), "count": theme.polarities[name],
                     "width": 100 * theme.polarities[name] / max(1, theme.share.count)}
                    for name in SHOWN
                ],
                "daypart": visit.say("guests.daypart_most", part=dayparts[most].lower(), count=theme.dayparts[most]),
            }
        )  # fmt: skip
    heads = {name: visit.say(f"guests.column.{name}") for name in ("theme", "share", "polarity", "daypart")}
    return render("themes", caption=visit.say("guests.themes.caption"), heads=heads, rows=rows)
