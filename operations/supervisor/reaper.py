"""The reaper: ends every process group of the supervisor when the supervisor itself was killed.

Run as a script in isolated mode. It reads `+PGID` and `-PGID` lines from its standard input; the end of input means
that the supervisor is gone. Groups still listed get SIGTERM, and SIGKILL after a grace period. The leash covers each
child; only the reaper reaches their children too.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 5.0
POLL_SECONDS = 0.05


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group; return whether the group still had a process."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def reap(groups: set[int], *, grace_seconds: float) -> None:
    """End the groups with SIGTERM, then with SIGKILL after the grace period."""
    left = {group for group in groups if signal_group(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace_seconds
    while left and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        left = {group for group in left if signal_group(group, 0)}
    for group in left:
        signal_group(group, signal.SIGKILL)


def listen() -> set[int]:
    """Read group changes from standard input until its end; return the groups still running."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    reap(listen(), grace_seconds=float(sys.argv[1]) if len(sys.argv) > 1 else GRACE_SECONDS)
