"""Each of the runbook's twelve alerts from its cause to a receiver: `make prove-alerts`.

The technical ones go through a real Prometheus, Alertmanager, blackbox and node exporter, the watch's receiver and its
router to a strict stand-in of Slack; their windows are shortened (a minute of a `for:` lasts 3 s, one of a range 6 s),
their expressions and thresholds are those of the generated rules. The business ones are the watch's own, in virtual
time. Two minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.alerts import business, technical


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilot-alerts-") as folder:
        rows = [*technical.prove(Path(folder)), *business.prove(Path(folder))]
    print("| alert | cause | reached the receiver after | just below |")
    print("|---|---|---|---|")
    for each in rows:
        print(f"| `{each.name}` | {each.cause} | {each.took or 'NEVER'} | {'silent' if each.silent else 'FIRED'} |")
    good = sum(bool(each.took) and each.silent for each in rows)
    print(f"{good} of {len(rows)} alerts reach the receiver and are silent just below.")
    sys.exit(good < len(rows))


if __name__ == "__main__":
    main()
