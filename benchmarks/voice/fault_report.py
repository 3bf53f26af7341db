"""Reports a fault: all that the guest saw, in order, or one row of docs/voice-load.md."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 120


def show(name: str, found: dict[str, Any]) -> None:
    console = Console(highlight=False, width=WIDTH)
    grid = Table(title=f"{name}: what the guest saw", title_justify="left")
    for column in ("s", "", ""):
        grid.add_column(column)
    for seen in found["seen"]:
        grid.add_row(f"{seen['at_s']:.1f}", seen["what"], seen["detail"])
    console.print(grid)
    console.print(f"kept: {found['kept']}; acknowledged {found['acknowledged']} events", markup=False)
    console.print(f"{name}: {'; '.join(found['wrong']) or 'as it should be'}\n", markup=False)


def row(name: str, found: dict[str, Any]) -> str:
    """Return the fault's row for the page: what the guest saw, what was kept."""
    kept = found["kept"]
    cells = (
        f"`{name}`",
        _what_was_seen(found["seen"]),
        f"{found['longest_wait_s']:.1f}",
        f"{kept['words_said'] - kept['words_wrong']} of {kept['words_said']}",
        f"{found['acknowledged']}, {kept['acknowledged_but_lost']}",
        "yes" if found["completed"] else "no",
        "; ".join(found["wrong"]) or "nothing",
    )
    return f"| {' | '.join(cells)} |"


def _what_was_seen(seen: list[dict[str, Any]]) -> str:
    """Return the messages and closes that the guest saw, and the seconds until the talk went on."""
    struck = next(each["at_s"] for each in seen if each["what"] == "FAULT")
    after = [each for each in seen if each["at_s"] >= struck]
    errors = Counter(each["what"].removeprefix("error ") for each in after if each["what"].startswith("error "))
    closes = Counter(
        each["detail"] for each in after if each["what"] == "connection closed" and each["detail"] != "1000"
    )
    back = [each["at_s"] for each in after if each["what"] == "welcome"]
    parts = [f"error `{code}` {count} x" for code, count in errors.items()]
    parts += [f"close {code} {count} x" for code, count in closes.items()]
    parts += [f"the talk went on {back[-1] - struck:.1f} s after the fault"] if back else ["nothing"]
    return ", ".join(parts)
