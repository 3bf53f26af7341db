"""The figures of a replica before and during performance mode."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from operations.switches.edge_figures import RESPONSE, EdgeFigures
from storage.folders import write_atomically

RECORD_NAME = "performance.json"
SENT = "sent"  # The first words of the reply.


@dataclass(frozen=True, slots=True)
class Speed:
    """What guests and the machine had over a period.

    Attributes:
        replies: Replies.
        by_model: Of these, written by the language model.
        median_seconds: Half of the spoken turns had the first words within it; None without any.
        p95_seconds: 95 of 100 had.
        captions: Recognitions for captions.
        cpu_seconds: Processor time of the replica.
    """

    replies: int
    by_model: int
    median_seconds: float | None
    p95_seconds: float | None
    captions: int
    cpu_seconds: float

    @classmethod
    def of(cls, figures: EdgeFigures) -> Speed:
        """Return the speed in a replica's figures."""
        return cls(
            replies=round(figures.total("edge_replies_total")),
            by_model=round(figures.total("edge_replies_total", author="ollama")),
            median_seconds=figures.quantile(RESPONSE, 0.5, stage=SENT),
            p95_seconds=figures.quantile(RESPONSE, 0.95, stage=SENT),
            captions=round(figures.total("edge_recogniser_partials_total")),
            cpu_seconds=round(figures.total("process_cpu_seconds_total"), 1),
        )

    @property
    def in_words(self) -> str:
        """Return it as one line."""
        if not self.replies:
            return "no reply yet, so nothing is measured"
        cpu = self.cpu_seconds / self.replies
        timed = (
            "no spoken turn"
            if self.median_seconds is None
            else f"first words within {self.median_seconds:g} s (half) and {self.p95_seconds:g} s (95 of 100)"
        )
        return (
            f"{self.replies} replies, {self.by_model} by the model; {timed}; {self.captions / self.replies:.1f} "
            f"captions and {cpu:.2f} s of processor time a reply"
        )


def save_before(run_folder: Path, figures: EdgeFigures | None) -> None:
    """Save the figures at the moment in which the mode is turned on; remove older ones if there are none."""
    path = run_folder / RECORD_NAME
    if figures is None:
        path.unlink(missing_ok=True)
        return
    run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    rows = [[name, dict(labels), value] for (name, labels), value in figures.values.items()]
    write_atomically(path, json.dumps(rows))


def read_before(run_folder: Path) -> EdgeFigures | None:
    """Return the saved figures; None without any."""
    try:
        rows = json.loads((run_folder / RECORD_NAME).read_text(encoding="utf-8"))
        return EdgeFigures({(name, tuple(sorted(labels.items()))): float(value) for name, labels, value in rows})
    except (OSError, ValueError, TypeError, AttributeError):
        return None
