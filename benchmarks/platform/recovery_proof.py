"""The recovery proof: loses a home, restores it, compares every row and öre: `make prove-recovery`.

    .venv/bin/python -m benchmarks.platform.recovery_proof [--days 1] [--megabytes 108]

A home has simulated days with figures, rewards and a large store. It is backed up whole; guests go on, and the watch's
copies run; then the folder of the home is deleted. The newest backup is restored, its data verified and drilled. Exit
code 1 unless the store equals the last copy, the copy is at most a minute old, and the times are within the recovery
objectives.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

from pydantic import SecretStr  # noqa: E402
from rich.console import Console  # noqa: E402
from sqlalchemy import insert  # noqa: E402

from cli.demo_home import build_figures, land_days  # noqa: E402
from operations.backup.catalog import backup_folder, find_backup, list_backups  # noqa: E402
from operations.backup.drill import DATABASE_WITHIN, HOME_WITHIN, drill  # noqa: E402
from operations.backup.in_place import restore_in_place  # noqa: E402
from operations.backup.schedule import COPY_SECONDS, DailyBackups, StoreCopies  # noqa: E402
from operations.backup.verify import verify_all  # noqa: E402
from operations.data_verification import verify_data  # noqa: E402
from payouts.deciding import decide_sessions  # noqa: E402
from pilot.settings import Settings  # noqa: E402
from storage.backup.store_copy import contents_of  # noqa: E402
from storage.home import Home, open_home  # noqa: E402
from storage.store import audit  # noqa: E402
from storage.store.schemas.core import audit_log  # noqa: E402
from tests.payouts.test_deciding import candidate  # noqa: E402

SEED = 7
KEY = "a key of the proof only, long enough"
ROWS_AT_ONCE = 10_000
ROW_BYTES = 1000
GUESTS = 300
MINUTE = timedelta(minutes=1)

Result = TypeVar("Result")


def fill(home: Home, *, days: int, megabytes: int) -> None:
    """Simulate days with figures and rewards, and lengthen the audit log."""
    console = Console(stderr=True, quiet=True)
    build_figures(home, land_days(home, days=days, seed=SEED, console=console), seed=SEED, console=console)
    guests = [
        candidate(session_id=f"proof-{number}", cafe=cafe, simulated=True)
        for number, cafe in zip(range(GUESTS), itertools.cycle(home.cafes().ids), strict=False)
    ]
    decide_sessions(home.store(), guests, cafes=home.cafes(), secret=home.secret(), decided_by="watch")
    row = {
        "at": datetime.now(UTC), "actor": "proof", "action": "note.write", "subject": "proof",
        "reason": "r" * ROW_BYTES, "details": {},
    }  # fmt: skip
    for _ in range(megabytes * 1_000_000 // (ROW_BYTES * ROWS_AT_ONCE)):
        with home.store().begin() as connection:
            connection.execute(insert(audit_log), [row] * ROWS_AT_ONCE)


def timed(name: str, work: Callable[[], Result]) -> tuple[Result, float]:
    """Do some work, and print its name and time."""
    started = time.monotonic()
    result = work()
    seconds = time.monotonic() - started
    print(f"{seconds:>8.1f} s  {name}", flush=True)
    return result, seconds


def main() -> int:
    """Prove the recovery."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=1, help="simulated days")
    parser.add_argument("--megabytes", type=int, default=108, help="size of the store")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="recovery-") as folder:
        settings = Settings(home=Path(folder) / "home", backup_key=SecretStr(KEY), cafes_file=CHECKOUT / "cafes.toml")
        home = open_home(settings, kind="demo")
        fill(home, days=given.days, megabytes=given.megabytes)
        return prove(home)


def prove(home: Home) -> int:
    """Back up, lose and restore a home; return the exit code."""
    settings, faults = home.settings, []

    def now() -> datetime:
        return datetime.now(UTC)

    timed("whole backup and configuration", DailyBackups(home, clock=now).run)
    with home.store().begin() as connection:
        audit.record(connection, actor="proof", action="note.write", subject="after the whole backup")
    _, copying = timed("copy of the changed store", StoreCopies(home, clock=now).run)
    if COPY_SECONDS + copying > MINUTE.total_seconds():
        faults.append("a copy ends more than a minute after the one before began")
    before = contents_of(home.store())
    home.store().close()
    shutil.rmtree(home.root)
    latest = find_backup(backup_folder(settings), "latest")
    print(f"lost {home.root.name}; {len(list_backups(latest.path.parent))} backups, the newest {latest.path.name}")
    if latest.manifest.store != before:
        faults.append("the newest copy is not the store that was lost")
    _, restoring = timed(
        f"restore of {before.rows} rows, {latest.manifest.content_bytes / 1e6:.0f} MB sealed",
        lambda: restore_in_place(latest, settings=settings, now=now(), actor="proof", reason="total loss"),
    )
    if restoring > HOME_WITHIN.total_seconds():
        faults.append("the restore took longer than the recovery objective")
    again = open_home(settings, kind="demo")
    restored = contents_of(again.store())
    grown = {name for name, table in restored.tables.items() if table != before.tables.get(name)}
    print(f"tables that the restore itself wrote: {', '.join(sorted(grown)) or 'none'}")
    if restored.ledger_ore != before.ledger_ore:
        faults.append("the ledger has other balances")
    print(f"ledger in öre: {restored.ledger_ore}")
    checks, _ = timed("verification of the data", lambda: verify_data(again))
    faults += [f"{check.name}: {check.found}" for check in checks if not check.ok]
    done, _ = timed("drill", lambda: drill(again, now=now(), actor="proof"))
    print(f"           database {done.database_seconds:.1f} s of {DATABASE_WITHIN.total_seconds():.0f} s allowed")
    faults += [] if done.passed else [f"drill: {done.fault}"]
    verified, _ = timed("verification of all backups", lambda: verify_all(again, now=now(), actor="proof"))
    faults += list(verified.damaged.values())
    again.store().close()
    print("passed" if not faults else "FAILED: " + "; ".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
