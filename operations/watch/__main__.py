"""`python -m operations.watch`: the watch as a process of its own."""

from __future__ import annotations

import os
import sys

from operations.watch.clockwork import watch
from pilot.errors import PilotError
from pilot.settings import read_settings
from storage.home import open_existing_home


def main() -> int:
    """Watch the home named by the environment."""
    try:
        watch(open_existing_home(read_settings(os.environ)))
    except PilotError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
