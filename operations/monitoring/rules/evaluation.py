"""Evaluates the technical alerts on recent samples, with the rules that Prometheus has for alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from operations.monitoring.expressions.evaluator import parse
from operations.monitoring.expressions.samples import Labels, Samples
from operations.monitoring.rules.declaration import TechnicalAlert
from operations.monitoring.rules.technical_alerts import TECHNICAL_ALERTS
from operations.watch.alerts.alert_records import Alert

DAY_SECONDS, HOUR_SECONDS = 86_400, 3600

Advise = Callable[[TechnicalAlert], str]


class AlertEvaluation:
    """The technical alerts with their pending series; call it once a minute."""

    def __init__(self, alerts: Sequence[TechnicalAlert] = TECHNICAL_ALERTS, *, advise: Advise | None = None) -> None:
        """Initialise without pending series.

        Args:
            alerts: The alerts.
            advise: Returns the advice of a scaling alert for this host; None for the command alone.
        """
        self._alerts = [(each, parse(each.expression)) for each in alerts]
        self._forecasts = {each.forecast: parse(each.forecast) for each in alerts if each.forecast}
        self._advise = advise or (lambda alert: f"Advice: {alert.scaling}.")
        self._since: dict[tuple[int, Labels], float] = {}

    @property
    def reads(self) -> Mapping[str, float]:
        """Return the metrics that any alert reads, each with the seconds that it reads back."""
        found: dict[str, float] = {}
        for expression in (*(parsed for _, parsed in self._alerts), *self._forecasts.values()):
            for name, seconds in expression.reads.items():
                found[name] = max(seconds, found.get(name, 0.0))
        return found

    def __call__(self, samples: Samples, *, at: float) -> list[Alert]:
        """Return the alerts that fire at a time; two causes of the same name and subject are one alert.

        Args:
            samples: The recent samples.
            at: Time in seconds.
        """
        firing: dict[tuple[str, str], Alert] = {}
        holding: set[tuple[int, Labels]] = set()
        for place, (alert, expression) in enumerate(self._alerts):
            for labels, value in expression(samples, at=at).items():
                key = (place, labels)
                holding.add(key)
                since = self._since.setdefault(key, at)
                if at - since >= alert.hold.total_seconds():
                    found = self._alert(alert, dict(labels), value=value, samples=samples, at=at)
                    firing.setdefault((found.name, found.subject), found)
        self._since = {key: since for key, since in self._since.items() if key in holding}
        return list(firing.values())

    def _alert(
        self, alert: TechnicalAlert, labels: Mapping[str, str], *, value: float, samples: Samples, at: float
    ) -> Alert:
        parts = [alert.text_of(labels, value=value)]
        if alert.forecast:
            seconds = self._forecasts[alert.forecast](samples, at=at)
            parts.append(_full_in(next((each for own, each in seconds.items() if _same(own, labels)), None)))
        if alert.scaling:
            parts.append(self._advise(alert))
        severity = alert.severity
        assert severity != "none"
        return Alert(alert.name, alert.subject_of(labels), severity, " ".join(parts))


def _same(labels: Labels, wanted: Mapping[str, str]) -> bool:
    own = dict(labels)
    return own.get("mountpoint") == wanted.get("mountpoint") and own.get("instance") == wanted.get("instance")


def _full_in(seconds: float | None) -> str:
    """Return the forecast of the time at which a disk is full."""
    if seconds is None or not 0 < seconds < timedelta(days=366).total_seconds():
        return "At the speed of the last six hours it does not fill within a year."
    if seconds < 2 * DAY_SECONDS:
        return f"At the speed of the last six hours it is full in {seconds / HOUR_SECONDS:.0f} hours."
    return f"At the speed of the last six hours it is full in {seconds / DAY_SECONDS:.0f} days."
