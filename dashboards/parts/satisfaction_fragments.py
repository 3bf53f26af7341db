"""HTML fragments of satisfaction: the shares in words and as a bar."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from dashboards.fragments import render
from dashboards.parts.number_links import Behind, in_text
from dashboards.reading.satisfaction import Period, Share
from dashboards.visit import Visit
from pilot.formatting import interval, measure

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


def satisfaction(visit: Visit, found: Period, *, head: Markup, behind: Behind) -> Markup:
    """Return the shares of content and discontent guests, compared in words; counts open their sessions."""
    items = [
        {
            "kind": name,
            "name": visit.say(f"happy.kind.{name}"),
            "value": share_value(visit, found.shares[name]),
            "lines": [_count(visit, found, name, behind=behind), *_lines(visit, found.shares[name])],
            "width": 100 * (found.shares[name].value or 0),
        }
        for name in SHOWN
    ]
    neutral = found.shares["neutral"].count
    notes: list[str] = [
        in_text(
            visit.say("happy.of", usable="{usable}", neutral="{neutral}"),
            usable=behind.opens(visit, found.usable, visit.say("happy.counted"), satisfaction="usable"),
            neutral=behind.opens(visit, neutral, visit.say("happy.kind.neutral"), satisfaction="neutral"),
        )
    ]
    if 0 < found.usable < SMALL:
        notes.append(visit.say("happy.small"))
    return render("satisfaction", head=head, verdict=verdict(visit, found), items=items, notes=notes)


def _count(visit: Visit, found: Period, kind: str, *, behind: Behind) -> Markup:
    count = behind.opens(visit, found.shares[kind].count, visit.say(f"happy.kind.{kind}"), satisfaction=kind)
    return in_text(visit.say("happy.count", count="{count}"), count=count)


def _lines(visit: Visit, share: Share) -> list[str]:
    lines = [share_interval(visit, share)]
    if share.before is not None:
        before = measure(share.before, unit="share", language=visit.language, decimals=0)
        lines.append(visit.say(f"happy.change.{share.change}", before=before))
    return [line for line in lines if line]


def themes_table(visit: Visit, found: Period, *, dayparts: Mapping[str, str], behind: Behind) -> Markup:
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
                    {"kind": name, "name": visit.say(f"happy.kind.{name}"),
                     "count": behind.opens(
                         visit, theme.polarities[name],
                         f"{visit.name_of('aspect', theme.name)}, {visit.say(f'happy.kind.{name}')}",
                         theme=theme.name, polarity=name,
                     ),
                     "width": 100 * theme.polarities[name] / max(1, theme.share.count)}
                    for name in SHOWN
                ],
                "daypart": visit.say("guests.daypart_most", part=dayparts[most].lower(), count=theme.dayparts[most]),
            }
        )  # fmt: skip
    heads = {name: visit.say(f"guests.column.{name}") for name in ("theme", "share", "polarity", "daypart")}
    return render("themes", caption=visit.say("guests.themes.caption"), heads=heads, rows=rows)
