"""The blocks of a report, which both the PDF and the page show, and the words and numbers within them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from pilot.business_days import local_time
from pilot.formatting import Language, interval, long_day, measure, number, short_day
from pilot.kpis import KPIS
from pilot.money import ORE_PER_KRONA
from pilot.words import say, section
from reports.model import Model

Align = Literal["left", "right"]
LEFT: Align = "left"
RIGHT: Align = "right"
WIDE_SHARE = 0.05  # a wider interval of a share is shown in whole per cent
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 begins a section."""

    text: str
    level: int = 1
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph: the lead says the most important thing, a note is smaller."""

    text: str
    weight: Literal["lead", "plain", "note"] = "plain"
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head; the first cell of each row names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: tuple[Align, ...]
    verdicts: tuple[str, ...] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its specification, and its content in words for those who do not see it."""

    name: str
    specification: Any
    alt: str
    caption: str
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class Quote:
    """A guest's or a manager's words."""

    text: str
    by: str
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    items: tuple[str, ...]
    kind: Literal["list"] = "list"


Block = Heading | Text | Table | Chart | Quote | Points


@dataclass(frozen=True, slots=True)
class Words:
    """The texts and number formats of one language.

    Attributes:
        language: sv or en.
        cafes: The cafés' names by id.
    """

    language: Language
    cafes: dict[str, str] = field(default_factory=dict)

    def __call__(self, key: str, **fields: object) -> str:
        """Return a text of the report."""
        return say("report", key, self.language, **fields)

    def page(self, key: str, **fields: object) -> str:
        """Return a text of the pages."""
        return say("dashboards", key, self.language, **fields)

    def known(self, name: str, key: str, otherwise: str) -> str:
        """Return a text if the section has it, else another one."""
        return section(name, self.language).get(key, otherwise)

    def cafe(self, cafe: str) -> str:
        """Return a café's name; its id if it is no longer in the file."""
        return self.cafes.get(cafe, cafe)

    def number(self, value: float | None, *, decimals: int = 0) -> str:
        """Return a number; a dash if there is none."""
        return self("none") if value is None else number(value, language=self.language, decimals=decimals)

    def share(self, value: float | None, *, decimals: int = 0) -> str:
        """Return a share as a percentage; a dash if there is none."""
        if value is None:
            return self("none")
        return measure(value, unit="share", language=self.language, decimals=decimals)

    def kronor(self, ore: float | None) -> str:
        """Return an amount to the öre; a dash if there is none."""
        if ore is None:
            return self("none")
        return f"{number(ore / ORE_PER_KRONA, language=self.language, decimals=2)}\u00a0kr"

    def whole_kronor(self, ore: float | None) -> str:
        """Return an amount in whole kronor; a dash if there is none."""
        return self("none") if ore is None else f"{self.number(ore / ORE_PER_KRONA)}\u00a0kr"

    def day(self, text: str) -> str:
        """Return a day of the model: "23 nov."."""
        return short_day(date.fromisoformat(text), language=self.language)

    def long_day(self, text: str) -> str:
        """Return a day of the model without abbreviation: "23 november"."""
        return long_day(date.fromisoformat(text), language=self.language).partition(" ")[2]

    def clock(self, text: str) -> str:
        """Return a moment of the model in Stockholm's time."""
        return f"{local_time(datetime.fromisoformat(text)):%H:%M}"

    def moment_day(self, text: str) -> str:
        """Return the day of a moment of the model, in Stockholm."""
        return short_day(local_time(datetime.fromisoformat(text)).date(), language=self.language)

    def kpi(self, code: str) -> str:
        """Return a metric's name."""
        return self.page(f"kpi.{code}.name")

    def target(self, code: str) -> str:
        """Return a metric's target: "över 70 %"."""
        kpi = KPIS[code]
        shown = measure(kpi.target, unit=kpi.unit, language=self.language, decimals=kpi.target_decimals)
        return self("kpis.below" if kpi.smaller_is_better else "kpis.above", target=shown)

    def value(self, row: Row) -> str:
        """Return a metric's value."""
        kpi = KPIS[row["kpi"]]
        if row["value"] is None:
            return self("none")
        return measure(row["value"], unit=kpi.unit, language=self.language, decimals=kpi.decimals)

    def interval(self, row: Row) -> str:
        """Return a metric's interval; of a census, that it is one."""
        if row.get("interval") == "census":
            return self("kpis.census")
        kpi, low, high = KPIS[row["kpi"]], row["low"], row["high"]
        wide = low is not None and high is not None and kpi.unit == "share" and high - low > WIDE_SHARE
        shown = interval(low, high, unit=kpi.unit, language=self.language, decimals=0 if wide else kpi.decimals)
        return shown or self("none")

    def reasons(self, why: str | None) -> str:
        """Return the reasons of a verdict in words."""
        return "; ".join(self.page(f"reason.{code}") for code in (why or "").split(",") if code)

    def together(self) -> str:
        """Return that a sum is over all cafés; empty for one café."""
        return self("downtime.together") if len(self.cafes) > 1 else ""

    def theme(self, name: str) -> str:
        """Return a theme's name, as the first word of a cell."""
        text = self.known("dashboards", f"aspect.{name}", name)
        return text[:1].upper() + text[1:]


def words_of(model: Model, language: Language) -> Words:
    """Return the words for a model in a language."""
    return Words(language, {cafe["id"]: cafe["name"] for cafe in model["cafes"]})


def all_left(columns: int) -> tuple[Align, ...]:
    """Return the alignment of a table of texts."""
    return (LEFT,) * columns


def all_right(columns: int) -> tuple[Align, ...]:
    """Return the alignment of a table of numbers only."""
    return (RIGHT,) * columns


def left_then_right(columns: int) -> tuple[Align, ...]:
    """Return the alignment of a table of numbers: names left, numbers right."""
    return (LEFT, *(RIGHT,) * (columns - 1))
