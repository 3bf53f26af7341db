"""The counts behind a business measure, as numbers that open their sessions."""

from __future__ import annotations

from markupsafe import Markup

from dashboards.parts.number_links import Behind, in_text
from dashboards.reading.fair_comparison import Figure
from dashboards.reading.kpi_period import Measure
from dashboards.visit import Visit

# The filter of each count that is one of sessions; customers, points and kronor are none.
NUMERATORS: dict[Measure, dict[str, str]] = {
    "participation": {"step": "started", "measure": "participation"},
    "completion": {"step": "completed", "measure": "completion"},
    "useful": {"useful": "yes"},
}
DENOMINATORS: dict[Measure, dict[str, str]] = {
    "completion": {"step": "decided", "measure": "completion"},
    "useful": {"scored": "yes"},
    "score": {"scored": "yes"},
    "cost": {"useful": "yes"},
}


def basis(visit: Visit, code: Measure, figure: Figure, *, behind: Behind) -> Markup:
    """Return the counts behind a figure in words."""
    what = visit.say(f"kpi_page.measure.{code}")
    counts = {
        "numerator": (figure.numerator, NUMERATORS.get(code)),
        "denominator": (figure.denominator, DENOMINATORS.get(code)),
    }
    shown = {
        name: behind.plain(visit, count) if wanted is None else behind.opens(visit, count, what, **wanted)
        for name, (count, wanted) in counts.items()
    }
    text = visit.say(f"kpi_page.basis.{code}", numerator="{numerator}", denominator="{denominator}")
    return in_text(text, **shown)
