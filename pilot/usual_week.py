"""A café's usual week as `cafes.toml` gives it: the hours of each day, or "closed"."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag, model_validator


def _wall(value: Any) -> time:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    if isinstance(value, time):
        return value
    raise ValueError('expected a time of day as "HH:MM", for example "07:30"')


WallTime = Annotated[time, BeforeValidator(_wall)]
Window = tuple[WallTime, WallTime]


def _opens_before_closing(window: Window) -> Window:
    if window[0] >= window[1]:
        raise ValueError(f"opens at {window[0]:%H:%M}, closes at {window[1]:%H:%M}: closing must come later")
    return window


Hours = Annotated[Window, AfterValidator(_opens_before_closing)]


Closed = Literal["closed"]


def _form(value: object) -> str:
    return "closed" if isinstance(value, str) else "hours"


DayOfWeek = Annotated[Annotated[Hours, Tag("hours")] | Annotated[Closed, Tag("closed")], Discriminator(_form)]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


class OpeningHours(BaseModel):
    """Opening and closing time by kind of day; any of them may be "closed".

    Attributes:
        weekdays: From Monday to Friday.
        monday: On Mondays, if they differ from the other weekdays; likewise the four after it.
        holidays: On Sweden's public holidays; None for the hours of Sundays.
        eves: On the eves of Midsummer, Christmas and New Year.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    weekdays: DayOfWeek
    monday: DayOfWeek | None = None
    tuesday: DayOfWeek | None = None
    wednesday: DayOfWeek | None = None
    thursday: DayOfWeek | None = None
    friday: DayOfWeek | None = None
    saturday: DayOfWeek
    sunday: DayOfWeek
    holidays: DayOfWeek | None = None
    eves: DayOfWeek = "closed"

    @model_validator(mode="after")
    def _opens_some_day(self) -> OpeningHours:
        if all(window is None for window in self.week):
            raise ValueError("is closed every day of the week: at least one day needs hours")
        return self

    @property
    def week(self) -> tuple[Window | None, ...]:
        """Return the hours from Monday to Sunday; None for closed."""
        weekdays = (getattr(self, name) or self.weekdays for name in WEEKDAYS)
        return tuple(None if hours == "closed" else hours for hours in (*weekdays, self.saturday, self.sunday))

    @property
    def usual(self) -> Window:
        """Return the hours of weekdays; of the first open day of the week if weekdays are closed."""
        usual = None if self.weekdays == "closed" else self.weekdays
        return usual or next(window for window in self.week if window is not None)

    def on(self, day: date) -> Window | None:
        """Return opening and closing time on a day of an ordinary week; None for closed.

        `pilot.opening_hours` adds holidays and special days.
        """
        return self.week[day.weekday()]
