"""Writes the tables of payment states and codes in `docs/stripe.md` from the words.

python scripts/payment_words.py            # writes them
python scripts/payment_words.py --check    # exit code 1 where the page is not in step
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

from payouts.meanings import MEANINGS, STATES, UNLISTED, WORDS
from payouts.payout_status import AT_STRIPE, PAYOUT_STATUSES, VOUCHER_GOOD
from pilot.words import section

PAGE = Path(__file__).parents[1] / "docs" / "stripe.md"
BEGIN, END = "<!-- {name}: scripts/payment_words.py -->", "<!-- end of {name} -->"


def staff() -> str:
    """Return the table of what staff read: a state without a code, then each meaning with its codes."""
    words, codes = section(WORDS, "en"), defaultdict(list)
    for code, name in MEANINGS.items():
        codes[name].append(f"`{code}`")
    codes[UNLISTED].append("any other code of a refusal")
    rows = [("no code: " + state.replace("_", " "), words[f"state.{state}"]) for state in STATES]
    rows += [
        (", ".join(known), words[f"code.{name}"].replace("({code})", "(the code)")) for name, known in codes.items()
    ]
    return _table(
        ("state or code", "what staff read"), [(said, text.replace("{code}", "it has")) for said, text in rows]
    )


def guest() -> str:
    """Return the table of what a guest reads on the receipt, in both languages by title."""
    swedish, english = section("payout", "sv"), section("payout", "en")
    rows = []
    for each in PAYOUT_STATUSES:
        voucher = "good" if each in VOUCHER_GOOD and each != "lapsed" else "no more"
        button = "yes" if each in AT_STRIPE else ""
        titles = swedish[f"{each}.title"], english[f"{each}.title"]
        rows.append((f"`{each}`", *titles, _of_reward(english[f"{each}.text"]), voucher, button))
    return _table(("state", "kvittot", "the receipt", "what it says", "voucher", "*Go on at Stripe*"), rows)


def _of_reward(text: str) -> str:
    """Return a text with "the reward" instead of its amount, capitalised at the start of a sentence."""
    return re.sub(r"(^|[.!?] )\{reward\}", r"\1The reward", text).replace("{reward}", "the reward")


TABLES = {"staff": staff, "guest": guest}


def page(text: str) -> str:
    """Return the page with its tables as the words have them now."""
    for name, table in TABLES.items():
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, _, rest = text.partition(begin)
        after = rest.partition(end)[2]
        text = f"{before}{begin}\n{table()}\n{end}{after}"
    return text


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows)])


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    written = PAGE.read_text(encoding="utf-8")
    if options.check:
        return 0 if page(written) == written else 1
    PAGE.write_text(page(written), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
