"""Says whether a container's process is well: `python3 -I -S healthy.py KIND WHERE`.

http URL           the address answers with a status below 400
socket PATH        something accepts connections on the Unix socket
touched PATH       the file was written within the last three minutes
daemon DATABASE    Dagster's daemon wrote its heartbeat within the last three minutes
"""

import socket
import sqlite3
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

SECONDS = 180.0


def well(kind: str, where: str) -> bool:
    """Return whether the process is well."""
    if kind == "http":
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(where, timeout=4) as answer:
            return bool(answer.status < 400)
    if kind == "socket":
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trying:
            trying.settimeout(4)
            trying.connect(where)
        return True
    if kind == "touched":
        return time.time() - Path(where).stat().st_mtime < SECONDS
    if kind == "daemon":
        with closing(sqlite3.connect(f"file:{where}?mode=ro", uri=True, timeout=4)) as database:
            (latest,) = database.execute("SELECT max(strftime('%s', timestamp)) FROM daemon_heartbeats").fetchone()
        return latest is not None and time.time() - float(latest) < SECONDS
    raise SystemExit(f"{kind!r} is no kind of check")


if __name__ == "__main__":
    try:
        sys.exit(0 if well(*sys.argv[1:3]) else 1)
    except (OSError, sqlite3.Error) as error:
        sys.exit(type(error).__name__)
