"""Times redaction of hostile and ordinary texts, and their growth when the length doubles.

python benchmarks/feedback/redaction_speed.py
"""

from __future__ import annotations

import time

from pilot.redaction import redact

LENGTH = 2_000  # the longest typed turn
ROUNDS = 5
UNITS = {
    "ordinary words": "Kaffet var gott men det var lång kö vid lunch. ",
    "prices": "45, 55 och 65 kronor. ",
    "addresses": "anna@example.se ",
    "signs": "@1",
    "signs and numbers": "12 @",
    "handles": "@070",
    "years": "2019, ",
    "times": "11:30 ",
    "invisible": "1\u200b",
    "names of numbers": "noll ett ",
    "spelled": "a punkt ",
    "streets": "1 Ab ",
    "accounts": "konto 1234 a ",
}


def milliseconds(unit: str, length: int) -> float:
    """Return the shortest time of one redaction, in milliseconds of this process."""
    text = (unit * length)[:length]
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        redact(text, "sv")
        best = min(best, time.process_time() - began)
    return best * 1000


def main() -> None:
    """Print one line for each kind of text."""
    print(f"{'text':20} {LENGTH} characters   ratio at twice the length")
    for name, unit in UNITS.items():
        once, twice = milliseconds(unit, LENGTH), milliseconds(unit, 2 * LENGTH)
        print(f"{name:20} {once:8.2f} ms          {twice / once:6.2f}")


if __name__ == "__main__":
    main()
