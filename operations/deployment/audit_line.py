"""Writes one line of the audit log.

    python -m operations.deployment.audit_line ACTION SUBJECT ACTOR REASON

For commands on the host of the containers, which cannot reach the store themselves.
"""

from __future__ import annotations

import os
import sys

from pilot.settings import read_settings
from storage.home import open_existing_home
from storage.store import audit


def main() -> None:
    """Write the line of the arguments."""
    action, subject, actor, reason = sys.argv[1:]
    with open_existing_home(read_settings(os.environ)).store().begin() as connection:
        audit.record(connection, actor=actor, action=action, subject=subject, reason=reason, details={})


if __name__ == "__main__":
    main()
